"""The Worker's address: one line of wrangler.toml changes, is shown first, and is taken back as exactly."""

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from mail_failover.address import file as file_module
from mail_failover.address.edit import MARK, UnexpectedError, Wish, edited, host_of
from mail_failover.address.run import Options, World, run_door
from standins.cloudflare import ACCOUNT, DOMAIN, TOKEN, Standin

SOURCES = Path(__file__).parents[2] / "src"
OURS = SOURCES.with_name("wrangler.toml").read_text()
HOST = f"spool.{DOMAIN}"
ROUTES = f'routes = [{{ pattern = "{HOST}", custom_domain = true }}] {MARK}\n'
DEV, ROUTE, OFF = Wish(workers_dev=True), Wish(host=HOST), Wish()
MAIL = (
    {"type": "MX", "name": DOMAIN, "content": f"mail.{DOMAIN}", "priority": 1},
    {"type": "A", "name": f"mail.{DOMAIN}", "content": "192.0.2.1"},
    {"type": "MX", "name": DOMAIN, "content": f"MX2.{DOMAIN}.", "priority": 2},
    {"type": "MX", "name": f"lists.{DOMAIN}", "content": "mx.elsewhere.test", "priority": 1},
)


class Owner:
    """Types `setup door` in a folder with a wrangler.toml; `answer` None stands for no terminal."""

    def __init__(self, folder, capsys):
        self.path = folder / "wrangler.toml"
        self.path.write_text(OURS)
        (folder / "src").symlink_to(SOURCES)
        self.api = Standin(MAIL)
        self.env = {"CLOUDFLARE_API_TOKEN": TOKEN}
        self.answer = True
        self.meanwhile = lambda: None
        self.asked = []
        self._capsys = capsys

    @property
    def text(self):
        """The file."""
        return self.path.read_bytes().decode()

    def door(self, **options):
        """Type it; return the exit code and what it said."""
        self.asked = []

        def ask(question):
            self.asked.append(question)
            self.meanwhile()
            if self.answer == "Ctrl-C":
                raise typer.Abort
            return self.answer

        world = World(self.env, self.api.transport, lambda _: None, lambda: self.answer is not None, ask)
        code = run_door(Options(**options), world)
        out, err = self._capsys.readouterr()
        return code, (json.loads(out) if options.get("json") else out), err


@pytest.fixture
def owner(tmp_path, monkeypatch, capsys):
    """Put an owner into a folder with our own wrangler.toml, and a token."""
    monkeypatch.chdir(tmp_path)
    return Owner(tmp_path, capsys)


# --- the text ---


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_line_changes_and_every_other_byte_stays(end):
    """Comments, order, line ends; and what was set is taken back to the byte."""
    before = OURS.replace("\n", end)
    dev, route = edited(before, DEV), edited(before, ROUTE)
    assert dev == before.replace("\nworkers_dev = false", "\nworkers_dev = true")
    assert route == before.replace(
        f"workers_dev = false{end}", f"workers_dev = false{end}{ROUTES.replace(chr(10), end)}"
    )
    assert edited(dev, OFF) == edited(route, OFF) == before
    assert (edited(route, DEV), edited(dev, ROUTE)) == (dev, route)
    assert (host_of(route), host_of(dev)) == (HOST, "")


def test_another_host_takes_the_place_of_the_first():
    """The Worker has one of them."""
    other = edited(edited(OURS, ROUTE), Wish(host="mail-spool.example.net"))
    assert tomllib.loads(other)["routes"] == [{"pattern": "mail-spool.example.net", "custom_domain": True}]


def test_what_stands_behind_the_value_stays():
    """A comment, spaces; also where the file ends without a line's end."""
    assert edited("  workers_dev=false  # mine", DEV) == "  workers_dev=true  # mine"
    assert edited("workers_dev = true", ROUTE) == f"workers_dev = false\n{ROUTES}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("workers_dev = ", "not valid TOML"),
        ("name = 'x'", "not on a line of its own"),
        ("[build]\nworkers_dev = false", "not on a line of its own"),
        ('x = """\nworkers_dev = false\n"""', "can't be changed line by line"),
        ('workers_dev = "no"', "not on a line of its own"),
        ('x = """\nworkers_dev = true\n"""\nworkers_dev = false', "not on a line of its own"),
        (f'workers_dev = false\nx = """\n{ROUTES}"""', "can't be changed line by line"),
        ("workers_dev = false\n[env.test]\nname = 'x'", "several environments"),
        ('workers_dev = false\nroute = "example.com/*"', "routes of your own"),
        ('workers_dev = false\nroutes = ["example.com/*"]', "routes of your own"),
        (f"workers_dev = false\n{ROUTES.replace(MARK, '')}", "routes of your own"),
        (f'workers_dev = false\nroutes = ["example.com/*"]\nx = """\n{ROUTES}"""', "can't be changed"),
    ],
)
@pytest.mark.parametrize("wish", [DEV, ROUTE, OFF])
def test_a_file_that_is_not_as_expected_is_not_touched(text, why, wish):
    """What a line seems to mean is compared with what the file means."""
    with pytest.raises(UnexpectedError, match=why) as caught:
        edited(text, wish)
    assert caught.value.fix
    if "line by line" in why:
        route = f' and `routes = [{{ pattern = "{HOST}", custom_domain = true }}]`' if wish == ROUTE else ""
        switch = f"workers_dev = {str(wish == DEV).lower()}"
        assert caught.value.fix == f"Write `{switch}`{route} yourself."


@given(
    st.text(alphabet=st.sampled_from('ab=[]{}"#\n\r ,true workers_dev=false\n'), max_size=60), st.booleans()
)
def test_whatever_the_file_holds_only_the_address_changes_in_what_it_means(noise, first):
    """Or it is refused."""
    text = f"{noise}\nworkers_dev = false\n" if first else f"workers_dev = false\n{noise}"
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        before = None
    try:
        after = tomllib.loads(edited(text, ROUTE))
    except UnexpectedError:
        return
    assert after == {**before, "workers_dev": False, "routes": [{"pattern": HOST, "custom_domain": True}]}


# --- the command ---


def test_the_change_is_shown_asked_for_and_written(owner):
    """And the next steps can be pasted, with the account's own address in them."""
    code, out, err = owner.door(workers_dev=True, domain=DOMAIN)
    assert (code, err, owner.asked) == (0, "", ["Change wrangler.toml as shown?"])
    lines = OURS.splitlines()
    place = lines.index("workers_dev = false")
    shown = [f" {line}" for line in lines[place - 2 : place]]
    shown += ["-workers_dev = false", "+workers_dev = true", *(f" {n}" for n in lines[place + 1 : place + 3])]
    assert out.splitlines()[: len(shown) + 2] == [
        *("wrangler.toml:", *(f"  {line}" for line in shown), "wrangler.toml is changed."),
    ]
    assert "Next: `mail-failover deploy` makes it so." in out
    assert (
        "`mail-failover spool list --url https://mail-failover.anna.workers.dev --domain example.com`" in out
    )
    assert owner.text == edited(OURS, DEV)
    assert owner.door(workers_dev=True)[1].startswith("Nothing to do: wrangler.toml says so already.\n")
    assert owner.asked == []


def test_taking_a_host_back_says_what_the_deploy_leaves(owner):
    """A custom domain stays until somebody removes it; without one there is nothing to say of it."""
    owner.door(route=HOST)
    code, out, _ = owner.door(off=True)
    assert (code, owner.text) == (0, OURS)
    assert f"The deploy leaves {HOST} as it is. Remove it in the dashboard" in out
    assert 'With `SPOOL = "off"` nothing more is kept.' in out
    owner.door(workers_dev=True)
    assert "The deploy leaves" not in owner.door(off=True)[1]


def test_a_no_changes_nothing(owner):
    """Nor does a Ctrl-C at the question, nor a program that can't be asked."""
    for answer, code, words in (
        (False, 1, "Nothing was changed.\n"),
        ("Ctrl-C", 130, "Interrupted."),
        (None, 2, "there is no terminal to ask at"),
    ):
        owner.answer = answer
        ended, out, err = owner.door(workers_dev=True)
        assert (ended, owner.text) == (code, OURS)
        assert words in out + err
    assert "`mail-failover setup door --workers-dev --yes`" in err
    code, _, err = owner.door(route=HOST, domain=DOMAIN, config=owner.path, json=True)
    again = f"setup door --domain {DOMAIN} --config {owner.path} --route {HOST} --yes --json"
    assert (code, owner.text) == (2, OURS)
    assert again in err


def test_yes_asks_nobody_and_json_says_it_all(owner):
    """For a program."""
    owner.answer = None
    code, said, _ = owner.door(route=HOST, yes=True, json=True)
    assert (code, owner.text) == (0, edited(OURS, ROUTE))
    assert {name: said[name] for name in ("version", "changed", "address", "notes")} == {
        "version": 1,
        "changed": True,
        "address": f"https://{HOST}",
        "notes": [],
    }
    assert f"+{ROUTES.rstrip()}" in said["difference"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"workers_dev": True, "off": True},
        {"workers_dev": True, "route": HOST},
        {"route": HOST, "off": True},
    ],
)
def test_one_address_is_asked_for(owner, options):
    """Not two, not none."""
    code, out, err = owner.door(**options)
    assert (code, out, owner.text) == (2, "", OURS)
    assert "takes one of --workers-dev, --route and --off" in err


@pytest.mark.parametrize("host", ["spool", "a b.example.com", 'x"y.example.com', "*.example.com", "a/b.test"])
def test_a_route_is_a_host(owner, host):
    """Whatever else could be written there goes into the file as it is."""
    code, _, err = owner.door(route=host)
    assert (code, owner.text) == (2, OURS)
    assert "not the name of a host. Write it like spool.example.com." in err


def test_without_a_token_it_says_what_nobody_looked_at(owner):
    """And that SUBDOMAIN is not yet the name."""
    owner.env = {}
    code, out, _ = owner.door(workers_dev=True)
    assert (code, owner.text) == (0, edited(OURS, DEV))
    assert "Note: CLOUDFLARE_API_TOKEN is not set, so nobody looked whether the account has" in out
    assert "--url https://mail-failover.SUBDOMAIN.workers.dev --domain example.com" in out
    assert "SUBDOMAIN stands for your account's name" in out
    assert "nobody looked in whose zone" in owner.door(route=HOST)[1]
    assert owner.api.requests == []


def test_what_cloudflare_does_not_tell_is_said_and_is_no_obstacle(owner):
    """It is a file that changes; a permission that is missing is named."""
    owner.api.forbidden = {"workers/subdomain"}
    code, out, _ = owner.door(workers_dev=True, domain=DOMAIN)
    assert (code, owner.text) == (0, edited(OURS, DEV))
    assert "It is not known whether the account has a workers.dev subdomain" in out
    assert "Account > Workers Scripts > Read" in out
    assert TOKEN not in out


def test_an_account_without_a_subdomain_is_told_before(owner):
    """Its next deploy would fail, and with it every later one."""
    owner.api.subdomain = ""
    code, out, err = owner.door(workers_dev=True)
    assert (code, out, owner.text, owner.asked) == (1, "", OURS, [])
    assert "no workers.dev subdomain yet, without which the deploy would fail" in err
    assert f"https://dash.cloudflare.com/{ACCOUNT}/workers/onboarding" in err


def test_of_several_accounts_none_is_guessed(owner):
    """The domain tells, or CLOUDFLARE_ACCOUNT_ID."""
    owner.api.zones.append({**owner.api._zone("zone-2", "other.test"), "account": {"id": "account-2"}})
    assert "The token sees 2 accounts" in owner.door(workers_dev=True)[1]
    owner.path.write_text(OURS)
    owner.env["CLOUDFLARE_ACCOUNT_ID"] = ACCOUNT
    assert "https://mail-failover.anna.workers.dev" in owner.door(workers_dev=True)[1]


@pytest.mark.parametrize(
    ("host", "why"),
    [
        (DOMAIN, "is the domain itself"),
        (f"Mail.{DOMAIN}", "is a mail server, named by an MX record"),
        (f"lists.{DOMAIN}", "has MX records"),
        (f"mx2.{DOMAIN}", "is a mail server, named by an MX record"),
        ("spool.other.test", "lies in no zone of the account: The token sees no zone spool.other.test"),
    ],
)
def test_a_host_that_mail_needs_or_that_is_not_theirs_is_refused(owner, host, why):
    """The Worker in its place would take the mail away."""
    code, out, err = owner.door(route=host, yes=True)
    assert (code, out, owner.text) == (1, "", OURS)
    assert why in err


def test_a_host_of_another_account_or_a_pending_zone_is_refused(owner):
    """Its deploy would fail."""
    owner.env["CLOUDFLARE_ACCOUNT_ID"] = "account-9"
    assert f"belongs to the account {ACCOUNT}" in owner.door(route=HOST)[2]
    del owner.env["CLOUDFLARE_ACCOUNT_ID"]
    owner.api.status = "pending"
    said = owner.door(route=HOST)[2]
    assert "is pending: Cloudflare does not serve its DNS yet" in said
    assert "Set the name servers that Cloudflare gave you" in said
    assert owner.text == OURS


def test_a_host_that_is_there_already_is_pointed_out(owner):
    """Unless it leads to this Worker."""
    owner.api.add("A", HOST, "192.0.2.7")
    owner.answer = False
    assert (
        f"Note: {HOST} exists already (A 192.0.2.7): the deploy puts the Worker" in owner.door(route=HOST)[1]
    )
    owner.api.attach(HOST)
    assert "exists already" not in owner.door(route=HOST)[1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"workers_dev = ", "not valid TOML"),
        (b"workers_dev = false\nroutes = ['x/*']\n", "routes of your own"),
        (b"\xff", "not UTF-8 text"),
        (None, "can't be read: No such file"),
    ],
)
def test_a_file_that_can_t_be_used_is_named_and_left(owner, content, why):
    """In one line that says what to do."""
    owner.path.write_bytes(content) if content else owner.path.unlink()
    code, out, err = owner.door(workers_dev=True)
    assert code == (1 if content and content[0] < 0x80 else 2)
    assert out == ""
    assert why in err
    assert owner.path.read_bytes() == content if content else not owner.path.exists()


def test_a_file_that_changes_while_somebody_is_asked_is_left(owner):
    """The next run shows it as it is then."""
    owner.meanwhile = lambda: owner.path.write_text(OURS + "# mine\n")
    code, _, err = owner.door(workers_dev=True)
    assert (code, owner.text) == (1, OURS + "# mine\n")
    assert "changed meanwhile" in err
    assert "`mail-failover setup door --workers-dev` again" in err
    assert sorted(path.name for path in owner.path.parent.iterdir()) == ["src", "wrangler.toml"]


@pytest.mark.parametrize("step", ["fsync", "fchmod"])
def test_a_disk_that_fails_leaves_the_file_whole(owner, monkeypatch, step):
    """And nothing beside it."""

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_module.os, step, fail)
    code, _, err = owner.door(workers_dev=True)
    assert (code, owner.text) == (1, OURS)
    assert "wrangler.toml can't be written: No space left on device" in err
    assert sorted(path.name for path in owner.path.parent.iterdir()) == ["src", "wrangler.toml"]


def test_a_file_that_may_not_be_written_is_left(owner, monkeypatch):
    """Though who may write into the folder could replace it."""
    opened = Path.open

    def guarded(path, mode="r", *rest, **options):
        if "+" in mode:
            raise PermissionError(13, "Permission denied")
        return opened(path, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", guarded)
    code, _, err = owner.door(workers_dev=True)
    assert (code, owner.text) == (1, OURS)
    assert "can't be written: Permission denied" in err


def test_mode_owner_and_a_link_stay(owner, monkeypatch):
    """Also where the owner can't be given, as to whoever is not root."""
    real = owner.path.rename(owner.path.with_name("real.toml"))
    owner.path.symlink_to(real)
    real.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(real, 12345, 12345)
    inode, owned = real.stat().st_ino, real.stat().st_uid
    assert owner.door(workers_dev=True)[0] == 0
    assert owner.path.is_symlink()
    assert (stat.S_IMODE(real.stat().st_mode), real.stat().st_uid) == (0o640, owned)
    assert real.stat().st_ino != inode

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(file_module.os, "fchown", refuse)
    assert (owner.door(off=True)[0], real.read_text()) == (0, OURS)
