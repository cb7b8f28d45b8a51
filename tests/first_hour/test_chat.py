"""Which service `init` offers, and by which command each is connected; what is set up is found so."""

from pathlib import Path
from typing import get_args

import pytest

from mail_failover.console.next_step import Again
from mail_failover.console.underneath import Ran
from mail_failover.first_hour import chat
from mail_failover.first_hour.command import Chosen
from mail_failover.first_hour.given import Options
from mail_failover.first_hour.step import Stop
from mail_failover.settings.chats import CHATS
from mail_failover.settings.local import read_local

MAIN = Path(__file__).parents[2] / "src" / "entry.py"


class Hour:
    """A run that has come to the chat, and somebody who gives `numbers` for the offers."""

    def __init__(self, *numbers, codes=(0,), **options):
        self.options = Options(**options)
        self.again = Again()
        self.voice = self.world = self.ask = self
        self.may_ask = bool(numbers)
        self.ran, self.offered = [], []
        self.local = None
        self._numbers, self._codes = [*numbers], [*codes]

    @property
    def untold(self):
        """Tell whether no chat is wanted."""
        return self.options.chat == "none"

    def choose(self, _question, offers):
        """Choose by the number."""
        self.offered.append(offers)
        return self._numbers.pop(0) - 1

    def yes(self, _question, **_default):
        """Agree."""
        return True

    def say(self, *_text):
        """Show nothing."""

    def need(self, fix):
        """Refuse where nobody answers."""
        if not self.may_ask:
            raise Stop(2, "", fix)

    def answered(self, **given):
        """Keep what was said."""
        self.options = Options(**given)

    def run(self, *words, asks=False):
        """Run a command, which ends as was told."""
        assert asks
        self.ran.append(words[1:])
        return Ran(self._codes.pop(0))


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((1,), ("telegram",)),
        ((2,), ("telegram", "--group")),
        ((3,), ("ntfy",)),
        ((4,), ("matrix",)),
        ((5,), ("discord",)),
        ((6,), ("slack",)),
        ((7, 1), ("gotify",)),
        ((7, 2), ("pushover",)),
        ((7, 3), ("mattermost",)),
        ((7, 4), ("webhook",)),
        ((7, 5, 3), ("ntfy",)),
    ],
)
def test_each_service_is_a_choice_and_each_choice_a_command(numbers, words):
    """What few use is behind "another", and from there one comes back."""
    hour = Hour(*numbers)
    chat.do(hour)
    assert hour.ran == [words]
    assert len(hour.offered) == len(numbers)


def test_nobody_need_be_told():
    """It is the last of the offers."""
    hour = Hour(8)
    chat.do(hour)
    assert (hour.ran, hour.options.chat) == ([], "none")


def test_another_way_can_be_tried():
    """Where the first did not come to an end."""
    hour = Hour(5, 7, 1, codes=(1, 0))
    chat.do(hour)
    assert hour.ran == [("discord",), ("gotify",)]


def test_the_offers_fit_a_screen_and_a_line_each():
    """Of 80 columns and 24 lines, with the question."""
    hour = Hour(7, 5, 8)
    chat.do(hour)
    assert all(len(offers) < 12 and all(len(offer) <= 75 for offer in offers) for offers in hour.offered)


@pytest.mark.parametrize("kind", chat.KINDS)
def test_each_name_is_an_option_and_a_command(kind):
    """And those the program knows are all that there are."""
    hour = Hour(chat=kind)
    chat.do(hour)
    assert [words[0] for words in hour.ran] == ([] if kind == "none" else [kind.partition("-")[0]])


def test_the_option_takes_each_service():
    """And no other word."""
    assert {*get_args(Chosen)} == {"", *chat.KINDS}
    assert {kind.partition("-")[0] for kind in chat.KINDS} == {*CHATS, "none"}


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        *(("telegram", "--chat"), ("telegram-group", "--chat"), ("slack", "--channel"), ("matrix", "--room")),
        ("discord", "--thread"),
        *((kind, "") for kind in ("ntfy", "gotify", "pushover", "mattermost", "webhook")),
    ],
)
def test_an_id_is_handed_on_where_the_service_has_ids(kind, option):
    """And else it is wrong, before anything is asked."""
    hour = Hour(chat=kind, chat_id="4711")
    if option:
        chat.do(hour)
        assert hour.ran[0][-2:] == (option, "4711")
    else:
        with pytest.raises(Stop, match="no chats to choose from"):
            chat.do(hour)
        assert hour.ran == []


@pytest.mark.parametrize(
    ("text", "options", "done", "found"),
    [
        ("", {}, False, "no chat is set up"),
        ("NTFY_URL=https://ntfy.sh/topic\n", {}, True, "ntfy"),
        ("NTFY_URL=https://ntfy.sh/topic\n", {"chat": "matrix"}, False, "Matrix is not set up"),
        (
            "NTFY_URL=https://ntfy.sh/topic\nDISCORD_WEBHOOK_URL=hush\n",
            {},
            False,
            "DISCORD_WEBHOOK_URL: must",
        ),
        ("GOTIFY_URL=https://g.test\nGOTIFY_TOKEN=A12345678901234\n", {"chat": "gotify"}, True, "Gotify"),
    ],
)
def test_what_is_set_up_is_found(tmp_path, monkeypatch, text, options, done, found):
    """Whole, and the one that was named."""
    (tmp_path / "wrangler.toml").write_text(f'name = "mail-failover"\nmain = "{MAIN}"\n')
    (tmp_path / ".dev.vars").write_text(text)
    monkeypatch.chdir(tmp_path)
    hour = Hour(**options)
    hour.local = read_local(None)
    state = chat.look(hour)
    assert (state.done, state.found.startswith(found)) == (done, True), state
    assert "hush" not in state.found
