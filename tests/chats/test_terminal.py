"""`chats` as people meet it: in a terminal, and with services at the other end of a socket."""

import re
import stat
from pathlib import Path

import pytest

from mail_failover.settings.files import parse_dotenv
from standins.further import ALIAS, MATRIX_TOKEN, ROOM
from standins.messengers import SLACK_TOKEN, TOKEN, Messengers
from standins.terminal import CTRL_C, Terminal


@pytest.fixture
def messengers(folder):
    """Serve both services, and set where they are."""
    messengers = Messengers()
    messengers.channels = [("C0001XYZ", "general", True)]
    with messengers.serving() as address:
        lines = f"TELEGRAM_API_URL={address}\nSLACK_API_URL={address}\n"
        (folder / ".dev.vars").write_text(lines)
        yield messengers


def test_a_person_connects_a_chat(folder, messengers):
    """The token is neither shown nor among the arguments; nobody else may read where it is written."""
    with Terminal("chats", "telegram", cwd=folder) as terminal:
        terminal.expect("The bot's token.*: ")
        terminal.type("nonsense")
        terminal.expect("can't be used")
        terminal.expect("The bot's token.*: ")
        terminal.type(TOKEN)
        link = terminal.expect(r"press Start:\s+(\S+)")[1]
        terminal.expect("[█▀▄ ]{33}\n")
        command = Path(f"/proc/{terminal.process.pid}/cmdline")
        assert not command.exists() or b"sEcReT" not in command.read_bytes()
        messengers.follow(link)
        terminal.expect("Found: a private chat with Anna Muster")
        terminal.expect(r"Has it arrived in that chat\? \[y/N\]")
        terminal.type("y")
        terminal.expect(r"Write this into .dev.vars\? \[Y/n\]")
        terminal.type("")
        assert terminal.ended() == 0
    assert "sEcReT" not in terminal.seen
    path = folder / ".dev.vars"
    said = parse_dotenv(path.read_text())
    assert (said["TELEGRAM_BOT_TOKEN"], said["TELEGRAM_CHAT_ID"]) == (TOKEN, "4711")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [post.chat for post in messengers.chat.posts] == ["4711"]


def test_a_ctrl_c_while_it_waits_ends_at_once(folder, messengers):
    """It says what is done and how to go on; 130."""
    before = (folder / ".dev.vars").read_bytes()
    messengers.patience = 30
    with Terminal("chats", "telegram", "--no-qr", cwd=folder, env={"TELEGRAM_BOT_TOKEN": TOKEN}) as terminal:
        terminal.expect("Waiting for that")
        terminal.press(CTRL_C)
        assert terminal.ended() == 130
    shown = " ".join(terminal.seen.split())
    assert "Interrupted. mail-failover: What was not said to be written is not written" in shown
    assert "`mail-failover chats telegram --no-qr`" in shown
    assert "Traceback" not in shown
    assert (folder / ".dev.vars").read_bytes() == before


def test_a_small_terminal_gets_the_link_alone(folder, messengers):
    """A code that does not fit can't be read."""
    with Terminal(
        "chats", "telegram", cwd=folder, env={"TELEGRAM_BOT_TOKEN": TOKEN}, size=(60, 16)
    ) as terminal:
        link = terminal.expect(r"press Start:\s+(\S+)")[1]
        terminal.expect("Waiting for that")
        messengers.follow(link)
        terminal.expect("Has it arrived")
        terminal.press(CTRL_C)
        assert terminal.ended() == 130
    assert not re.search("[█▀▄]", terminal.seen)


def test_a_token_is_not_read_where_what_is_typed_shows(folder):
    """Where nothing is asked, nothing is waited for: it says how to hand one in."""
    with Terminal("chats", "telegram", "--json", "--yes", cwd=folder, seconds=20) as terminal:
        terminal.expect("Nothing came for TELEGRAM_BOT_TOKEN")
        terminal.expect("Hand it in by standard input")
        assert terminal.ended() == 2


def test_a_person_chooses_a_channel(folder, messengers):
    """From the list, by its number."""
    with Terminal("chats", "slack", cwd=folder) as terminal:
        terminal.expect("The incoming webhook.*: ")
        terminal.type(SLACK_TOKEN)
        terminal.expect("1  #general")
        terminal.expect("Which channel")
        terminal.type("1")
        terminal.expect("Has it arrived")
        terminal.type("y")
        terminal.expect("Write this")
        terminal.type("y")
        assert terminal.ended() == 0
    assert "sEcReT" not in terminal.seen
    assert parse_dotenv((folder / ".dev.vars").read_text())["SLACK_CHANNEL"] == "C0001XYZ"


def test_a_person_connects_a_room(folder, messengers):
    """The token is neither shown nor among the arguments; the room is named by its address."""
    address = (folder / ".dev.vars").read_text().partition("=")[2].split()[0]
    with Terminal("chats", "matrix", cwd=folder) as terminal:
        terminal.expect("The homeserver's address.*: ")
        terminal.type(address)
        terminal.expect("The access token.*: ")
        terminal.type(MATRIX_TOKEN)
        terminal.expect("The room.*: ")
        command = Path(f"/proc/{terminal.process.pid}/cmdline")
        assert not command.exists() or b"sEcReT" not in command.read_bytes()
        terminal.type(ALIAS)
        terminal.expect("Found: the room Mail alerts")
        terminal.expect("Has it arrived")
        terminal.type("y")
        terminal.expect("Write this")
        terminal.type("y")
        assert terminal.ended() == 0
    assert "sEcReT" not in terminal.seen
    assert parse_dotenv((folder / ".dev.vars").read_text())["MATRIX_ROOM"] == ROOM
    assert [post.service for post in messengers.chat.posts] == ["matrix"]
