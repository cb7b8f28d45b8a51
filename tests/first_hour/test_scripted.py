"""`init` where nobody can be asked: from nothing to the end by options and the environment."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from mail_failover.settings.files import parse_dotenv
from standins import messengers, operator
from standins.cloudflare import ACCOUNT_TOKEN, TOKEN
from standins.domains import hosted

INBOX = "anna@inbox.test"
ROOT = Path(__file__).resolve().parents[2]
DRILL = ("--to", "anna@example.com", "--from", "root@example.com")
ALL = ("--yes", "--inbox", INBOX, "--chat", "telegram", "--chat-id", "4711", *DRILL)
ACCOUNT = {"CLOUDFLARE_API_TOKEN": TOKEN}
SECRETS = {**ACCOUNT, "TELEGRAM_BOT_TOKEN": messengers.TOKEN}
STEPS = ["token", "domain", "inboxes", "chat", "deploy", "setup", "doctor", "drill", "home"]
COMMANDS = ["chats telegram", "deploy", "setup apply", "doctor", "drill"]


def files(folder):
    """Return all that lies in a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def changes(account):
    """Return the requests that may change something; a permission is tried on what nobody has."""
    asked = [(method, path) for method, path in account.requests if method != "GET"]
    return [(method, path) for method, path in asked if not re.search("/[0-9a-f]{32}$", path)]


def test_each_option_that_is_missing_is_named_and_check_tells_meanwhile_how_far_that_is(scripted, outside):
    """`--check` changes nothing; what was given once is not wanted again."""

    def stands(step, *left, **env):
        """Ask where it stands: nothing is written anywhere."""
        before, outside.cloudflare.requests[:] = files(outside.folder), []
        found = scripted("init", "--check", "--json", **env)
        assert files(outside.folder) == before
        assert changes(outside.cloudflare) == []
        assert (found.code, found.value["stopped_at"], found.err) == (1 if step else 0, step, "")
        assert [each["name"] for each in found.value["steps"] if not each["done"]] == [*left]

    stands("token", "token")
    run = scripted("init")
    assert (run.code, "CLOUDFLARE_API_TOKEN, in the environment or in .env" in run.err) == (2, True)
    stands("domain", *STEPS[1:], **ACCOUNT)
    run = scripted("init", **ACCOUNT)
    assert (run.code, "Name one: --inbox you@example.net." in run.err) == (2, True)
    stands("inboxes", *STEPS[2:], **ACCOUNT)
    run = scripted("init", "--inbox", INBOX, **ACCOUNT)
    assert (run.code, "Name one: --chat telegram, telegram-group, ntfy, " in run.err) == (2, True)
    stands("chat", *STEPS[3:], **ACCOUNT)
    run = scripted("init", "--chat", "none", **ACCOUNT)
    assert (run.code, "setup apply --domain example.com --yes --wait" in run.err) == (2, True)
    assert outside.cloudflare.deployed["mail-failover"].bindings["FALLBACK_INBOXES"]["text"] == INBOX
    assert not outside.cloudflare.enabled
    stands("chat", "chat", "setup", "doctor", "drill", "home", **ACCOUNT)
    run = scripted("init", "--chat", "none", "--yes", **ACCOUNT)
    assert (run.code, "Name an address of the domain and a sender: --to and --from." in run.err) == (2, True)
    assert outside.cloudflare.enabled
    run = scripted("init", "--chat", "none", "--yes", *DRILL, **ACCOUNT)
    assert (run.code, run.err) == (0, "")
    assert run.out.endswith("the edge took a message: look for it in the inbox.\n")
    assert [each.rcpt_tos for each in outside.edge.messages] == [["anna@example.com"]]


def test_a_program_gets_one_value_with_all_that_the_commands_said(scripted, outside):
    """And nothing else is printed, neither by it nor by them; no secret is among it."""
    run = scripted("init", "--json", *ALL, **SECRETS)
    assert (run.code, run.err) == (0, "")
    value = run.value
    assert {each["name"]: each["done"] for each in value["steps"]} == {s: s != "home" for s in STEPS}
    assert (value["stopped_at"], value["to_go_on"], value["exit_code"]) == (None, None, 0)
    typed = [each["command"].removeprefix("mail-failover ") for each in value["commands"]]
    assert all(map(str.startswith, typed, COMMANDS)), typed
    assert {each["value"]["exit_code"] for each in value["commands"]} == {0}
    assert not any(secret in run.out for secret in SECRETS.values())
    assert len(outside.messengers.chat.posts) == len(outside.edge.messages) == 1
    own = parse_dotenv((outside.folder / ".dev.vars").read_text())
    assert own["TELEGRAM_CHAT_ID"] == "4711"
    assert "CLOUDFLARE_API_TOKEN" not in (outside.folder / ".env").read_text(), "it is in the environment"
    found = scripted("init", "--check", "--json", **ACCOUNT)
    assert (found.code, found.value["stopped_at"]) == (0, None)


def given(outside, *, words=(), dropped=(), account=None, text="", edge="", **env):
    """Have something wrong; return the words of the command line, and the environment."""
    for name, value in (account or {}).items():
        setattr(outside.cloudflare, name, value)
    with (outside.folder / ".dev.vars").open("a") as file:
        file.write(text)
    outside.edge.answer = edge or outside.edge.answer
    left = [word for word in ALL if word not in dropped]
    return ["init", "--json", *left, *words], {**SECRETS, **env}


NO_BOT = "987654321:sEcReT-token-of-no-bot-00000000000000"
ZONE = {"id": "zone-1", "name": "example.com", "account": {"id": "account-1"}}
TWO = {"zones": [ZONE, {**ZONE, "id": "zone-2", "name": "z.test"}]}
# What is wrong; then the exit code, the step, the error's kind, and words of what happened.
ENDS = {
    "the token of nobody": (
        {"CLOUDFLARE_API_TOKEN": "sEcReT-of-nobody"},
        (2, "token", "NoTerminal", "Cloudflare does not know the token"),
    ),
    "an account's token": (
        {"CLOUDFLARE_API_TOKEN": ACCOUNT_TOKEN},
        (2, "token", "NoTerminal", "is an account's"),
    ),
    "a token that may not do all": (
        {"account": {"lacking": {"Zone > DNS > Edit"}}},
        (2, "token", "NoTerminal", "it lacks Zone > DNS > Edit"),
    ),
    "no domain": ({"account": {"zones": []}}, (2, "token", "NoTerminal", "it lacks Zone > Zone > Read")),
    "a token that may not look": (
        {"account": {"lacking": {"Account > Email Routing Addresses > Read"}}},
        (4, "domain", "PermissionMissing", "may not read the destination addresses"),
    ),
    "another's domain": (
        {"words": ["--domain", "other.test"]},
        (2, "domain", "ZoneNotFound", "other.test"),
    ),
    "another's domain, named in the environment": (
        {"MAIL_FAILOVER_DOMAIN": "other.test"},
        (2, "domain", "ZoneNotFound", "The token sees no zone other.test; it sees example.com."),
    ),
    "a domain that the environment does not mean": (
        {"account": TWO, "words": ["--domain", "example.com"], "MAIL_FAILOVER_DOMAIN": "z.test"},
        (2, "domain", "UsageError", "MAIL_FAILOVER_DOMAIN: what the environment or .env.local says wins"),
    ),
    "a part of a domain": (
        {"words": ["--domain", "sub.example.com"]},
        (2, "domain", "UsageError", "sub.example.com is a part of the zone example.com"),
    ),
    "two domains": ({"account": TWO}, (2, "domain", "NoTerminal", "several: example.com, z.test")),
    "a partial zone": (
        {"account": {"type": "partial"}},
        (1, "domain", "ZoneUnfit", "example.com is a partial (CNAME) zone"),
    ),
    "no mail server": (
        {"account": {"records": {}}},
        (1, "domain", "InTheWay", "example.com can't have a fallback as it is"),
    ),
    "mail at a company": (
        {"account": {"records": hosted().records}},
        (1, "domain", "InTheWay", "example.com can't have a fallback as it is"),
    ),
    "no address": (
        {"words": ["--inbox", "anna"]},
        (2, "inboxes", "UsageError", "--inbox anna is not a mail address"),
    ),
    "an example": (
        {"words": ["--inbox", "you@example.net"]},
        (2, "inboxes", "UsageError", "--inbox you@example.net is an example, and nobody's"),
    ),
    "an inbox named twice": (
        {"words": ["--inbox", INBOX]},
        (2, "inboxes", "UsageError", "--inbox anna@inbox.test is named already"),
    ),
    "an inbox on this server": (
        {"words": ["--inbox", "anna@hosted.test"]},
        (2, "inboxes", "UsageError", "is on this very server"),
    ),
    "any chat": (
        {"dropped": ["--chat-id", "4711"]},
        (2, "chat", "Stopped", "Which chat of Telegram's is meant is not known"),
    ),
    "a chat where there is none to choose": (
        {"words": ["--chat", "ntfy"]},
        (2, "chat", "Stopped", "ntfy has no chats to choose from."),
    ),
    "no such bot": (
        {"TELEGRAM_BOT_TOKEN": NO_BOT},
        (1, "chat", "TokenRejected", "No chat was connected."),
    ),
    "a misspelt setting": (
        {"text": "FALLBACK_INBOX=anna@inbox.test\n"},
        (1, "deploy", "Unusable", "The Worker is not deployed as it is set up here."),
    ),
    "the edge refuses": (
        {"edge": "550 5.7.1 Not for you"},
        (1, "drill", "Stopped", "The message did not come through."),
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_whatever_it_ends_with_a_program_gets_it_as_json(scripted, outside, name):
    """Where it stopped, what happened and what to do; and nothing of a secret."""
    wrong, (code, step, kind, what) = ENDS[name]
    words, env = given(outside, **wrong)
    run = scripted(*words, **env)
    error = run.value["error"]
    assert (run.code, run.value["stopped_at"], error["kind"]) == (code, step, kind)
    assert what in error["what"]
    assert error["fix"]
    assert "setup plan" not in error["fix"], "what it asked by itself is nothing to type"
    assert run.value["to_go_on"].startswith("mail-failover init --")
    assert error["what"].rstrip(".") in run.err
    secrets = {value for name, value in env.items() if name != "MAIL_FAILOVER_DOMAIN"}
    assert not any(secret in run.out + run.err for secret in secrets)


@pytest.mark.parametrize(
    ("step", "pattern", "number"),
    [
        ("domain", "GET /zones/zone-1/email/routing$", signal.SIGTERM),
        ("deploy", "PUT .*/workers/scripts/mail-failover$", signal.SIGINT),
        ("setup", "POST .*/dns_records/batch$", signal.SIGTERM),
        ("doctor", "GET .*/workers/scripts/mail-failover/secrets$", signal.SIGINT),
        ("doctor", "GET .*/workers/scripts/mail-failover/secrets$", signal.SIGTERM),
    ],
)
def test_an_interrupt_is_not_lost_where_commands_are_run_for_their_json(
    scripted, outside, step, pattern, number
):
    """Whatever is under way ends; what comes of it is JSON all the same."""
    reached = []

    def watch(_count, method, path):
        # `deploy` asks for the secrets, too, and before.
        if re.match(pattern, f"{method} {path}") and (step != "doctor" or outside.cloudflare.enabled):
            reached.append(number)
            os.kill(os.getpid(), number)
            outside.cloudflare.fault = None

    outside.cloudflare.fault = watch
    run = scripted("init", "--json", *ALL, **SECRETS)
    assert reached == [number]
    assert (run.code, run.value["exit_code"], run.value["stopped_at"]) == (128 + number, 128 + number, step)
    assert run.value["error"]["kind"] == "Interrupted"
    assert run.to_go_on[0] == "init"


@pytest.mark.parametrize(
    ("words", "done"), [((), True), (("--domain", "example.com"), True), (("--domain", "z.test"), False)]
)
def test_an_account_where_the_token_may_do_nothing_is_not_in_the_way_of_another(
    scripted, outside, words, done
):
    """A person may be in several: the domain's counts, and until that is known the best."""
    outside.cloudflare.zones.insert(0, {**TWO["zones"][1], "account": {"id": "account-2"}})
    outside.cloudflare.forbidden = {"DELETE /accounts/account-2/"}
    token = scripted("init", "--check", "--json", *words, **ACCOUNT).value["steps"][0]
    assert (token["name"], token["done"]) == ("token", done)


def test_another_worker_by_config_and_another_service_come_to_the_end_as_well(scripted, outside):
    """Each command is told of it that knows of Workers; all that is written lies beside it."""
    beside = outside.folder / "worker"
    beside.mkdir()
    own = (ROOT / "wrangler.toml").read_text().replace('main = "', f'main = "{ROOT}/')
    (beside / "wrangler.toml").write_text(own)
    (outside.folder / ".dev.vars").rename(beside / ".dev.vars")
    address = parse_dotenv((beside / ".dev.vars").read_text())["TELEGRAM_API_URL"]
    words = ("--yes", "--inbox", INBOX, "--chat", "ntfy", *DRILL)
    topic = f"{address}/sEcReT"
    run = scripted("init", "--config", "worker/wrangler.toml", *words, NTFY_URL=topic, **ACCOUNT)
    assert (run.code, run.err, "sEcReT" in run.out) == (0, "", False)
    assert [(post.service, post.chat) for post in outside.messengers.chat.posts] == [("ntfy", "sEcReT")]
    assert outside.cloudflare.deployed["mail-failover"].bindings["NTFY_URL"]["type"] == "secret_text"
    assert {path.name for path in outside.folder.iterdir() if not path.name.startswith(".c")} == {"worker"}
    assert {".env", ".dev.vars", ".mail-failover"} <= {path.name for path in beside.iterdir()}


def test_where_port_25_is_closed_the_line_for_the_mail_server_is_said(scripted, outside, monkeypatch):
    """All is set up then, and something is left to do."""
    operator.lead(outside.resolver, ("127.0.0.1", 1), monkeypatch.setattr)
    run = scripted("init", *ALL, **SECRETS)
    line = "mail-failover drill --to anna@example.com --from root@example.com"
    assert (run.code, run.err) == (1, "")
    assert "later  The proof: port 25 is closed from here, so it is left to your mail server.\n" in run.out
    there = "All is set up. With mail-failover on your mail server too, this proves it there:"
    assert run.out.endswith(f"{there}\n  {line}\n")
    run = scripted("init", "--json", *ALL, **SECRETS)
    assert (run.code, run.value["stopped_at"], run.value["proof"]) == (1, "drill", line)


def test_the_way_home_is_set_up_and_each_line_for_the_server_said(scripted, outside):
    """As often as it is asked for; the spool's token is shown nowhere, and only its owner can read it."""
    words = ("init", *ALL, "--server", "root@mail.example.com")
    run = scripted(*words, **SECRETS)
    assert (run.code, run.err) == (0, "")
    door = "https://mail-failover.anna.workers.dev"
    lines = (
        "ssh root@mail.example.com mkdir -p -m 700 .mail-failover",
        "scp -p .mail-failover/spool-token root@mail.example.com:.mail-failover/spool-token",
        f"mail-failover replay --to smtp://127.0.0.1:25 --url {door} --domain example.com --dry-run",
    )
    assert all(f"\n  {line}\n" in run.out for line in lines)
    file = outside.folder / ".mail-failover" / "spool-token"
    token = file.read_text().strip()
    worker = outside.cloudflare.deployed["mail-failover"]
    assert (worker.bindings["SPOOL_TOKEN"]["text"], worker.workers_dev["enabled"]) == (token, True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert token not in run.out
    versions = len(worker.versions)
    again = scripted(*words, **SECRETS)
    assert all(f"\n  {line}\n" in again.out for line in lines)
    assert len(worker.versions) == versions, "what is deployed is not deployed again"


def test_in_the_folder_of_another_worker_nothing_is_written(scripted, outside):
    """Its files are not ours: the token would lie among them."""
    (outside.folder / "wrangler.toml").write_text('name = "shop"\nmain = "src/index.ts"\n')
    before = files(outside.folder)
    run = scripted("init", *ALL, **SECRETS)
    assert (run.code, "src/index.ts: the Worker's modules are not beside it" in run.err) == (2, True)
    assert (files(outside.folder), changes(outside.cloudflare)) == (before, [])


def test_in_a_repository_that_would_publish_what_is_written_it_says_so_at_once(scripted, outside):
    """With the line that keeps git from it."""
    if not shutil.which("git"):
        pytest.skip("needs git")
    subprocess.run(["git", "init", "-q", outside.folder], check=True)  # noqa: S607 - whichever git there is
    run = scripted("init", **ACCOUNT)
    assert run.code == 2
    written = run.out.index("Written to .env: MAIL_FAILOVER_DOMAIN")
    assert run.out.index("Note: git does not ignore .dev.vars, .env here") > written
    assert "printf '%s\\n' .dev.vars .env >> .gitignore" in run.out
