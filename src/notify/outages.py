"""What is said of an outage as a whole: what came meanwhile, the running totals, a day's sum, the end."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from failover.address import shown
from failover.outage import Outage
from failover.primary import Primary, Target
from failover.text import shorten

from .alert import Alert, Field

LISTED = 12
"""How many messages one alert lists."""

UNKNOWN = "(unknown)"
"""Who a message is from of which nothing is known."""

_FATES = ("forwarded_to", "not_accepted_by", "more_inboxes", "not_kept")
_LISTED_NAMES = 3
_FROM_CHARACTERS = 90
_NAME_CHARACTERS = 40
_ADDRESS_CHARACTERS = 60
_SUBJECT_CHARACTERS = 110

_QUIET = "So this outage counts as over. That does not prove that your server is back, perhaps nobody wrote"
WAITING = "Their senders keep these and try again: most do for days, but some give up at once."
"""What to know of messages that no inbox has."""


def sender_of(alert: Alert) -> Field:
    """Return whom a message's alert says it is from."""
    return alert.field("from") or alert.field("envelope_sender") or Field("From", UNKNOWN, kind="from")


def with_fate(alert: Alert, now: Alert) -> Alert:
    """Return what became of a message by now, with what an earlier alert said of the message itself."""
    known = [field for field in alert.fields if field.kind not in _FATES]
    fates = [field for field in now.fields if field.kind in _FATES]
    return replace(now, fields=(*known, *fates), preview=alert.preview)


def with_primary(alert: Alert, sentence: str) -> Alert:
    """Return the alert with what was heard of the primary, if anything was."""
    heard = (Field("Your server", sentence, kind="your_server"),) if sentence else ()
    return replace(alert, fields=(*alert.fields, *heard))


def with_domain(alert: Alert, domain: str) -> Alert:
    """Return the alert with the domain that it is about: the alert of a message names its recipient."""
    named = (Field("Domain", domain, kind="domain"),) if domain else ()
    return replace(alert, fields=(*named, *alert.fields))


def first(alert: Alert, outage: Outage) -> Alert:
    """Return the first message's alert, with what has come since."""
    if outage.caught == 1 and not outage.repeats and outage.goes_on:
        return alert
    began = Field("It began with", f"{alert.headline[0].lower()}{alert.headline[1:]}", kind="it_began_with")
    if outage.goes_on:
        fields = (Field("Since", moment(outage.began), kind="since"), *totals(outage), began, *alert.fields)
        return replace(alert, headline=f"Caught {_messages(outage.caught)}", fields=fields)
    fields = (*span(outage), *totals(outage), began, *alert.fields)
    return replace(alert, headline=f"Over: caught {_messages(outage.caught)}", fields=fields, advice="")


def batch(alerts: Sequence[Alert], senders: Mapping[str, int]) -> Alert:
    """Say which messages were caught since the last alert; one alone looks as it would by itself.

    `alerts` are those of the first LISTED of them; `senders` counts all by whom they are from.
    """
    count = sum(senders.values())
    if count == 1:
        return alerts[0]
    more = Counter(senders) - Counter(sender_of(alert).text for alert in alerts)
    fields = [*map(_line, alerts), *_senders(more, "more from")]
    came_back = sum(alert.kind == "returned" for alert in alerts)
    if came_back:
        fields.append(Field("Came back from an inbox", str(came_back), kind="came_back_from_an_inbox"))
    for kind in ("not_accepted_by", "forwarded_to"):
        found = {field.text: field for alert in alerts for field in alert.fields if field.kind == kind}
        fields += [found[text] for text in sorted(found)[:_LISTED_NAMES]]
    return Alert(f"Caught {count} more messages", tuple(fields), kind="batch")


def day(outage: Outage, waiting: Sequence[Alert], now: float) -> Alert:
    """Sum up an outage that goes on for days."""
    days = max(round((now - outage.began) / 86_400), 1)
    headline = f"Mail has been caught for {days} day{'s' if days > 1 else ''}"
    fields = [
        Field("Since", moment(outage.began), kind="since"),
        *totals(outage),
        *waiting_lines(outage, waiting),
    ]
    return Alert(headline, tuple(fields), "", WAITING if outage.waiting else "", kind="day")


def quiet(outage: Outage, waiting: Sequence[Alert], hours: int, heard: str) -> Alert:
    """Say that an outage counts as over since nothing was caught for so long, and where its mail is.

    `heard` is what was heard of the primary, empty if it is not asked.
    """
    fields = [*span(outage), *totals(outage), *waiting_lines(outage, waiting)]
    advice = f"{_QUIET}." if heard else f"{_QUIET}: look whether it answers."
    if outage.waiting:
        advice = f"{advice} {WAITING}"
    headline = f"No mail was caught for {hours} hour{'s' if hours > 1 else ''}"
    return with_primary(Alert(headline, tuple(fields), "", advice, kind="quiet"), heard)


def back(outage: Outage, waiting: Sequence[Alert], primary: Primary) -> Alert:
    """Say that an outage is over since the primary answers again, and where its mail is."""
    answers = f"{primary.answers} answers, at the latest since {moment(primary.since)}"
    heard = Field("Your server", answers, kind="your_server")
    fields = [heard, *span(outage), *totals(outage), *waiting_lines(outage, waiting)]
    headline = "Your server answers again" if outage.down else "Your server answers"
    return Alert(headline, tuple(fields), "", WAITING if outage.waiting else "", kind="back")


def silent(primary: Primary, targets: Sequence[Target]) -> Alert:
    """Say that the primary does not answer, though no mail was caught yet."""
    facts = [
        *(Field("No answer from", str(target), kind="no_answer_from") for target in targets),
        Field("Since", moment(primary.since), kind="since"),
    ]
    return Alert("Your server does not answer", tuple(facts), "", "No mail was caught yet.", kind="silent")


def heard_again(primary: Primary) -> Alert:
    """Say that a primary that was told to be silent answers again."""
    facts = (
        Field("Answers", primary.answers, kind="answers"),
        Field("Since", moment(primary.since), kind="since"),
    )
    return Alert("Your server answers again", facts, kind="heard")


def deferrals(count: int, primary: Primary) -> Alert:
    """Sum up what was deferred in a day since the primary answered."""
    facts = [Field("Deferred", _messages(count), kind="deferred")]
    if primary.answers:
        facts.append(Field("Your server", f"{primary.answers} answered", kind="your_server"))
    advice = "Senders were asked to try again; what came again was forwarded and told. Spam seldom does."
    headline = "Messages were deferred while your server answered"
    return Alert(headline, tuple(facts), "", advice, kind="deferrals")


def moment(seconds: float) -> str:
    """Say when: the Worker knows no other clock than UTC."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def _line(alert: Alert) -> Field:
    """Say a message in a line: its sender, and its subject if that may be told."""
    sender, subject = _sender(sender_of(alert)), alert.field("subject")
    if subject is None:
        return sender
    return replace(sender, text=f"{sender.text}: {subject.shortened(_SUBJECT_CHARACTERS).text}")


def _sender(field: Field) -> Field:
    """Shorten who sent a message; the address stays, and how the envelope differs gives way to it."""
    name, start, rest = field.text.rpartition(" <")
    address, end, via = rest.partition(">")
    if not (start and end):
        return replace(field, text=shown(field.text, _FROM_CHARACTERS), kept=0)
    address = f" <{shown(address, _ADDRESS_CHARACTERS)}>"
    text = f"{shorten(name, _NAME_CHARACTERS)}{address}{shorten(via, _NAME_CHARACTERS)}"
    return replace(field, text=text, kept=0)


def span(outage: Outage) -> Iterator[Field]:
    """Yield when it began, and when its last message came."""
    yield Field("Began", moment(outage.began), kind="began")
    yield Field("Last message", moment(outage.last), kind="last_message")


def totals(outage: Outage) -> Iterator[Field]:
    """Yield how many messages were caught, what became of them, and who sent the most."""
    repeats = f", and {outage.repeats} that came again" if outage.repeats else ""
    yield Field("Caught", f"{_messages(outage.caught)}{repeats}", kind="caught")
    if outage.forwarded:
        where = f"{outage.forwarded}, to {_inboxes(outage.inboxes)}"
        yield Field("Forwarded", where, kind="forwarded")
    if outage.waiting:
        yield Field("Waiting with their senders", str(outage.waiting), kind="waiting_with_their_senders")
    # Of what was held, copies may be home by now, or dropped.
    if held := min(outage.held, outage.kept - outage.home):
        yield Field("Held in the spool", str(held), kind="held_in_the_spool")
    if outage.home:
        yield Field("Home again", f"{outage.home} of {outage.kept}", kind="home_again")
    if outage.refused:
        yield Field("Refused by your server", str(outage.refused), kind="refused_by_your_server")
    if outage.returned:
        yield Field("Came back from an inbox", str(outage.returned), kind="came_back_from_an_inbox")
    yield from _senders(outage.senders, "from")


def waiting_lines(outage: Outage, waiting: Sequence[Alert]) -> Iterator[Field]:
    """Yield what never got through."""
    for alert in waiting[:LISTED]:
        yield replace(_line(alert), label="Waiting", kind="waiting")
    if outage.waiting > len(waiting[:LISTED]):
        more = f"{outage.waiting - len(waiting[:LISTED])} more"
        yield Field("Waiting", more, kind="waiting")


def _senders(counts: Mapping[str, int], word: str) -> Iterator[Field]:
    """Yield who sent the most, each in a line of his own, whatever he calls himself."""
    named = sorted((name for name in counts if name), key=lambda name: -counts[name])[:_LISTED_NAMES]
    for name in named:
        yield _sender(Field(f"{counts[name]} {word}", name, kind="so_many_from"))
    if others := sum(counts.values()) - sum(counts[name] for name in named):
        yield Field(f"{others} {word}", "others", kind="so_many_from")


def _inboxes(counts: Mapping[str, int]) -> str:
    """Name the owner's own inboxes, with how many each took."""
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{name or 'others'} ({count})" for name, count in counts.items())


def _messages(count: int) -> str:
    return f"{count} message{'s' if count != 1 else ''}"
