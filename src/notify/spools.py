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
    return Alert(f"{outage.home} of {outage.kept} {what} are home", tuple(fields), "", advice)


def nearly_full(used: int, most: int) -> Alert:
    """Say that the spool has little room left."""
    facts = (Field("In the spool", f"{used / 1e6:.0f} of {most / 1e6:.0f} MB"),)
    return Alert("The spool is nearly full", facts, "", _ADVICE)


def full(count: int, most: int) -> Alert:
    """Say that there was no room for copies."""
    messages = f"{count} message{'s' if count != 1 else ''}"
    facts = (Field("Not kept", messages), Field("Room", f"{most / 1e6:.0f} MB"))
    advice = f"What an inbox took is there; what none took is with its sender, who tries again. {_ADVICE}"
    return Alert("The spool is full", facts, "", advice)


def expired(count: int, days: int) -> Alert:
    """Say that copies were dropped which the primary never had."""
    messages = f"{count} message{'s' if count != 1 else ''}"
    facts = (Field("Dropped", f"{messages}, {days} days after they were caught"),)
    advice = (
        "Your server never took them. For 30 days whoever may deploy the Worker can still restore them: "
        "docs/replay.md. To keep mail for longer: SPOOL_DAYS."
    )
    return Alert("The spool has dropped mail that was never fetched", facts, "", advice)


def _refused(outage: Outage, refused: Sequence[tuple[str, str]]) -> Iterator[Field]:
    for sender, words in refused:
        named = shown(sender, 60) or "(no sender)"
        yield Field("Refused by your server", f"{named}: {clean(words, _WORDS)}")
    if outage.refused > len(refused):
        yield Field("Refused by your server", f"{outage.refused - len(refused)} more")
