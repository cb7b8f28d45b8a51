"""What is said of each event: what became of a message, what is known of it, and what to do."""

import re
from collections.abc import Sequence
from dataclasses import replace

from failover.delivery import Attempt, Outcome
from failover.event import Event
from failover.message import Envelope, Mail
from failover.reading import Problem
from failover.settings import Settings
from failover.text import clean

from . import data
from .alert import Alert, Field
from .facts import Facts, recipient
from .words.language import Words

_LISTED_PROBLEMS = 12

# What most needs a person comes first.
_FAILURES = (Outcome.MISCONFIGURED, Outcome.PERMANENT, Outcome.NO_ANSWER, Outcome.TEMPORARY)
# Anyone can write what a drill writes, so nothing is left out of such a message's alert.
_DRILL = re.compile(r"mail-failover drill ([a-z]{10})\n<drill\.\1@[^\s<>@]+>")


def describe(event: Event, settings: Settings) -> Alert:
    """Say what became of a message; also to programs, if any is told."""
    alert = _describe(event, settings)
    return replace(alert, data=_data(alert, event, settings)) if settings.webhook else alert


def _describe(event: Event, settings: Settings) -> Alert:
    envelope, mail, attempts = event.envelope, event.mail, event.attempts
    match event.fate:
        case "forwarded":
            return caught(envelope, mail, attempts, settings)
        case "held":
            return held(envelope, mail, attempts, settings, unkept=event.unkept)
        case "unreported":
            return unreported(envelope, mail, settings)
        case "returned":
            return returned(envelope, mail, settings, has_copy=bool(event.copy))
        case _ if waits_for_settings(event, settings):
            return misconfigured(envelope, Words(settings.language))
        case _:
            alert = deferred(envelope, mail, attempts, settings)
            unkept = _unkept(event.unkept, Words(settings.language)) if event.unkept else ()
            return replace(alert, fields=(*alert.fields, *unkept))


def waits_for_settings(event: Event, settings: Settings) -> bool:
    """Tell whether a message has no inbox because the settings are wrong."""
    return event.fate in ("deferred", "held") and not event.attempts and bool(settings.problems)


def caught(envelope: Envelope, mail: Mail | None, attempts: Sequence[Attempt], settings: Settings) -> Alert:
    """Say that a message was caught, and which inbox has it."""
    facts = Facts.of(envelope, mail, attempts, settings)
    failed = [_cause(attempts, facts.words)] if _worst(attempts) else []
    return _alert("forwarded", facts, facts.words.say("advice_check"), *failed)


def deferred(envelope: Envelope, mail: Mail | None, attempts: Sequence[Attempt], settings: Settings) -> Alert:
    """Say that no inbox has the message, and that its sender keeps it."""
    facts = Facts.of(envelope, mail, attempts, settings)
    return _alert("deferred", facts, facts.words.say("advice_retry"), _cause(attempts, facts.words))


def held(
    envelope: Envelope,
    mail: Mail | None,
    attempts: Sequence[Attempt],
    settings: Settings,
    *,
    unkept: str = "",
) -> Alert:
    """Say that no inbox has it, but the spool; `unkept` if that was known too late to accept it."""
    facts = Facts.of(envelope, mail, attempts, settings)
    advice = "advice_held_too_late" if unkept else "advice_held"
    return _alert("held", facts, _for_days(advice, facts), _cause(attempts, facts.words))


def unreported(envelope: Envelope, mail: Mail | None, settings: Settings) -> Alert:
    """Say that the spool has a message of which the Worker never said what else became of it."""
    facts = Facts.of(envelope, mail, (), settings)
    return _alert("unreported", facts, _for_days("advice_unreported", facts))


def returned(envelope: Envelope, mail: Mail | None, settings: Settings, *, has_copy: bool = False) -> Alert:
    """Say that a forwarded message came back, and was not forwarded again."""
    facts = Facts.of(envelope, mail, (), settings)
    copy = facts.words.say("advice_returned_copy" if has_copy else "advice_returned_gone")
    return replace(_alert("returned", facts, facts.words.say("advice_returned"), copy), preview="")


def misconfigured(envelope: Envelope, words: Words) -> Alert:
    """Say that mail waits, since the settings name no inbox that can be used; nothing of the message."""
    headline, advice = words.say("headline_misconfigured"), words.say("advice_settings_wait")
    return Alert(headline, (recipient(envelope, words),), "", advice, kind="misconfigured")


def unheard(words: Words) -> Alert:
    """Say that alerts wait, since the settings name nobody who can be told of them; nothing of their mail."""
    return Alert(words.say("headline_unheard"), (), "", words.say("advice_unheard"), kind="misconfigured")


def with_problems(alert: Alert, problems: Sequence[Problem], words: Words) -> Alert:
    """Return the alert with what is wrong with the settings, and what mends it."""
    listed = [Field(p.variable, clean(p.fix, 200), kind="setting") for p in problems[:_LISTED_PROBLEMS]]
    if more := len(problems[_LISTED_PROBLEMS:]):
        listed.append(words.field("more_settings", words.say("more", count=more)))
    advice = f"{alert.advice} {words.say('advice_settings')}".strip()
    return replace(
        alert, fields=(*alert.fields, *listed), advice=advice, data=data.with_problems(alert.data, problems)
    )


def _alert(kind: str, facts: Facts, *advice: str) -> Alert:
    """Say it of a message; of one that has a drill's marks, say that besides."""
    mail, words, headline = facts.mail, facts.words, facts.words.say(f"headline_{kind}")
    if _is_drill(mail):
        headline = words.say("headline_drill", headline=headline)
        advice = (words.say("advice_drill"), *advice)
    return Alert(headline, tuple(facts.fields()), facts.preview(), " ".join(advice), kind=kind)


def _data(alert: Alert, event: Event, settings: Settings) -> data.Data:
    """Return what programs are told of a message; of one that waits for the settings, no more than people."""
    if alert.kind == "misconfigured":
        return data.of_recipient(event.envelope)
    facts = Facts.of(event.envelope, event.mail, event.attempts, settings)
    told = data.of_message(event, facts.masked, is_drill=_is_drill(event.mail))
    return data.at(told, settings.detail)


def _is_drill(mail: Mail | None) -> bool:
    return mail is not None and bool(_DRILL.fullmatch(f"{mail.subject}\n{mail.message_id}"))


def _for_days(advice: str, facts: Facts) -> str:
    """Say what to do with a copy, and for how long it is there."""
    return facts.words.say(advice, days=facts.words.say("days", count=facts.settings.spool_days))


def _unkept(unkept: str, words: Words) -> tuple[Field]:
    """Say why there is no copy of a message: a name of the reason, and what is known of it besides."""
    name, _, why = unkept.partition(" ")
    known = words.knows(f"unkept_{name}")
    return (words.field("not_kept", words.say(f"unkept_{name}", why=why) if known else unkept),)


def _cause(attempts: Sequence[Attempt], words: Words) -> str:
    """Say why an inbox does not have a message, and what to do."""
    failed = _worst(attempts)
    return words.say(f"advice_{failed.name.lower()}" if failed else "advice_no_inbox")


def _worst(attempts: Sequence[Attempt]) -> Outcome | None:
    """Name the failure that most needs a person; None if there was none."""
    outcomes = {attempt.outcome for attempt in attempts}
    return next((outcome for outcome in _FAILURES if outcome in outcomes), None)
