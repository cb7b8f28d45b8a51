"""What is said of the spool: that the mail is home, that room or time runs out."""

from collections.abc import Iterator, Sequence

from failover.address import shown
from failover.outage import Outage
from failover.text import clean

from .alert import Alert, Field
from .outages import WAITING, span, totals, waiting_lines

_WORDS = 160
_ADVICE = (
    "Bring the mail home with `mail-failover replay`, or take copies with `mail-failover spool export` and "
    "drop them then. Or give it more room: SPOOL_MB."
)


def home(outage: Outage, refused: Sequence[tuple[str, str]], waiting: Sequence[Alert]) -> Alert:
    """Say that the primary has fetched an outage's mail, and what of whom it refused in which words."""
    what = "messages" if outage.kept >= outage.caught else "kept messages"
    fields = [*_refused(outage, refused), *span(outage), *totals(outage), *waiting_lines(outage, waiting)]
    advice = "Refused mail stays in the spool: mail-failover spool list." if outage.refused else ""
    if outage.waiting:
        advice = f"{advice} {WAITING}".strip()
    headline = f"{outage.home} of {outage.kept} {what} are home"
    return Alert(headline, tuple(fields), "", advice, kind="home")


def nearly_full(used: int, most: int) -> Alert:
    """Say that the spool has little room left."""
    facts = (Field("In the spool", f"{used / 1e6:.0f} of {most / 1e6:.0f} MB", kind="in_the_spool"),)
    return Alert("The spool is nearly full", facts, "", _ADVICE, kind="nearly_full")


def full(count: int, most: int) -> Alert:
    """Say that there was no room for copies."""
    messages = f"{count} message{'s' if count != 1 else ''}"
    facts = (
        Field("Not kept", messages, kind="not_kept"),
        Field("Room", f"{most / 1e6:.0f} MB", kind="room"),
    )
    advice = f"What an inbox took is there; what none took is with its sender, who tries again. {_ADVICE}"
    return Alert("The spool is full", facts, "", advice, kind="full")


def expired(count: int, days: int) -> Alert:
    """Say that copies were dropped which the primary never had."""
    messages = f"{count} message{'s' if count != 1 else ''}"
    facts = (Field("Dropped", f"{messages}, {days} days after they were caught", kind="dropped"),)
    advice = (
        "Your server never took them. For 30 days whoever may deploy the Worker can still restore them: "
        "docs/replay.md. To keep mail for longer: SPOOL_DAYS."
    )
    headline = "The spool has dropped mail that was never fetched"
    return Alert(headline, facts, "", advice, kind="expired")


def _refused(outage: Outage, refused: Sequence[tuple[str, str]]) -> Iterator[Field]:
    named = ((shown(sender, 60) or "(no sender)", clean(words, _WORDS)) for sender, words in refused)
    lines = [f"{sender}: {words}" for sender, words in named]
    if outage.refused > len(refused):
        lines.append(f"{outage.refused - len(refused)} more")
    for line in lines:
        yield Field("Refused by your server", line, kind="refused_by_your_server")
