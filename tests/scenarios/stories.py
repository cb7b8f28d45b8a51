"""What people are told over hours, as data: one table for every runtime that has objects and virtual time.

A story is a series of steps. Each says what happens, and what a chat shows from then to the next step, in
order: "alert" with sound, "quiet" without, "edit" in place of the first, "reply" in its thread, and what
stands in the text. To add a story, add data.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from standins.keys import PUBLIC_KEY
from standins.world import RECIPIENT

from .table import BOT, DISCORD, INBOXES, TELEGRAM, WEBHOOK

HOUR = 3600
DAY = 24 * HOUR
FIRST = "alert: Caught a message and forwarded it"
URGENT = "reply alert: Could not hand on a message"


@dataclass(frozen=True)
class Step:
    """One step: what to `do`, with what, and what is `told` until the next.

    `mail`: a message comes, the `number`-th, for a `recipient`. `pass`: so many `seconds` pass. `fail`: these
    `faults` come next, and no others. `object`: the object's next `times` calls of a `method` fail in a
    `kind` of way.
    `primary`: a `target` greets so from now on; with an empty `greeting` it refuses, with none it is silent.
    `evict`: the object loses its memory. `shift`: the wall clock jumps by so many `seconds`. `ask`: the web
    asks for a `path` by a `method`, with `headers` and a `body`; the `status` is the answer's, and its text.
    `home`: the primary's machine fetches all that waits, and says of each message the `verdict`; the `status`
    is how many there were.
    """

    do: str
    told: tuple[str, ...] = ()
    number: int = 0
    recipient: str = RECIPIENT
    seconds: float = 0
    faults: tuple[str, ...] = ()
    target: str = ""
    greeting: str | None = None
    method: str = ""
    kind: str = ""
    times: int = 1
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    verdict: str = ""
    status: str = "accepted"


@dataclass(frozen=True)
class Story:
    """What happens, and what is told of it in one service's chat.

    One with days of alarms is `long` in Pyodide, where those beside it play the same in hours.
    """

    name: str
    steps: Sequence[Step]
    env: dict[str, Any] = field(default_factory=lambda: INBOXES | TELEGRAM)
    service: str = "telegram"
    long: bool = False


@dataclass(frozen=True)
class Shown:
    """What a chat showed: how it came, where it stands, its text."""

    kind: str
    text: str

    @classmethod
    def of(cls, post: Any) -> "Shown":
        """Read it from a post of a chat's stand-in."""
        how = "edit" if post.edits else "alert" if post.sound else "quiet"
        return cls(f"reply {how}" if post.thread else how, post.seen)


def mail(number: int, *told: str, recipient: str = RECIPIENT, status: str = "accepted") -> Step:
    """Let a message come."""
    return Step("mail", told, number=number, recipient=recipient, status=status)


def wait(seconds: float, *told: str) -> Step:
    """Let time pass."""
    return Step("pass", told, seconds=seconds)


def home(verdict: str, count: int, *told: str) -> Step:
    """Let the primary's machine fetch so many messages, and say the same of each."""
    return Step("home", told, verdict=verdict, status=str(count))


def fail(*faults: str) -> Step:
    """Let these faults come next, and no others."""
    return Step("fail", faults=faults)


def broken(method: str, kind: str, times: int = 1) -> Step:
    """Let calls of the object fail."""
    return Step("object", method=method, kind=kind, times=times)


def primary(greeting: str | None) -> Step:
    """Let the primary greet so from now on."""
    return Step("primary", target="mail.example.com:465", greeting=greeting)


def ask(method: str, path: str, status: str, body: str = "", **headers: str) -> Step:
    """Let the web ask."""
    return Step("ask", method=method, path=path, status=status, body=body, headers=tuple(headers.items()))


def check(step: Step, shown: Sequence[Shown], status: str) -> None:
    """Compare what a step brought with what it must bring."""
    assert status == step.status
    kinds = [told.partition(": ")[0] for told in step.told]
    assert [each.kind for each in shown] == kinds, [f"{each.kind}: {each.text}" for each in shown]
    for told, each in zip(step.told, shown, strict=True):
        assert told.partition(": ")[2] in each.text


def _days() -> Iterator[Step]:
    """Let a message come every five hours for two days."""
    for number in range(2, 11):
        day = {6: ["reply alert: Mail has been caught for 1 day"]}.get(number, [])
        yield wait(5 * HOUR - 60, *day)
        yield mail(number, f"reply alert: Booking {number}")
        yield wait(60, f"edit: Caught {number} messages")


CHECKED = INBOXES | TELEGRAM | {"PRIMARY_CHECK": "mail.example.com:465"}
NO_ANSWER = "alert: Your server: mail.example.com:465: no answer"
BACK = ("reply alert: Your server answers again", "edit: Over: caught")

# Anna's mail is told by Telegram alone, with its beginning; all other mail of the domain by Slack alone.
HERS = INBOXES | TELEGRAM | BOT
HERS |= {"ALERTS": {RECIPIENT: {"telegram": {"chat": "99", "detail": "preview"}}, "@example.com": "slack"}}
BERT = "bert@example.com"

SPOOLED = INBOXES | TELEGRAM | {"SPOOL_TOKEN": "t" * 43}
ALL = SPOOLED | {"SPOOL": "all"}
SEALED = {"SPOOL_KEY": PUBLIC_KEY}
HELD = "alert: No inbox took a message: it is held"
NO_INBOX = fail("forward=transientx2")
OVER = wait(20, "edit: Over: caught")

SPOOL_STORIES = [
    Story(
        "a message that no inbox takes is held, and the end says that it is home",
        [
            NO_INBOX,
            mail(1, HELD),
            wait(HOUR),
            home("delivered", 1, "reply alert: 1 of 1 messages is home"),
            OVER,
            home("delivered", 0),
        ],
        env=SPOOLED,
    ),
    Story(
        "with everything kept an outage is over when all of it is home and nothing came for five minutes",
        [
            mail(1, FIRST),
            mail(2),
            wait(20, "edit: Caught 2 messages"),
            home("delivered", 2),
            wait(60, "edit: Home again: 2 of 2"),
            mail(3, "edit: Home again: 2 of 3"),
            wait(20),
            home("delivered", 1, "edit: Home again: 3 of 3"),
            wait(
                300,
                "reply quiet: Caught 2 more messages",
                "reply alert: 3 of 3 messages are home",
                "edit: Over: caught 3",
            ),
        ],
        env=ALL,
    ),
    Story(
        "what the primary refuses is told with its words, and stays",
        [
            NO_INBOX,
            mail(1, HELD),
            wait(HOUR),
            home(
                "refused",
                1,
                "reply alert: Refused by your server: booking@hotel.example: 550 5.1.1 No such user",
            ),
            OVER,
        ],
        env=SPOOLED,
    ),
    Story(
        "mail that comes home after the end is told without sound",
        [
            NO_INBOX,
            mail(1, HELD),
            wait(60),
            wait(6 * HOUR, "reply alert: No mail was caught for 6 hours", "edit: Over: caught 1 message"),
            home("delivered", 1, "reply quiet: 1 of 1 messages is home"),
            wait(20, "edit: Home again: 1 of 1"),
        ],
        env=SPOOLED,
    ),
    Story(
        "what is put off keeps the outage open",
        [
            mail(1, FIRST),
            wait(HOUR),
            home("later", 1),
            wait(HOUR),
            home("delivered", 1, "reply alert: 1 of 1 messages is home"),
            OVER,
        ],
        env=ALL,
    ),
    Story(
        "a message that can not be kept is deferred, with the reason",
        [
            mail(1, FIRST),
            wait(60),
            NO_INBOX,
            broken("store", "quota"),
            mail(
                2, "reply alert: Not kept: the rows that the plan has for a day are used", status="deferred"
            ),
            NO_INBOX,
            broken("store", "throws"),
            mail(3, status="deferred"),
            wait(20, "reply quiet: Not kept: the spool did not answer", "edit: Caught 3"),
            NO_INBOX,
            mail(4, "reply quiet: it is held"),
        ],
        env=SPOOLED,
    ),
    Story(
        "what is encrypted for home comes home, and is told as if it were not",
        [
            NO_INBOX,
            mail(1, HELD),
            fail(),
            mail(2),
            wait(HOUR, "edit: Caught 2 messages", "reply alert: Booking 2"),
            home("delivered", 2, "edit: Home again: 1 of 2"),
            wait(20, "reply alert: 2 of 2 messages are home", "edit: Over: caught 2"),
        ],
        env=ALL | SEALED,
    ),
    Story(
        "with a key that can not be used nothing is kept, and least of all in the clear",
        [
            NO_INBOX,
            mail(1, "alert: Not kept: it could not be encrypted for SPOOL_KEY", status="deferred"),
            wait(HOUR),
            fail(),
            mail(2, "reply alert: Caught a message and forwarded it"),
            home("delivered", 0),
        ],
        env=ALL | {"SPOOL_KEY": "MII" + "A" * 400},
    ),
    Story(
        "of an encrypted copy of which the Worker did not report the envelope is told",
        [
            mail(1, FIRST),
            wait(60),
            broken("remember", "quota"),
            mail(2, "alert: Booking 2"),
            wait(180, "reply alert: Caught a message, but its forward never reported back", "edit: Caught 2"),
            home("delivered", 2, "edit: Home again: 1 of 2"),
            wait(20, "edit: Home again: 2 of 2"),
        ],
        env=ALL | SEALED,
    ),
    Story(
        "with everything kept, a store that fails costs nothing but the copy",
        [
            broken("store", "throws"),
            mail(1, FIRST),
            broken("store", "quota"),
            mail(2),
            broken("store", "hangs"),
            mail(3),
            wait(20, "edit: Caught 3 messages"),
            home("delivered", 0),
        ],
        env=ALL,
    ),
    Story(
        "a copy of which the Worker did not report is told after two minutes",
        [
            mail(1, FIRST),
            wait(60),
            broken("remember", "quota"),
            mail(2, "alert: Booking 2"),
            wait(180, "reply alert: Caught a message, but its forward never reported back", "edit: Caught 2"),
            home("delivered", 2, "edit: Home again: 1 of 2"),
            wait(20, "edit: Home again: 2 of 2"),
        ],
        env=ALL,
    ),
    Story(
        "an answer of the spool's that is lost leaves a copy all the same, and it comes home",
        [
            NO_INBOX,
            broken("store", "unanswered"),
            mail(1, "alert: Its sender will try again, but a copy is kept for 30 days", status="deferred"),
            wait(60),
            mail(1, "edit: 1 that came again"),
            wait(20),
            home("delivered", 1, "edit: Home again: 1 of 1"),
        ],
        env=SPOOLED,
    ),
]

STORIES = [
    *SPOOL_STORIES,
    Story(
        "each audience is told of its own mail, at its own detail, and of its own end",
        [
            mail(1, "alert: Wir freuen uns auf Sie."),
            mail(2, recipient=BERT),
            mail(3),
            mail(4, recipient=BERT),
            wait(20, "edit: Caught 2 messages"),
            wait(HOUR, "reply alert: Booking 3"),
            mail(5, recipient=BERT),
            wait(5 * HOUR, "reply alert: Caught: 2 messages", "edit: Over: caught 2 messages"),
            wait(2 * HOUR),
        ],
        env=HERS,
    ),
    Story(
        "the others are told of theirs",
        [
            mail(1),
            wait(5),
            mail(2, "alert: Booking 2", recipient=BERT),
            mail(3, recipient=BERT),
            wait(20, "edit: Caught 2 messages"),
            wait(HOUR, "reply alert: Booking 3"),
        ],
        env=HERS,
        service="slack",
    ),
    Story(
        "in quiet hours a beginning is told, and what waits comes when they are over",
        [
            mail(1, FIRST),
            mail(2),
            # Times are said as clocks there show them.
            wait(20, "edit: +05:30"),
            NO_INBOX,
            mail(3, status="deferred"),
            # A story may begin at any time of the day.
            wait(DAY - 60, "edit: Waiting with their senders: 1", "reply alert: Caught 2 more messages"),
        ],
        env=INBOXES
        | TELEGRAM
        | {"QUIET": "00:00-23:59 Asia/Kolkata", "OUTAGE_QUIET_HOURS": 168, "ALERT_MINUTES": 0},
    ),
    Story(
        "the web is answered with nothing",
        [
            ask("GET", "/", "404 "),
            mail(1, FIRST),
            ask("POST", "/v1/lease?domain=example.com", "404 ", '{"limit": 1}', authorization="Bearer x"),
        ],
    ),
    Story(
        "the first message is told at once, the next ones together, and the first alert shows them all",
        [
            mail(1, FIRST),
            mail(2),
            mail(3),
            wait(20, "edit: Caught 3 messages"),
            mail(4),
            wait(20, "edit: Caught 4 messages"),
            wait(559),
            wait(2, "reply alert: Caught 3 more messages"),
            wait(HOUR),
        ],
    ),
    Story(
        "one message in the meantime looks as it does by itself",
        [mail(1, FIRST), mail(2), wait(20, "edit: Caught 2 messages"), wait(600, "reply alert: Booking 2")],
    ),
    Story(
        "after ten minutes the next message is told at once",
        [
            mail(1, FIRST),
            wait(700),
            mail(2, "reply alert: Booking 2"),
            wait(5, "edit: Caught 2 messages"),
            mail(3),
            wait(20, "edit: Caught 3 messages"),
            wait(600, "reply alert: Booking 3"),
        ],
    ),
    Story(
        "without minutes each message is told at once",
        [
            mail(1, FIRST),
            wait(3),
            mail(2, "reply alert: Booking 2"),
            wait(3),
            mail(3, "reply alert: Booking 3"),
            wait(30, "edit: Caught 3 messages"),
        ],
        env=INBOXES | TELEGRAM | {"ALERT_MINUTES": 0},
    ),
    Story(
        "a message that no inbox took is told at once, and its retry changes the first alert alone",
        [
            mail(1, FIRST),
            wait(60),
            fail("forward=transient"),
            mail(2, URGENT, status="deferred"),
            wait(30, "edit: Waiting with their senders: 1"),
            fail(),
            mail(2, "edit: Forwarded: 2"),
            wait(HOUR),
        ],
    ),
    Story(
        "of messages that no inbox takes each is told at once, and one in ten minutes has sound",
        [
            fail("forward=transient"),
            mail(1, "alert: Could not hand on a message", status="deferred"),
            wait(60),
            mail(2, "reply quiet: Could not hand on a message", status="deferred"),
            wait(30, "edit: Waiting with their senders: 2"),
            mail(3, "reply quiet: Could not hand on a message", status="deferred"),
            wait(600, "edit: Waiting with their senders: 3"),
            mail(4, URGENT, status="deferred"),
            wait(30, "edit: Waiting with their senders: 4"),
        ],
    ),
    Story(
        "a retry that fails again is told once",
        [
            fail("forward=transient"),
            mail(1, "alert: Could not hand on a message", status="deferred"),
            wait(300),
            mail(1, "edit: and 1 that came again", status="deferred"),
            wait(HOUR),
        ],
    ),
    Story(
        "after six hours without mail the outage counts as over",
        [
            mail(1, FIRST),
            wait(100),
            mail(2, "edit: Caught 2 messages"),
            wait(620, "reply alert: Booking 2"),
            wait(6 * HOUR - 700),
            wait(100, "reply alert: No mail was caught for 6 hours", "edit: Over: caught 2 messages"),
            wait(2 * DAY),
        ],
    ),
    Story(
        "what never got through is named at the end",
        [
            fail("forward=transient"),
            mail(1, "alert: Could not hand on a message", status="deferred"),
            wait(
                6 * HOUR + 60, "reply alert: Waiting: Hotel <booking@hotel.example>: Booking 1", "edit: Over"
            ),
        ],
    ),
    Story(
        "mail soon after the end opens the same outage again, and its second end has no sound",
        [
            mail(1, FIRST),
            wait(HOUR + 60, "reply alert: No mail was caught for 1 hour", "edit: Over: caught 1 message"),
            wait(20 * 60),
            mail(2, "reply alert: Booking 2"),
            wait(30, "edit: Caught 2 messages"),
            wait(HOUR, "reply quiet: No mail was caught for 1 hour", "edit: Over: caught 2 messages"),
        ],
        env=INBOXES | TELEGRAM | {"OUTAGE_QUIET_HOURS": 1},
    ),
    Story(
        "another outage within six hours begins and ends without sound",
        [
            mail(1, FIRST),
            wait(HOUR + 60, "reply alert: No mail was caught for 1 hour", "edit: Over: caught 1 message"),
            wait(40 * 60),
            mail(2, "quiet: Booking 2"),
            wait(HOUR + 60, "reply quiet: No mail was caught for 1 hour", "edit: Over: caught 1 message"),
            wait(5 * HOUR),
            mail(3, "alert: Booking 3"),
        ],
        env=INBOXES | TELEGRAM | {"OUTAGE_QUIET_HOURS": 1},
    ),
    Story(
        "a retry after the end changes the first alert of its own outage, and of no other",
        [
            mail(1, FIRST),
            wait(HOUR + 60, "reply alert: No mail was caught for 1 hour", "edit: Over: caught 1 message"),
            wait(40 * 60),
            mail(2, "quiet: Booking 2"),
            wait(60),
            broken("alarm", "throws"),
            mail(3),
            mail(1, "edit: Over: caught 1 message"),
            wait(30, "edit: Caught 2 messages"),
        ],
        env=INBOXES | TELEGRAM | {"OUTAGE_QUIET_HOURS": 1},
    ),
    Story(
        "after a day a summary says how things stand",
        [mail(1, FIRST), *_days()],
    ),
    Story(
        "after the first day messages are told by the hour",
        [
            mail(1, FIRST),
            *(
                step
                for number in range(2, 6)
                for step in (
                    wait(5 * HOUR),
                    mail(number, f"reply alert: Booking {number}"),
                    wait(20, f"edit: Caught {number} messages"),
                )
            ),
            wait(5 * HOUR, "reply alert: Mail has been caught for 1 day"),
            mail(6, "reply alert: Booking 6"),
            wait(20, "edit: Caught 6 messages"),
            mail(7, "edit: Caught 7 messages"),
            wait(50 * 60),
            wait(10 * 60, "reply alert: Booking 7"),
        ],
    ),
    Story(
        "a first alert that was deleted is posted anew once, without sound",
        [
            mail(1, FIRST),
            wait(60),
            fail("telegram=gone:x1"),
            mail(2),
            wait(5, "quiet: Caught 2 messages"),
            mail(3),
            wait(30, "edit: Caught 3 messages"),
            fail("telegram=gone:x1"),
            mail(4),
            wait(30),
            wait(600, "alert: Caught 3 more messages"),
        ],
    ),
    Story(
        "a chat that asks to wait is told later, in order, and nothing twice",
        [
            fail("telegram=429:1800:x1"),
            mail(1),
            wait(60),
            mail(2),
            wait(1790, "quiet: Caught a message", "reply alert: Booking 2", "edit: Caught 2 messages"),
        ],
    ),
    Story(
        "of what a chat missed the last that has sound rings, though silent ones come after it",
        [
            fail("telegram=429:5400:x1", "forward=transient"),
            mail(1, status="deferred"),
            wait(60),
            mail(2, status="deferred"),
            wait(
                5400,
                "alert: Could not hand on a message",
                "reply quiet: Could not hand on a message",
                "edit: Waiting with their senders: 2",
            ),
        ],
    ),
    Story(
        "a chat that does not answer is told again, and the repeat says so",
        [
            fail("telegram=timeout:x3"),
            mail(1),
            wait(61, "alert: This may be a repeat"),
            wait(HOUR),
        ],
    ),
    Story(
        "a primary that answers for five minutes ends the outage",
        [
            mail(1, NO_ANSWER),
            wait(100),
            mail(2, "edit: Your server: mail.example.com:465: no answer"),
            wait(100),
            primary("220 mail.example.com ESMTP"),
            wait(200, "edit: mail.example.com:465 answers again"),
            wait(190),
            wait(20, "reply alert: Caught a message", *BACK),
            wait(DAY),
        ],
        env=CHECKED,
    ),
    Story(
        "a primary that answers and goes down again ends nothing",
        [
            primary(""),
            mail(1, NO_ANSWER),
            primary("220 mail.example.com ESMTP"),
            wait(310, "edit: mail.example.com:465 answers again"),
            primary(""),
            wait(310, "edit: no answer"),
            primary("220 mail.example.com ESMTP"),
            wait(310, "edit: mail.example.com:465 answers again"),
            wait(300, *BACK),
        ],
        env=CHECKED,
    ),
    Story(
        "a primary that answers all the time is said to, and the end wakes nobody",
        [
            primary("220 mail.example.com ESMTP"),
            mail(1, "alert: mail.example.com:465 answers: perhaps only this sender could not reach it"),
            wait(310, "reply quiet: Your server answers", "edit: Over: caught 1 message"),
        ],
        env=CHECKED,
    ),
    Story(
        "what an end tells before its ten minutes are over has no sound",
        [
            primary("220 mail.example.com ESMTP"),
            mail(1, "alert: mail.example.com:465 answers"),
            mail(2),
            wait(
                310,
                "edit: Caught 2",
                "reply quiet: Booking 2",
                "reply quiet: Your server answers",
                "edit: Over",
            ),
        ],
        env=CHECKED,
    ),
    Story(
        "mail that is caught while the primary answers keeps the outage open for five minutes more",
        [
            primary("220 mail.example.com ESMTP"),
            mail(1, "alert: mail.example.com:465 answers"),
            wait(200),
            mail(2, "edit: Caught 2 messages"),
            wait(290),
            wait(120, "reply alert: Caught a message", "reply quiet: Your server answers", "edit: Over"),
        ],
        env=CHECKED,
    ),
    Story(
        "silence of six hours ends an outage though the primary does not answer",
        [
            mail(1, NO_ANSWER),
            wait(6 * HOUR + 60, "reply alert: No mail was caught for 6 hours", "edit: Over"),
        ],
        env=CHECKED,
    ),
    Story(
        "a primary that is watched is told of without mail, once, and when it is back",
        [
            primary("220 mail.example.com ESMTP"),
            mail(1, "alert: mail.example.com:465 answers"),
            wait(310, "reply quiet: Your server answers", "edit: Over"),
            wait(DAY),
            primary(None),
            wait(5 * 60),
            wait(20 * 60, "alert: Your server does not answer"),
            wait(DAY),
            primary("220 mail.example.com ESMTP"),
            wait(15 * 60, "quiet: Your server answers again"),
            wait(DAY),
        ],
        env=CHECKED | {"PRIMARY_WATCH": True},
        long=True,
    ),
    Story(
        "while an outage says that the primary is silent, the watch says nothing, nor that it is back",
        [
            mail(1, NO_ANSWER),
            wait(6 * HOUR + 60, "reply alert: No mail was caught for 6 hours", "edit: Over"),
            wait(HOUR),
            mail(2, NO_ANSWER),
            wait(300),
            primary("220 mail.example.com ESMTP"),
            wait(620, "edit: answers again", *BACK),
            wait(DAY),
        ],
        env=CHECKED | {"PRIMARY_WATCH": True},
        long=True,
    ),
    Story(
        "a primary that is watched and flaps rings once in six hours; mail that is caught rings all the same",
        [
            primary("220 mail.example.com ESMTP"),
            mail(1, "alert: mail.example.com:465 answers"),
            wait(310, "reply quiet: Your server answers", "edit: Over"),
            wait(7 * HOUR),
            primary(""),
            wait(25 * 60, "alert: Your server does not answer"),
            primary("220 mail.example.com ESMTP"),
            wait(15 * 60, "quiet: Your server answers again"),
            primary(""),
            wait(25 * 60, "quiet: Your server does not answer"),
            mail(2, NO_ANSWER),
        ],
        env=CHECKED | {"PRIMARY_WATCH": True},
    ),
    Story(
        "a primary that is watched is asked anew when an outage begins",
        [
            primary("220 mail.example.com ESMTP"),
            mail(1, "alert: mail.example.com:465 answers"),
            wait(310, "reply quiet: Your server answers", "edit: Over"),
            wait(HOUR),
            primary(""),
            mail(2, "quiet: Your server: mail.example.com:465: no answer"),
        ],
        env=CHECKED | {"PRIMARY_WATCH": True},
    ),
    Story(
        "a primary that was silent before the outage began is said to answer again",
        [
            mail(1, NO_ANSWER),
            wait(6 * HOUR + 60, "reply alert: No mail was caught for 6 hours", "edit: Over"),
            wait(40 * 60),
            mail(2, NO_ANSWER),
            primary("220 mail.example.com ESMTP"),
            wait(310, "edit: mail.example.com:465 answers again"),
        ],
        env=CHECKED | {"PRIMARY_WATCH": True, "PRIMARY_CHECK_MINUTES": 1000},
    ),
    Story(
        "while the primary answers a message is deferred once, and forwarded when it comes again",
        [
            primary("220 mail.example.com ESMTP"),
            mail(1, status="deferred"),
            mail(1, status="deferred"),
            wait(10),
            mail(1, status="deferred"),
            wait(120),
            mail(1, "alert: mail.example.com:465 answers: perhaps only this sender could not reach it"),
            mail(2),
            wait(30, "edit: Caught 2 messages"),
        ],
        env=CHECKED | {"WHEN_PRIMARY_ANSWERS": "defer"},
    ),
    Story(
        "what was deferred is summed up after a day",
        [
            primary("220 mail.example.com ESMTP"),
            mail(1, status="deferred"),
            wait(HOUR),
            mail(2, status="deferred"),
            wait(22 * HOUR),
            wait(
                2 * HOUR,
                "quiet: Messages were deferred while your server answered\nDomain: example.com\nDeferred: 2",
            ),
            wait(2 * DAY),
        ],
        env=CHECKED | {"WHEN_PRIMARY_ANSWERS": "defer"},
    ),
    Story(
        "while the primary does not answer nothing is deferred, nor within an hour after that",
        [
            mail(1, NO_ANSWER),
            primary("220 mail.example.com ESMTP"),
            wait(310, "edit: mail.example.com:465 answers again"),
            mail(2),
            wait(30, "edit: Caught 2 messages"),
            wait(600, "reply alert: Booking 2", *BACK),
            wait(15 * 60),
            mail(3, "reply alert: Booking 3"),
            wait(620, "edit: Caught 3", "reply quiet: Your server answers again", "edit: Over"),
            wait(50 * 60),
            mail(4, "quiet: Booking 4"),
            wait(310, "reply quiet: Your server answers", "edit: Over"),
            wait(HOUR),
            mail(5, status="deferred"),
        ],
        env=CHECKED | {"WHEN_PRIMARY_ANSWERS": "defer"},
    ),
    *(
        Story(
            f"an object that can not be asked in time defers nothing: {kind}",
            [
                primary("220 mail.example.com ESMTP"),
                broken("defers", kind),
                mail(1, "alert: mail.example.com:465 answers"),
            ],
            env=CHECKED | {"WHEN_PRIMARY_ANSWERS": "defer"},
        )
        for kind in ("throws", "hangs", "unanswered", "quota")
    ),
    Story(
        "Slack's bot keeps a thread, and what has sound is shown in the channel, too",
        [
            mail(1, FIRST),
            mail(2),
            mail(3),
            wait(20, "edit: Caught 3 messages"),
            wait(600, "reply alert: Caught 2 more messages"),
            wait(6 * HOUR, "reply alert: No mail was caught for 6 hours", "edit: Over: caught 3 messages"),
        ],
        env=INBOXES | BOT,
        service="slack",
    ),
    Story(
        "Discord's webhook edits and can't reply, and what is gone is told anew",
        [
            mail(1, FIRST),
            mail(2),
            wait(20, "edit: Caught 2 messages"),
            fail("discord=gonex1"),
            wait(600, "alert: Booking 2"),
            mail(3),
            wait(20, "quiet: Caught 3 messages"),
            wait(600, "alert: Booking 3"),
            wait(6 * HOUR, "alert: No mail was caught for 6 hours", "edit: Over: caught 3 messages"),
        ],
        env=INBOXES | DISCORD,
        service="discord",
    ),
    Story(
        "Slack's webhook can do neither: it is told the first, what came meanwhile, and the end",
        [
            mail(1, FIRST),
            mail(2),
            mail(3),
            wait(20),
            wait(600, "alert: Caught 2 more messages"),
            wait(6 * HOUR, "alert: No mail was caught for 6 hours"),
        ],
        env=INBOXES | WEBHOOK,
        service="slack",
    ),
    Story(
        "an object that loses its memory between any two steps tells the same",
        [
            Step("evict"),
            mail(1, FIRST),
            Step("evict"),
            mail(2),
            Step("evict"),
            wait(20, "edit: Caught 2 messages"),
            Step("evict"),
            mail(2),
            Step("evict"),
            wait(20, "edit: 1 that came again"),
            Step("evict"),
            wait(600, "reply alert: Booking 2"),
            Step("evict"),
            wait(6 * HOUR, "reply alert: No mail was caught for 6 hours", "edit: Over: caught 2 messages"),
        ],
    ),
    Story(
        "while the object fails the Worker tells by itself, and the outage goes on afterwards",
        [
            mail(1, FIRST),
            wait(60),
            broken("remember", "throws"),
            mail(2, "alert: This may be a repeat"),
            broken("remember", "quota"),
            mail(3, "alert: Booking 3"),
            mail(4, "edit: Caught 2 messages"),
            wait(600, "reply alert: Booking 4"),
        ],
    ),
    Story(
        "rows that are used up leave what waits to the next message: alarms are tried for two minutes",
        [
            mail(1, FIRST),
            wait(HOUR),
            broken("alarm", "quota", 7),
            mail(2),
            wait(HOUR),
            mail(3, "reply quiet: Booking 2"),
            wait(30, "reply alert: Booking 3", "edit: Caught 3 messages"),
        ],
        env=INBOXES | TELEGRAM | {"ALERT_MINUTES": 0},
    ),
    Story(
        "an alarm that fails is tried again",
        [
            mail(1, FIRST),
            broken("alarm", "throws", 2),
            mail(2),
            wait(30, "edit: Caught 2 messages"),
            broken("alarm", "quota"),
            wait(600, "reply alert: Booking 2"),
        ],
    ),
    Story(
        "a clock that is set back an hour holds nothing up for longer than that",
        [
            mail(1, FIRST),
            Step("shift", seconds=-HOUR),
            mail(2),
            wait(HOUR + 700, "edit: Caught 2 messages", "reply alert: Booking 2"),
        ],
    ),
]
