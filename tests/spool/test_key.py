"""`spool key`: a pair is made once, and is proven when a message that was encrypted for it has opened."""

import json
import os
import re
import shlex
import stat

import pytest
from typer.testing import CliRunner

from mail_failover.cli import app
from mail_failover.console.next_step import Homeward
from mail_failover.console.voice import Voice
from mail_failover.door import keys as keys_module
from mail_failover.door.address import Address
from mail_failover.door.client import Door as Client
from mail_failover.door.keys import Keys, public_half
from mail_failover.door.options import Way
from mail_failover.emulator.routing.door import Door as Web
from mail_failover.spool import key as module
from mail_failover.spool.key import show_key
from mail_failover.spool.run import Visit, World
from standins.door import DOMAIN, Door, Link
from standins.homeward import Operator
from standins.keys import NAME, PRIVATE_KEY, PUBLIC_KEY, bring
from standins.sealing import kept
from standins.stage import SPOOL, TOKEN, WEB, Stage
from standins.world import TELEGRAM

PUT = "Give the Worker that line: write SPOOL_KEY into .dev.vars, then `mail-failover deploy`."


class Owner(Operator):
    """Types `spool key`, with an address of the door or without."""

    def key(self, *, near=False, as_json=False, new=False):
        """Run it; return the exit code and what it said: lines, or JSON's value."""
        way = self.way if not near else Way("", "", None, self.state)
        world = World(Link(self.standin), self.pause)
        code = show_key(way, new=new, as_json=as_json, world=world)
        out, err = self._capsys.readouterr()
        return code, (json.loads(out) if as_json else out), err


@pytest.fixture
def owner(tmp_path, capsys, monkeypatch):
    """Put an owner without keys before an empty spool; keys that are made are shorter, to be quick."""
    monkeypatch.setattr(keys_module, "BITS", 2048)
    return Owner(tmp_path, Door(), capsys)


def put(door, known):
    """Store what the Worker has encrypted, and return its id."""
    return door.put(known.content, copy_id=known.id, sealed=known.sealed, size=known.size)


def test_the_first_time_a_pair_is_made_and_the_way_on_is_said(owner):
    """The public half on a line of its own; what was not seen to work is not called done."""
    code, out, err = owner.key(near=True)
    assert (code, err) == (1, "")
    [name] = Keys(owner.way.keys).names()
    path = owner.way.keys / f"{name}.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = out.splitlines()
    assert lines[0] == f"Made the key {name}. Its private half: {path}"
    assert "Keep a copy of that file elsewhere" in lines[1]
    assert lines[3] == public_half(Keys(owner.way.keys).find(name))
    assert lines[4].startswith("Not proven yet: without --url")
    assert lines[5] == f"  1. {PUT}"
    assert "`mail-failover drill --to ADDRESS`" in lines[6]
    assert "SPOOL=all in .dev.vars (then `mail-failover deploy`)" in lines[6]
    again = f"`mail-failover spool key --url URL --domain DOMAIN --state {shlex.quote(str(owner.state))}`"
    assert lines[7].startswith(f"  3. {again}")
    assert "PRIVATE" not in out
    assert owner.standin.requests == []


def test_typed_again_it_goes_on_with_the_same_pair(owner):
    """And changes no file."""
    owner.key(near=True)
    [path] = owner.way.keys.iterdir()
    before = path.read_bytes()
    code, said, _ = owner.key(as_json=True)
    assert (code, said["made"], said["file"], said["proven"]) == (1, False, str(path), "")
    assert (said["older"], said["domain"]) == ([], DOMAIN)
    assert said["public"] == public_half(Keys(owner.way.keys).find(path.stem))
    assert [*owner.way.keys.iterdir()] == [path]
    assert path.read_bytes() == before


@pytest.mark.parametrize("state", ["waiting", "delivered", "refused"])
def test_it_is_proven_when_a_message_went_round(owner, state):
    """The last that was encrypted for it came here, and opens; what became of it does not matter."""
    bring(owner.way.keys)
    one, two = kept(b"one", b"two")
    put(owner.standin, one)
    owner.standin.kept[put(owner.standin, two)].state = state
    owner.standin.put(b"in the clear")
    code, out, err = owner.key()
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"The key {NAME}. Its private half: {owner.way.keys / NAME}.pem"
    proof = rf"Proven: {two.id}, caught \S+ \S+ \S+, was encrypted for it, came here, and opens\."
    assert re.fullmatch(proof, out.splitlines()[-1])
    assert PUBLIC_KEY in out
    assert owner.key(as_json=True)[1]["proven"] == two.id
    assert not [path for path in owner.folder.iterdir() if path.suffix != ".sqlite"]


def test_a_message_that_does_not_open_proves_nothing(owner):
    """Nor one that does not come whole."""
    bring(owner.way.keys)
    known = kept(b"x")
    put(owner.standin, known)
    owner.standin.kept[known.id].content = bytes(len(known.content))
    code, said, err = owner.key(as_json=True)
    assert (code, said["error"]["kind"], said.get("proven")) == (1, "Altered", None)
    assert f"{known.id} can't be opened: piece 1 of 1" in err
    owner.standin.fault = lambda name, _: "flip" if name == "fetch" else ""
    code, _, err = owner.key()
    assert (code, "It stays in the spool. Run `mail-failover spool key --url" in err) == (4, True)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (None, "the spool is empty."),
        ({"sealed": ""}, "is not encrypted."),
        ({}, f"is encrypted for an older key, {NAME}."),
        ({"sealed": f"1.{'0' * 16}.{'A' * 344}"}, f"is encrypted for the key {'0' * 16}, which is not here."),
        ({"sealed": "3.x"}, "is encrypted in an unknown format."),
    ],
    ids=["nothing", "in the clear", "an older key", "a lost key", "another format"],
)
def test_until_then_it_says_what_the_spool_has_instead(owner, fields, why):
    """So that one sees which key the Worker has by now."""
    os.utime(bring(owner.way.keys), (1, 1))
    owner.key(near=True, new=True)
    known = kept(b"x")
    if fields is not None:
        said = {"sealed": known.sealed, "size": known.size} | fields
        owner.standin.put(known.content, copy_id=known.id, **said)
    code, out, err = owner.key()
    assert (code, err) == (1, "")
    [line] = [line for line in out.splitlines() if line.startswith("Not proven yet: ")]
    assert line.endswith(why)
    assert f"  1. {PUT}" in out
    assert f"Older keys stay there, and open what was encrypted for them: {NAME}.\n" in out


def test_another_pair_is_made_beside_the_old_one(owner):
    """Which opens what was encrypted for it."""
    os.utime(bring(owner.way.keys), (1, 1))
    _, said, _ = owner.key(near=True, new=True, as_json=True)
    assert (said["made"], said["older"]) == (True, [NAME])
    assert said["key"] != NAME
    _, again, _ = owner.key(near=True, as_json=True)
    assert (again["made"], again["key"]) == (False, said["key"])
    assert Keys(owner.way.keys).find(NAME).private_numbers() == PRIVATE_KEY.private_numbers()


def test_what_can_not_be_used_is_said_before_a_key_is_made(owner):
    """A door without an address or token is wrong usage."""
    owner.token("short")
    code, _, err = owner.key()
    assert (code, "holds no token" in err) == (2, True)
    assert not owner.way.keys.exists()


def test_a_key_that_can_not_be_used_is_said_and_none_is_made(owner):
    """A person has to look at it first."""
    bring(owner.way.keys).chmod(0o644)
    code, out, err = owner.key(near=True)
    assert (code, out) == (1, "")
    assert f"The key {NAME} can't be used.\nmail-failover: Others may read {owner.way.keys}" in err
    assert Keys(owner.way.keys).names() == [NAME]


def test_a_disk_that_is_full_is_said(owner, monkeypatch):
    """And nothing is called a key."""

    def full(descriptor):
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, out, err = owner.key(near=True)
    assert (code, out) == (1, "")
    assert "can't be written: No space left on device" in err
    assert Keys(owner.way.keys).names() == []


def test_a_door_that_fails_comes_after_the_key(owner):
    """The pair is made, and shown."""
    owner.standin.fault = lambda *_: "500 before"
    code, out, err = owner.key()
    assert (code, out.startswith("Made the key ")) == (4, True)
    assert "it answers 500" in err


def test_the_command_takes_the_options(tmp_path, monkeypatch):
    """As they are typed."""
    seen = []
    monkeypatch.setattr(module, "show_key", lambda way, **options: seen.append((way, options)) or 7)
    monkeypatch.delenv("MAIL_FAILOVER_SPOOL_URL", raising=False)
    monkeypatch.delenv("MAIL_FAILOVER_DOMAIN", raising=False)
    words = ["spool", "key", "--new", "--state", str(tmp_path), "--json"]
    assert CliRunner().invoke(app, words).exit_code == 7
    assert seen == [(Way("", "", None, tmp_path), {"new": True, "as_json": True})]


def test_a_message_goes_round_through_the_worker(owner, virtual, capsys):
    """The pair that was made, the Worker's secret, a message that no inbox takes, and home again."""
    assert owner.key(near=True)[0] == 1
    keys = Keys(owner.way.keys)
    [name] = keys.names()

    async def run():
        stage = Stage(TELEGRAM | SPOOL | {"SPOOL_KEY": public_half(keys.find(name))})
        async with stage.open():
            stage.fail("forward=transient")
            await stage.mail()
            await stage.settle()
            address = Address(WEB, DOMAIN, TOKEN)
            async with Client(address, keys, transport=Web(stage.edge)) as door:
                visit = Visit(door, Voice(as_json=False), Homeward(), owner.folder)
                return await module._prove(visit, owner.way, name)

    assert virtual(run()) == 0
    assert "Proven: 1-" in capsys.readouterr().out
