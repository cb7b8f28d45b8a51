"""What is said of the spool: that the mail is home, that room or time runs out."""

from collections.abc import Iterator, Sequence

from failover.address import shown
from failover.outage import Outage
from failover.text import clean

from . import data
from .alert import Alert, Field
from .outages import span, totals, waiting_advice, waiting_lines
from .words.language import Words

_SAID_CHARACTERS = 160


def home(outage: Outage, refused: Sequence[tuple[str, str]], waiting: Sequence[Alert], words: Words) -> Alert:
    """Say that the primary has fetched an outage's mail, and what of whom it refused, saying what."""
    headline = words.say(
        "headline_home" if outage.kept >= outage.caught else "headline_home_kept",
        count=outage.home,
        all=outage.kept,
    )
    fields = (
        *_refused(outage, refused, words),
        *span(outage, words),
        *totals(outage, words),
        *waiting_lines(outage, waiting, words),
    )
    stays = words.say("advice_refused") if outage.refused else ""
    advice = f"{stays} {waiting_advice(outage, words)}".strip()
    said = {**data.of_outage(outage, waiting), **data.of_refused(refused)}
    return Alert(headline, fields, "", advice, kind="home", data=said)


def nearly_full(used: int, most: int, words: Words) -> Alert:
    """Say that the spool has little room left."""
    room = words.say("so_many_of", count=f"{used / 1e6:.0f}", all=_megabytes(most, words))
    facts = (words.field("in_the_spool", room),)
    headline, advice = words.say("headline_nearly_full"), words.say("advice_room")
    said = {"used": used, "room": most}
    return Alert(headline, facts, "", advice, kind="nearly_full", data=said)


def full(count: int, most: int, words: Words) -> Alert:
    """Say that there was no room for copies."""
    facts = (
        words.field("not_kept", words.say("messages", count=count)),
        words.field("room", _megabytes(most, words)),
    )
    advice = f"{words.say('advice_full')} {words.say('advice_room')}"
    said = {"count": count, "room": most}
    return Alert(words.say("headline_full"), facts, "", advice, kind="full", data=said)


def expired(count: int, days: int, words: Words) -> Alert:
    """Say that copies were dropped which the primary never had."""
    messages, after = words.say("messages", count=count), words.say("days", count=days)
    facts = (words.field("dropped", words.say("dropped_after", messages=messages, days=after)),)
    headline, advice = words.say("headline_expired"), words.say("advice_expired")
    said = {"count": count, "days": days}
    return Alert(headline, facts, "", advice, kind="expired", data=said)


def _megabytes(size: int, words: Words) -> str:
    return words.say("megabytes", size=f"{size / 1e6:.0f}")


def _refused(outage: Outage, refused: Sequence[tuple[str, str]], words: Words) -> Iterator[Field]:
    named = ((shown(sender, 60) or words.say("no_sender"), said) for sender, said in refused)
    lines = [f"{sender}: {clean(said, _SAID_CHARACTERS)}" for sender, said in named]
    if outage.refused > len(refused):
        lines.append(words.say("more", count=outage.refused - len(refused)))
    for line in lines:
        yield words.field("refused_by_your_server", line)
