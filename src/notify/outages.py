"""What is said of an outage as a whole: what came meanwhile, the running totals, a day's sum, the end."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from failover.address import shown
from failover.outage import Outage
from failover.primary import Primary, Target
from failover.text import shorten

from . import data
from .alert import Alert, Field
from .words.language import Words

LISTED = 12
"""How many messages one alert lists."""

_FATES = ("forwarded_to", "not_accepted_by", "more_inboxes", "not_kept")
_LISTED_NAMES = 3
_FROM_CHARACTERS = 90
_NAME_CHARACTERS = 40
_ADDRESS_CHARACTERS = 60
_SUBJECT_CHARACTERS = 110


def sender_of(alert: Alert, words: Words) -> Field:
    """Return whom a message's alert says it is from."""
    return named_sender(alert) or words.field("from", words.say("unknown"))


def named_sender(alert: Alert) -> Field | None:
    """Return whom a message's alert says it is from, None if it does not say."""
    return alert.field("from") or alert.field("envelope_sender")


def with_fate(alert: Alert, now: Alert) -> Alert:
    """Return what became of a message by now, with what an earlier alert said of the message itself."""
    known = [field for field in alert.fields if field.kind not in _FATES]
    fates = [field for field in now.fields if field.kind in _FATES]
    said = data.with_fate(alert.data, now.data)
    return replace(now, fields=(*known, *fates), preview=alert.preview, data=said)


def with_primary(alert: Alert, sentence: str, words: Words) -> Alert:
    """Return the alert with what was heard of the primary, if anything was."""
    heard = (words.field("your_server", sentence),) if sentence else ()
    return replace(alert, fields=(*alert.fields, *heard))


def with_domain(alert: Alert, domain: str, words: Words) -> Alert:
    """Return the alert with the domain that it is about: the alert of a message names its recipient."""
    if not domain:
        return alert
    named = words.field("domain", domain)
    return replace(alert, fields=(named, *alert.fields), data={"domain": domain, **alert.data})


def first(alert: Alert, outage: Outage, words: Words) -> Alert:
    """Return the first message's alert, with what has come since."""
    if outage.caught == 1 and not outage.repeats and outage.goes_on:
        return alert
    began = words.field("it_began_with", alert.headline)
    if outage.goes_on:
        since = words.field("since", words.moment(outage.began))
        headline = words.say("headline_first", count=outage.caught)
        return replace(alert, headline=headline, fields=(since, *totals(outage, words), began, *alert.fields))
    fields = (*span(outage, words), *totals(outage, words), began, *alert.fields)
    headline = words.say("headline_over", count=outage.caught)
    return replace(alert, headline=headline, fields=fields, advice="")


def batch(alerts: Sequence[Alert], senders: Mapping[str, int], words: Words) -> Alert:
    """Say which messages were caught since the last alert; one alone looks as it would by itself.

    `alerts` are those of the first LISTED of them; `senders` counts all by whom they are from.
    """
    count = sum(senders.values())
    if count == 1:
        return alerts[0]
    more = Counter(senders) - Counter(sender_of(alert, words).text for alert in alerts)
    fields = [*(_line(alert, words) for alert in alerts), *_senders(more, "so_many_more_from", words)]
    if came_back := sum(alert.kind == "returned" for alert in alerts):
        fields.append(words.field("came_back_from_an_inbox", str(came_back)))
    for kind in ("not_accepted_by", "forwarded_to"):
        found = {field.text: field for alert in alerts for field in alert.fields if field.kind == kind}
        fields += [found[text] for text in sorted(found)[:_LISTED_NAMES]]
    came = data.of_messages(alerts, count)
    return Alert(words.say("headline_batch", count=count), tuple(fields), kind="batch", data=came)


def day(outage: Outage, waiting: Sequence[Alert], now: float, words: Words) -> Alert:
    """Sum up an outage that goes on for days."""
    headline = words.say("headline_day", count=max(round((now - outage.began) / 86_400), 1))
    since = words.field("since", words.moment(outage.began))
    fields = (since, *totals(outage, words), *waiting_lines(outage, waiting, words))
    said, advice = data.of_outage(outage, waiting), waiting_advice(outage, words)
    return Alert(headline, fields, "", advice, kind="day", data=said)


def quiet(outage: Outage, waiting: Sequence[Alert], hours: int, heard: str, words: Words) -> Alert:
    """Say that an outage counts as over since nothing was caught for so long, and where its mail is.

    `heard` is what was heard of the primary, empty if it is not asked.
    """
    fields = (*span(outage, words), *totals(outage, words), *waiting_lines(outage, waiting, words))
    advice = words.say("advice_quiet" if heard else "advice_quiet_unwatched")
    advice = f"{advice} {waiting_advice(outage, words)}".rstrip()
    headline = words.say("headline_quiet", count=hours)
    said = data.of_outage(outage, waiting)
    return with_primary(Alert(headline, fields, "", advice, kind="quiet", data=said), heard, words)


def back(outage: Outage, waiting: Sequence[Alert], primary: Primary, words: Words) -> Alert:
    """Say that an outage is over since the primary answers again, and where its mail is."""
    since = words.say("server_since", server=primary.answers, moment=words.moment(primary.since))
    heard = words.field("your_server", since)
    fields = (heard, *span(outage, words), *totals(outage, words), *waiting_lines(outage, waiting, words))
    headline = words.say("headline_back" if outage.down else "headline_answers")
    said = {**data.of_server(primary), **data.of_outage(outage, waiting)}
    return Alert(headline, fields, "", waiting_advice(outage, words), kind="back", data=said)


def silent(primary: Primary, targets: Sequence[Target], words: Words) -> Alert:
    """Say that the primary does not answer, though no mail was caught yet."""
    asked = [words.field("no_answer_from", str(target)) for target in targets]
    since = words.field("since", words.moment(primary.since))
    headline, advice = words.say("headline_silent"), words.say("advice_silent")
    said = data.of_server(primary, targets)
    return Alert(headline, (*asked, since), "", advice, kind="silent", data=said)


def heard_again(primary: Primary, words: Words) -> Alert:
    """Say that a primary that was told to be silent answers again."""
    answers = words.field("answers", primary.answers)
    since = words.field("since", words.moment(primary.since))
    said = data.of_server(primary)
    return Alert(words.say("headline_back"), (answers, since), kind="heard", data=said)


def deferrals(count: int, primary: Primary, words: Words) -> Alert:
    """Sum up what was deferred in a day since the primary answered."""
    facts = [words.field("deferred", words.say("messages", count=count))]
    if primary.answers:
        facts.append(words.field("your_server", words.say("server_answered", server=primary.answers)))
    headline, advice = words.say("headline_deferrals"), words.say("advice_deferrals")
    said = {"count": count, **data.of_server(primary)}
    return Alert(headline, tuple(facts), "", advice, kind="deferrals", data=said)


def heard_of(primary: Primary, targets: Sequence[Target], words: Words, *, down: bool) -> str:
    """Say what was heard of the primary, empty if nothing was yet.

    `down` tells that this outage has seen it silent.
    """
    if not primary.asked:
        return ""
    if primary.answers:
        return words.say("server_back" if down else "server_answers", server=primary.answers)
    servers = reduce(lambda one, other: words.say("and", one=one, other=other), map(str, targets))
    if primary.trouble:
        return words.say("server_unasked", servers=servers, trouble=primary.trouble)
    return words.say("server_silent", servers=servers)


def waiting_advice(outage: Outage, words: Words) -> str:
    """Say what to know of messages that no inbox has, if there are any."""
    return words.say("advice_waiting") if outage.waiting else ""


def _line(alert: Alert, words: Words) -> Field:
    """Say a message in a line: its sender, and its subject if that may be told."""
    sender, subject = _sender(sender_of(alert, words)), alert.field("subject")
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


def span(outage: Outage, words: Words) -> Iterator[Field]:
    """Yield when it began, and when its last message came."""
    yield words.field("began", words.moment(outage.began))
    yield words.field("last_message", words.moment(outage.last))


def totals(outage: Outage, words: Words) -> Iterator[Field]:
    """Yield how many messages were caught, what became of them, and who sent the most."""
    caught = words.say("messages", count=outage.caught)
    if outage.repeats:
        caught = words.say("came_again", messages=caught, count=outage.repeats)
    yield words.field("caught", caught)
    if outage.forwarded:
        inboxes = _inboxes(outage.inboxes, words)
        yield words.field("forwarded", words.say("forwarded_where", count=outage.forwarded, inboxes=inboxes))
    if outage.waiting:
        yield words.field("waiting_with_their_senders", str(outage.waiting))
    # Of what was held, copies may be home by now, or dropped.
    if held := min(outage.held, outage.kept - outage.home):
        yield words.field("held_in_the_spool", str(held))
    if outage.home:
        yield words.field("home_again", words.say("so_many_of", count=outage.home, all=outage.kept))
    if outage.refused:
        yield words.field("refused_by_your_server", str(outage.refused))
    if outage.returned:
        yield words.field("came_back_from_an_inbox", str(outage.returned))
    if outage.muted:
        yield words.field("muted", str(outage.muted))
    if outage.blocked:
        yield words.field("refused_by_block", str(outage.blocked))
    yield from _senders(outage.senders, "so_many_from", words)


def waiting_lines(outage: Outage, waiting: Sequence[Alert], words: Words) -> Iterator[Field]:
    """Yield what never got through."""
    for alert in waiting[:LISTED]:
        yield words.field("waiting", _line(alert, words).text)
    if outage.waiting > len(waiting[:LISTED]):
        yield words.field("waiting", words.say("more", count=outage.waiting - len(waiting[:LISTED])))


def _senders(counts: Mapping[str, int], kind: str, words: Words) -> Iterator[Field]:
    """Yield who sent the most, each in a line of his own, whatever he calls himself."""
    named = sorted((name for name in counts if name), key=lambda name: -counts[name])[:_LISTED_NAMES]
    for name in named:
        yield _sender(words.field(kind, name, count=counts[name]))
    if others := sum(counts.values()) - sum(counts[name] for name in named):
        yield words.field(kind, words.say("others"), count=others)


def _inboxes(counts: Mapping[str, int], words: Words) -> str:
    """Name the owner's own inboxes, with how many each took."""
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{name or words.say('among_others')} ({count})" for name, count in counts.items())
