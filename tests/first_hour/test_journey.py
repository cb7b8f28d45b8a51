"""`init` at a terminal, from nothing to a proven domain: the real wrangler, and each answer wrong once.

It takes four runs, since a no ends one; each goes on by what the one before told to type.
"""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mail_failover.settings.files import parse_dotenv
from standins import messengers
from standins.cloudflare import ACCOUNT_TOKEN, TOKEN
from standins.outside import Ended, Outside

WRONG = ("token-of-nobody", "987654321:sEcReT-token-of-no-bot-00000000000000")
SECRETS = (TOKEN, ACCOUNT_TOKEN, messengers.TOKEN, *WRONG)


@dataclass
class Journey:
    """What came of it: the screens, the exit codes, each command line that ran meanwhile."""

    folder: Path
    outside: Outside
    runs: list[Ended] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    strangers: set[Path] = field(default_factory=lambda: {*Path("/proc").glob("[0-9]*")})

    def run(self, words, answers):
        """Type it, and answer."""
        # Each run asks a hundred times; a circle within one is still found.
        self.outside.cloudflare.requests.clear()
        home = {"HOME": str(self.folder.parent / "home"), "TMPDIR": str(self.folder.parent / "tmp")}
        with self.outside.terminal(*words, env=home) as terminal:
            answers(terminal)
            self.runs.append(Ended(terminal.ended(), terminal.seen))

    def look(self, *_):
        """Note the command lines that there are now of what it started: everybody can read them."""
        for process in {*Path("/proc").glob("[0-9]*")} - self.strangers:
            # It may have ended.
            with contextlib.suppress(OSError):
                if str(self.folder.parent) in (process / "environ").read_text(errors="replace"):
                    self.running.add((process / "cmdline").read_text(errors="replace"))


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    """Go all the way once; the tests look at what it left."""
    base = tmp_path_factory.mktemp("journey")
    for name in ("here", "home", "tmp"):
        (base / name).mkdir()
    with Outside(base / "here", wrangler=True, clicks_after=1) as outside:
        found = Journey(base / "here", outside)
        outside.cloudflare.fault = found.look
        outside.cloudflare.inbox("old@inbox.test")
        found.run(["init"], lambda terminal: up_to_the_domain(terminal, outside))
        found.run(found.runs[-1].to_go_on, lambda terminal: up_to_the_drill(terminal, outside))
        outside.edge.answer = "250 2.0.0 Accepted"
        found.run(
            found.runs[-1].to_go_on, lambda terminal: terminal.answer("Has it arrived in the inbox", "n")
        )
        found.run(found.runs[-1].to_go_on, to_the_end)
        yield found


def up_to_the_domain(terminal, outside):
    """Answer until a domain is to be changed, and say no to that."""
    token(terminal, outside.cloudflare)
    terminal.answer("Which domain? [1-2]", "3")
    terminal.see("Type a number from 1 to 2")
    terminal.answer("Which domain? [1-2]", "1")
    inboxes(terminal)
    chat(terminal, outside.messengers)
    terminal.answer("Change example.com as shown? [y/N]:", "n")


def token(terminal, account):
    """Paste one that nobody has, an account's, one that sees nothing, one that may not do all."""
    terminal.answer("Open that page in a browser here?", "n")
    terminal.answer("Paste the token", WRONG[0])
    terminal.see("Cloudflare does not know the token")
    terminal.answer("Paste the token", ACCOUNT_TOKEN)
    terminal.see("is an account's (cfat_…)")
    zones, account.zones = [*account.zones, {**account.zones[0], "id": "zone-2", "name": "z.test"}], []
    terminal.answer("Paste the token", TOKEN)
    terminal.see("Zone > Zone > Read")
    terminal.see("is there a domain in the account yet")
    account.zones = zones
    account.lacking = {"Zone > DNS > Edit"}
    terminal.answer("Press Enter when that is done:", "")
    terminal.see("Zone > DNS > Edit")
    account.lacking = set()
    terminal.answer("Press Enter when that is done:", "")
    terminal.see("done   A token")


def inboxes(terminal):
    """Name none that can't be one: no address, on the domain, on its server, named already."""
    offered = "Which inbox? [1-2]"
    for wrong, why in (
        ("anna", "anna is not a mail address"),
        ("anna@example.com", "is in example.com itself"),
        ("anna@hosted.test", "is on this very server: its mail goes to mail.example.com, too"),
    ):
        terminal.see("old@inbox.test (verified)")
        terminal.answer(offered, "2")
        terminal.answer("The inbox's address:", wrong)
        terminal.see(why)
    terminal.answer(offered, "2")
    terminal.answer("The inbox's address:", "anna@inbox.test")
    terminal.answer("Another inbox, in case this one refuses?", "y")
    terminal.answer(offered, "2")
    terminal.answer("The inbox's address:", "Anna@INBOX.test")
    terminal.see("is named already")
    terminal.answer(offered, "1")
    terminal.answer("One more?", "n")


def chat(terminal, telegram):
    """Give no token, that of no bot, a bot that another program reads, no chat's id; say no, then yes."""
    terminal.answer("Which one? [1-8]", "1")
    terminal.answer("The bot's token", "")
    terminal.answer("Try another way?", "")
    terminal.answer("Which one? [1-8]", "1")
    terminal.answer("The bot's token", WRONG[1])
    terminal.see("mail-failover: ")
    telegram.webhook = True
    terminal.answer("The bot's token", messengers.TOKEN)
    terminal.see("The token is that of the bot Mail alerts (@shop_mail_bot)")
    terminal.answer("The chat's id", "999")
    terminal.answer("The chat's id", "4711")
    terminal.answer("Has it arrived in that chat?", "n")
    terminal.answer("Send it again?", "y")
    terminal.answer("Has it arrived in that chat?", "y")
    terminal.answer("Write this into .dev.vars?", "n")
    telegram.webhook = False
    terminal.answer("Try another way?", "y")
    terminal.answer("Which one? [1-8]", "1")
    terminal.answer("The bot's token", messengers.TOKEN)
    link = terminal.expect(r"press Start:\s+(\S+)\s")[1]
    telegram.write("/start of-a-stranger", messengers.STRANGER)
    telegram.follow(link)
    terminal.see("a private chat with Anna Muster (@anna)")
    terminal.answer("Has it arrived in that chat?", "y")
    terminal.answer("Write this into .dev.vars?", "y")


def up_to_the_drill(terminal, outside):
    """Say yes to the change, wait for the click, and let the edge refuse the message."""
    terminal.answer("Change example.com as shown? [y/N]:", "y")
    terminal.see("done   The check: looked at.")
    outside.edge.answer = "550 5.7.1 Not for you"
    terminal.answer("Your address in example.com", "anna@example.com")
    terminal.answer("The sender's address", "")


def to_the_end(terminal):
    """Say that the message arrived, and that it is enough."""
    terminal.answer("Has it arrived in the inbox", "y")
    terminal.answer("Set that up?", "n")


def test_it_ends_with_a_proven_domain(journey):
    """And what was said no to ended a run that changed nothing of that."""
    assert [run.code for run in journey.runs] == [1, 1, 1, 0]
    assert "example.com is proven: a message came through the edge." in journey.runs[-1].out
    account, chats = journey.outside.cloudflare, journey.outside.messengers.chat
    assert account.mx[0] == (10, "mail.example.com")
    assert account.enabled
    assert account.catch_all["actions"] == [{"type": "worker", "value": ["mail-failover"]}]
    assert {each["email"] for each in account.addresses} == {"anna@inbox.test", "old@inbox.test"}
    bindings = account.deployed["mail-failover"].bindings
    assert bindings["FALLBACK_INBOXES"]["text"] == "anna@inbox.test, old@inbox.test"
    assert bindings["TELEGRAM_BOT_TOKEN"]["type"] == "secret_text"
    assert {post.chat for post in chats.posts} == {"4711"}
    assert [each.rcpt_tos for each in journey.outside.edge.messages] == [["anna@example.com"]] * 2


def test_nobody_is_asked_twice_what_was_answered(journey):
    """What files remember, and what the line to go on with does."""
    drilled = ["init", "--to", "anna@example.com", "--from", "anna@example.com"]
    assert [run.to_go_on for run in journey.runs[:3]] == [["init"], drilled, drilled]
    asked = [line for run in journey.runs[2:] for line in run.out.splitlines() if "[y/N]" in line]
    arrived = "Has it arrived in the inbox, and the alert in the chat? [y/N]: "
    assert asked == [f"{arrived}n", f"{arrived}y", "Set that up? [y/N]: n"]
    assert "1/9" not in "".join(run.out for run in journey.runs[1:])


def test_no_secret_is_shown_or_in_a_process_list(journey):
    """Not in what a person sees, and not in what everybody on the machine can read meanwhile."""
    assert any("wrangler" in line and "deploy" in line for line in journey.running)
    for secret in SECRETS:
        assert not any(secret in run.out for run in journey.runs)
        assert not any(secret in line for line in journey.running)


def test_secrets_are_in_two_files_alone_which_only_the_owner_can_read(journey):
    """Of all that it and what it started wrote: there, at home, and for a while."""
    base = journey.folder.parent
    written = {path: path.read_text(errors="replace") for path in base.rglob("*") if path.is_file()}
    holding = {path for path, text in written.items() if any(secret in text for secret in SECRETS)}
    assert holding == {journey.folder / ".env", journey.folder / ".dev.vars"}
    assert {path.stat().st_mode & 0o777 for path in holding} == {0o600}
    assert parse_dotenv((journey.folder / ".env").read_text()) == {
        "CLOUDFLARE_API_TOKEN": TOKEN,
        "MAIL_FAILOVER_DOMAIN": "example.com",
        "CLOUDFLARE_ACCOUNT_ID": "account-1",
    }
    assert [*(base / "tmp").iterdir()] == []
