"""The door's address: written into .dev.vars with a token for it, shown first, asked for, and taken back."""

import json
import re
import stat
from pathlib import Path

import pytest
import typer

from mail_failover import disk
from mail_failover.address.run import Options, World, run_door
from mail_failover.settings.files import parse_dotenv
from mail_failover.settings.local import Addresses, read_local
from standins.cloudflare import ACCOUNT, DOMAIN, TOKEN, Standin

SOURCES = Path(__file__).parents[2] / "src"
OURS = SOURCES.with_name("wrangler.toml").read_text()
HOST = f"spool.{DOMAIN}"
MINE = "# mine\nFALLBACK_INBOXES=anna@inbox.test\n"
KNOWN = "k" * 43
AT_DOOR = f"--url https://mail-failover.anna.workers.dev --domain {DOMAIN}"
PLAIN = (
    "A plain `wrangler deploy` takes that address away again, since wrangler.toml says `workers_dev = false`."
)
MAIL = (
    {"type": "MX", "name": DOMAIN, "content": f"mail.{DOMAIN}", "priority": 1},
    {"type": "A", "name": f"mail.{DOMAIN}", "content": "192.0.2.1"},
    {"type": "MX", "name": DOMAIN, "content": f"MX2.{DOMAIN}.", "priority": 2},
    {"type": "MX", "name": f"lists.{DOMAIN}", "content": "mx.elsewhere.test", "priority": 1},
)


class Owner:
    """Types `setup door` in a folder with the Worker and settings; `answer` None stands for no terminal."""

    def __init__(self, folder, capsys):
        self.path, self.tracked = folder / ".dev.vars", folder / "wrangler.toml"
        self.token_file = folder / ".mail-failover" / "spool-token"
        self.tracked.write_text(OURS)
        self.path.write_text(MINE)
        (folder / "src").symlink_to(SOURCES)
        self.api = Standin(MAIL)
        self.env = {"CLOUDFLARE_API_TOKEN": TOKEN}
        self.answer = True
        self.meanwhile = lambda: None
        self.asked = []
        self._capsys = capsys

    @property
    def text(self):
        """The settings."""
        return self.path.read_bytes().decode()

    @property
    def set(self):
        """What they say of the door: its address, and its token."""
        found = parse_dotenv(self.text)
        return found.get("SPOOL_DOOR"), found.get("SPOOL_TOKEN")

    @property
    def token(self):
        """What is in the token's file; None without one."""
        return self.token_file.read_text() if self.token_file.exists() else None

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
        tracked = self.tracked.read_bytes()
        code = run_door(Options(**options), world)
        out, err = self._capsys.readouterr()
        assert not [token for token in (self.set[1], TOKEN) if token and token in out + err]
        assert self.tracked.read_bytes() == tracked
        return code, (json.loads(out) if options.get("json") else out), err

    def knows(self, token=KNOWN):
        """Let there be a token already, in the settings and in its file."""
        self.path.write_text(f"{MINE}SPOOL_TOKEN={token}\n")
        disk.replace_whole(self.token_file, f"{token}\n")


@pytest.fixture
def owner(tmp_path, monkeypatch, capsys):
    """Put an owner into a folder with our own wrangler.toml, settings, and a token for the API."""
    monkeypatch.chdir(tmp_path)
    return Owner(tmp_path, capsys)


# --- what is written ---


def test_the_change_is_shown_asked_for_and_written(owner):
    """And the next steps can be pasted, with the account's own address in them."""
    code, out, err = owner.door(workers_dev=True, domain=DOMAIN)
    assert (code, err, owner.asked) == (0, "", ["Change .dev.vars as shown?"])
    assert out.splitlines() == [
        ".dev.vars:",
        "  +SPOOL_DOOR=workers.dev",
        "  +SPOOL_TOKEN=(a new one, not shown)",
        ".mail-failover/spool-token:",
        "  +(a new one, not shown)",
        ".dev.vars is changed.",
        "Next: `mail-failover deploy` makes it so.",
        PLAIN,
        f"Then: `mail-failover spool list {AT_DOOR}` asks at the door.",
    ]
    door, token = owner.set
    assert (door, owner.token) == ("workers.dev", f"{token}\n")
    assert re.fullmatch("[0-9a-f]{64}", token)
    assert owner.text.startswith(MINE)
    assert read_local(None).addresses == Addresses(workers_dev=True)
    before = owner.text
    assert owner.door(workers_dev=True)[1].startswith("Nothing to do: .dev.vars says so already.\n")
    assert (owner.asked, owner.text) == ([], before)


def test_another_address_takes_the_place_of_the_first(owner):
    """One line changes, and every other byte stays."""
    owner.knows()
    before = owner.text
    owner.door(workers_dev=True)
    code, out, _ = owner.door(route=HOST.upper())
    assert (code, owner.text) == (0, f'{before}SPOOL_DOOR="{HOST}"\n')
    assert out.splitlines()[:4] == [
        *(".dev.vars:", "  -SPOOL_DOOR=workers.dev", f"  +SPOOL_DOOR={HOST}", ".dev.vars is changed.")
    ]
    assert "wrangler deploy" not in out
    assert read_local(None).addresses == Addresses(hosts=(HOST,))
    assert owner.door(off=True)[0] == 0
    assert owner.text == before


def test_taking_a_host_back_says_what_the_deploy_leaves(owner):
    """A custom domain stays until somebody removes it; without one there is nothing to say of it."""
    owner.knows()
    owner.door(route=HOST)
    code, out, _ = owner.door(off=True)
    assert (code, owner.set) == (0, (None, KNOWN))
    assert f"The deploy leaves {HOST} as it is. Remove it in the dashboard" in out
    assert "With SPOOL=off nothing more is kept." in out
    owner.door(workers_dev=True)
    assert "The deploy leaves" not in owner.door(off=True)[1]
    owner.door(route=HOST)
    assert f"The deploy leaves {HOST} as it is." in owner.door(workers_dev=True)[1]


def test_both_files_are_for_their_owner_alone(owner):
    """They hold the token."""
    owner.path.chmod(0o644)
    owner.door(route=HOST)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (owner.path, owner.token_file)} == {0o600}


def test_without_a_checkout_it_is_as_well(owner):
    """Settings alone, for the Worker that came with this program."""
    owner.tracked.unlink()
    owner.tracked = SOURCES.with_name("wrangler.toml")
    assert owner.door(route=HOST)[0] == 0
    assert read_local(None).addresses == Addresses(hosts=(HOST,))


def test_settings_that_are_named_are_those_that_change(owner, tmp_path, monkeypatch):
    """With the token beside them, and in what to type next."""
    (elsewhere := tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(elsewhere)
    code, out, _ = owner.door(route=HOST, config=owner.tracked)
    assert (code, owner.set[0], owner.token) == (0, HOST, f"{owner.set[1]}\n")
    assert f"Next: `mail-failover deploy --config {owner.tracked}` makes it so." in out
    assert list(elsewhere.iterdir()) == []


# --- the token ---


def test_a_token_that_is_known_is_never_made_anew(owner):
    """Whoever fetches has it: from the settings into its file, or the other way."""
    owner.path.write_text(f"{MINE}SPOOL_TOKEN={KNOWN}\n")
    assert "  +(not shown)" in owner.door(route=HOST)[1]
    assert (owner.set, owner.token) == ((HOST, KNOWN), f"{KNOWN}\n")
    owner.path.write_text(MINE)
    assert "  +SPOOL_TOKEN=(not shown)" in owner.door(route=HOST)[1]
    assert owner.set == (HOST, KNOWN)
    owner.token_file.write_text("o" * 43)
    lines = owner.door(route=HOST)[1].splitlines()
    assert lines[:3] == [".mail-failover/spool-token:", "  -(not shown)", "  +(not shown)"]
    assert (owner.set, owner.token) == ((HOST, KNOWN), f"{KNOWN}\n")
    assert owner.door(route=HOST)[1].startswith("Nothing to do")


def test_a_token_of_wrangler_toml_is_one(owner):
    """It is no good place, but the deploy takes it."""
    owner.tracked.write_text(f'{OURS}SPOOL_TOKEN = "{KNOWN}"\n')
    owner.door(route=HOST)
    assert (owner.set, owner.token) == ((HOST, None), f"{KNOWN}\n")


def test_a_token_that_the_worker_would_not_take_goes_nowhere(owner):
    """The next run would find it in the file, and could not use it."""
    owner.path.write_text(f"{MINE}SPOOL_TOKEN=short\n")
    code, _, err = owner.door(route=HOST)
    assert (code, owner.token, owner.set) == (2, None, (None, "short"))
    assert "SPOOL_TOKEN, from wrangler.toml and .dev.vars, can't be used. It must be 32 random bytes" in err
    assert "or take it out, and this makes one." in err


@pytest.mark.parametrize("wish", [{"workers_dev": True}, {"route": HOST}])
def test_a_token_that_only_the_worker_has_is_kept(owner, wish):
    """A new one would shut out the machine that fetches."""
    owner.api.upload("SPOOL_TOKEN")
    code, out, _ = owner.door(**wish)
    assert (code, owner.set[1], owner.token) == (0, None, None)
    assert "Note: The Worker has a SPOOL_TOKEN that is not here, and keeps it." in out
    assert "write it into .mail-failover/spool-token." in out


@pytest.mark.parametrize("blind", ["no token", "forbidden"])
def test_where_nobody_looked_that_is_said(owner, blind):
    """The Worker may have a token that another machine uses."""
    if blind == "no token":
        owner.env = {}
    else:
        owner.api.forbidden = {"/secrets"}
    code, out, _ = owner.door(route=HOST)
    assert (code, owner.token) == (0, f"{owner.set[1]}\n")
    assert (
        "Note: Nobody looked whether the Worker has a SPOOL_TOKEN already: this one takes its place." in out
    )
    assert "Nobody looked" not in owner.door(route=HOST)[1]


def test_a_token_that_others_may_read_is_not_used(owner):
    """The mode is mended first."""
    owner.token_file.parent.mkdir()
    owner.token_file.write_text(KNOWN)
    owner.token_file.chmod(0o644)
    code, _, err = owner.door(route=HOST)
    assert (code, owner.text) == (2, MINE)
    assert "Type: chmod 600 .mail-failover/spool-token" in err


# --- the person ---


def test_a_no_changes_nothing(owner):
    """Nor does a Ctrl-C at the question, nor a program that can't be asked."""
    for answer, code, words in (
        (False, 1, "Nothing was changed.\n"),
        ("Ctrl-C", 130, "Interrupted."),
        (None, 2, "there is no terminal to ask at"),
    ):
        owner.answer = answer
        ended, out, err = owner.door(workers_dev=True)
        assert (ended, owner.text, owner.token) == (code, MINE, None)
        assert words in out + err
    assert "`mail-failover setup door --workers-dev --yes`" in err
    code, _, err = owner.door(route=HOST, domain=DOMAIN, config=owner.tracked, json=True)
    again = f"setup door --domain {DOMAIN} --config {owner.tracked} --route {HOST} --yes --json"
    assert (code, owner.text) == (2, MINE)
    assert again in err


def test_yes_asks_nobody_and_json_says_it_all(owner):
    """For a program; but no token."""
    owner.answer = None
    code, said, _ = owner.door(route=HOST, yes=True, json=True)
    assert (code, owner.set[0]) == (0, HOST)
    assert said == {
        "version": 1,
        "exit_code": 0,
        "file": ".dev.vars",
        "changed": True,
        "difference": [
            f"+SPOOL_DOOR={HOST}",
            "+SPOOL_TOKEN=(a new one, not shown)",
            "+(a new one, not shown)",
        ],
        "notes": [],
        "address": f"https://{HOST}",
    }


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
    assert (code, out, owner.text) == (2, "", MINE)
    assert "takes one of --workers-dev, --route and --off" in err


@pytest.mark.parametrize("host", ["spool", "a b.example.com", 'x"y.example.com', "*.example.com", "a/b.test"])
def test_a_route_is_a_host(owner, host):
    """Whatever else could be written there goes into the file as it is."""
    code, _, err = owner.door(route=host)
    assert (code, owner.text) == (2, MINE)
    assert "not the name of a host. Write it like spool.example.com." in err


# --- what wrangler.toml itself names ---


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ("workers_dev = true", "workers.dev"),
        (
            f'workers_dev = false\nroutes = [{{ pattern = "a.{DOMAIN}", custom_domain = true }}]',
            f"a.{DOMAIN}",
        ),
        ('workers_dev = true\nroutes = ["x.test/*"]', "workers.dev, routes of your own"),
    ],
)
def test_what_wrangler_toml_names_stays_and_that_is_said(owner, lines, named):
    """It is the owner's to change: here are the words for it."""
    owner.tracked.write_text(OURS.replace("workers_dev = false", lines))
    out = owner.door(route=HOST)[1]
    assert f"Note: wrangler.toml itself names {named}, and that stays in force.\n" in out
    assert HOST in read_local(None).addresses.hosts
    out = owner.door(off=True)[1]
    by_hand = "Take it out of wrangler.toml yourself, and say `workers_dev = false` there."
    assert f"{named}, and that stays in force. {by_hand}\n" in out
    assert "can't be fetched" not in out


def test_an_address_that_wrangler_toml_has_too_is_taken_away_by_no_deploy(owner):
    """So nothing is said of a plain one."""
    owner.tracked.write_text(OURS.replace("workers_dev = false", "workers_dev = true"))
    assert "wrangler deploy" not in owner.door(workers_dev=True)[1]


# --- what Cloudflare tells ---


def test_without_a_token_it_says_what_nobody_looked_at(owner):
    """And that SUBDOMAIN is not yet the name."""
    owner.env = {}
    code, out, _ = owner.door(workers_dev=True)
    assert (code, owner.set[0]) == (0, "workers.dev")
    assert "Note: CLOUDFLARE_API_TOKEN is not set, so nobody looked whether the account has" in out
    assert "--url https://mail-failover.SUBDOMAIN.workers.dev --domain example.com" in out
    assert "SUBDOMAIN stands for your account's name" in out
    assert "nobody looked in whose zone" in owner.door(route=HOST)[1]
    assert owner.api.requests == []


def test_the_token_of_dot_env_is_one(owner):
    """As all commands take it."""
    owner.env = {}
    (owner.path.parent / ".env").write_text(f"CLOUDFLARE_API_TOKEN={TOKEN}\n")
    assert "https://mail-failover.anna.workers.dev" in owner.door(workers_dev=True)[1]


def test_what_cloudflare_does_not_tell_is_said_and_is_no_obstacle(owner):
    """It is a file that changes; a permission that is missing is named."""
    owner.api.forbidden = {"workers/subdomain"}
    code, out, _ = owner.door(workers_dev=True, domain=DOMAIN)
    assert (code, owner.set[0]) == (0, "workers.dev")
    assert "It is not known whether the account has a workers.dev subdomain" in out
    assert "Account > Workers Scripts > Read" in out


def test_an_account_without_a_subdomain_is_told_before(owner):
    """Its next deploy would fail, and with it every later one."""
    owner.api.subdomain = ""
    code, out, err = owner.door(workers_dev=True)
    assert (code, out, owner.text, owner.token, owner.asked) == (1, "", MINE, None, [])
    assert "no workers.dev subdomain yet, without which the deploy would fail" in err
    assert f"https://dash.cloudflare.com/{ACCOUNT}/workers/onboarding" in err


def test_of_several_accounts_none_is_guessed(owner):
    """The domain tells, or CLOUDFLARE_ACCOUNT_ID, or wrangler.toml."""
    owner.api.zones.append({**owner.api._zone("zone-2", "other.test"), "account": {"id": "account-2"}})
    assert "The token sees 2 accounts" in owner.door(workers_dev=True)[1]
    owner.env["CLOUDFLARE_ACCOUNT_ID"] = ACCOUNT
    assert "https://mail-failover.anna.workers.dev" in owner.door(workers_dev=True)[1]
    del owner.env["CLOUDFLARE_ACCOUNT_ID"]
    owner.tracked.write_text(f'account_id = "{ACCOUNT}"\n{OURS}')
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
    assert (code, out, owner.text, owner.token) == (1, "", MINE, None)
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
    assert owner.text == MINE


def test_a_host_that_is_there_already_is_pointed_out(owner):
    """Unless it leads to this Worker."""
    owner.api.add("A", HOST, "192.0.2.7")
    owner.answer = False
    note = f"Note: {HOST} exists already (A 192.0.2.7): the deploy puts the Worker in its place.\n"
    assert note in owner.door(route=HOST)[1]
    owner.api.domains = [{"id": "d", "hostname": HOST, "service": "mail-failover"}]
    assert "exists already" not in owner.door(route=HOST)[1]


# --- the disk ---


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("wrangler.toml", b"workers_dev = ", "not valid TOML"),
        ("wrangler.toml", b"\xff", "not UTF-8 text"),
        (".dev.vars", b"hush", ".dev.vars, line 1: not a NAME=VALUE"),
        (".env", b"hush", ".env, line 1: not a NAME=VALUE"),
    ],
)
def test_a_file_that_can_t_be_used_is_named_and_left(tmp_path, owner, capsys, name, content, why):
    """In one line, and not quoted."""
    (tmp_path / name).write_bytes(content)
    world = World(owner.env, owner.api.transport, lambda _: None, lambda: True, lambda _: True)
    assert run_door(Options(workers_dev=True), world) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), "hush" in err) == ("", 1, False)
    assert why in err
    assert (tmp_path / name).read_bytes() == content


def test_a_folder_without_settings_is_told_what_asks_for_them(tmp_path, monkeypatch, capsys):
    """Nothing is begun there."""
    monkeypatch.chdir(tmp_path)
    assert run_door(Options(workers_dev=True, yes=True), World({})) == 2
    assert "No settings here. `mail-failover init` asks for them" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_somebody_changes_while_another_is_asked_stays(owner):
    """Only the lines that were shown are written."""
    owner.meanwhile = lambda: owner.path.write_text(f"{MINE}SPOOL_DAYS=3\n")
    assert owner.door(workers_dev=True)[0] == 0
    assert parse_dotenv(owner.text).items() >= {"SPOOL_DAYS": "3", "SPOOL_DOOR": "workers.dev"}.items()


@pytest.mark.parametrize("full", [1, 2])
def test_a_disk_that_fails_leaves_each_file_whole_and_the_next_run_goes_on(owner, monkeypatch, full):
    """At the first file or the second: the token that was made is the one that is used."""
    real, calls = disk.os.fsync, []

    def fsync(descriptor):
        calls.append(descriptor)
        # A file takes two: its own and its folder's.
        if len(calls) == 2 * full - 1:
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as broken:
        broken.setattr(disk.os, "fsync", fsync)
        code, _, err = owner.door(workers_dev=True)
    assert (code, owner.text) == (2, MINE)
    assert "can't be written: No space left on device" in err
    assert (owner.token is not None) == (full == 2)
    made = owner.token
    assert owner.door(workers_dev=True)[0] == 0
    assert owner.token == f"{owner.set[1]}\n"
    assert made in (None, owner.token)
