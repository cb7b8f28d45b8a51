"""Whose mail is not told of: by its sender, and by what it says it is."""

import pytest

from failover.event import Event
from failover.message import Address, Envelope, Mail
from failover.senders import is_muted
from failover.settings import Settings
from failover.skim import skim
from standins.world import RECIPIENT, SENDER, TELEGRAM, play

ONE = {"FALLBACK_INBOXES": "one@inbox.example"}
DRILL = "<drill.abcdefghij@news.example>"


def event(sender=SENDER, mail=None, fate="forwarded"):
    """Return what became of a message."""
    return Event("k", fate, Envelope(sender, RECIPIENT, 1), mail)


def muted(value, *of, **how):
    """Tell whether a message is muted."""
    return is_muted(event(*of, **how), Settings.from_env(ONE | {"MUTE": value}))


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ("", ()),
        ("List-Id: <a.b.example>", ("lists",)),
        ("LIST-POST : NO", ("lists",)),
        ("Precedence: bulk", ("bulk",)),
        ("Precedence:\r\n Junk (really)", ("bulk",)),
        ("Precedence: list", ()),
        ("Precedence: first-class", ()),
        ("List-Unsubscribe: <mailto:a@b.example>", ("bulk",)),
        ("Auto-Submitted: no", ()),
        ("Auto-Submitted: No (I am one)", ()),
        ("Auto-Submitted: auto-generated", ("auto",)),
        ("Auto-Submitted: auto-replied; owner-email=a", ("auto",)),
        ("Auto-Submitted:", ()),
        ("X-List-Id: a\r\nList-Identity: b\r\nSubject: List-Id: c", ()),
        ("List-Id: a\r\nPrecedence: bulk\r\nAuto-Submitted: auto-notified", ("lists", "bulk", "auto")),
    ],
)
def test_a_message_names_its_kinds(fields, kinds):
    """RFC 2919, RFC 2369, RFC 3834; what stands in its text is none of its fields."""
    data = f"{fields}\r\nFrom: a@b.example\r\n\r\nList-Id: x\r\n".lstrip("\r\n").encode()
    assert skim(data, len(data)).kinds == kinds


@pytest.mark.parametrize(
    "junk", [b"\xff" * 3000, b"bulk" * 9999, b"(" * 9999, b"\x1b$B" * 999, b"=?x?q?" * 999]
)
def test_whatever_stands_there_is_read_at_a_bounded_cost(junk):
    """A kind is one of three, or none."""
    data = b"Precedence: " + junk + b"\r\nAuto-Submitted: " + junk + b"\r\nFrom: a@b.example\r\n\r\nx"
    assert {*skim(data, len(data)).kinds} <= {"auto"}


def test_both_the_envelope_and_from_name_a_sender():
    """A list's own address, or who wrote; of several authors none for sure."""
    mail = Mail(sender=Address("News", "Weekly@News.example"))
    assert muted("@news.example", SENDER, mail)
    assert muted(SENDER, SENDER, mail)
    assert muted(SENDER)
    assert not muted("@other.example", SENDER, mail)
    assert not muted("@news.example", SENDER, Mail(sender=mail.sender, other_senders=True))
    assert not muted("@news.example", SENDER, Mail())


def test_a_kind_is_muted_where_it_is_named():
    """One without a sender answers by itself, also if it could not be read."""
    assert muted("bulk", SENDER, Mail(kinds=("lists", "bulk")))
    assert not muted("auto", SENDER, Mail(kinds=("lists", "bulk")))
    assert muted("auto", "")
    assert muted("auto", "", Mail())
    assert not muted("auto", SENDER)
    assert not muted("lists, bulk, @news.example", "")
    # A domain may be called like a kind.
    assert not muted("lists", "a@lists")


def test_a_drill_is_never_muted():
    """It is there to be told of; and nothing is where nobody is muted."""
    mail = Mail(sender=Address("", SENDER), message_id=DRILL, kinds=("auto",))
    assert not muted(f"auto, {SENDER}", SENDER, mail)
    assert muted(f"auto, {SENDER}", SENDER, Mail(message_id=f"{DRILL} x"))
    assert not muted("", "", Mail(kinds=("auto",)))


def test_without_an_object_a_muted_message_is_forwarded_and_not_told(virtual, capsys):
    """The log line says why nobody was; what no inbox took is told all the same."""
    env = ONE | TELEGRAM | {"MUTE": "@hotel.example"}
    played = virtual(play(env, capsys=capsys))
    assert (played.status, played.posts, len(played.inboxes)) == ("accepted", [], 1)
    assert played.log[0]["muted"] is True
    played = virtual(play(env, faults=["forward=transient"], capsys=capsys))
    assert (played.status, len(played.posts)) == ("deferred", 1)
    assert "muted" not in played.log[0]
