"""What is said of each event: the words, and which facts the owner's privacy level lets through."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from failover.address import canonical, domain, shown
from failover.delivery import Attempt, Outcome
from failover.event import Event
from failover.message import Address, Attachment, Authentication, Envelope, Mail
from failover.reading import Problem
from failover.settings import Settings
from failover.text import clean

from .alert import Alert, Field
from .mask import mask, talks_of_codes

_HEADLINES = {
    "forwarded": "Caught a message and forwarded it",
    "held": "No inbox took a message: it is held",
    "unreported": "Caught a message, but its forward never reported back",
    "returned": "A forwarded message came back",
    "deferred": "Could not hand on a message",
}

_LISTED_ATTEMPTS = 6
_LISTED_PROBLEMS = 12

_ADVICE = {
    Outcome.MISCONFIGURED: (
        "An inbox is not ready: in Cloudflare's dashboard, under Email Routing, Destination addresses, "
        "add it or click the link in its verification mail."
    ),
    Outcome.PERMANENT: (
        "An inbox refused the message: see that it exists and has room, and add another inbox at another "
        "provider, as some block the edge's addresses."
    ),
    Outcome.NO_ANSWER: "An inbox did not answer in time; it may still get the message, then perhaps twice.",
    Outcome.TEMPORARY: "An inbox could not take the message just now.",
}
_CHECK = (
    "Its sender could not deliver to your own server, or went past it, as spam does. "
    "If the server should be up, have a look."
)
# Anyone can write what a drill writes, so nothing is left out of such a message's alert.
_DRILL_ADVICE = (
    "If you started this drill, it shows that alerts arrive. If you did not, it is a message like any other. "
)
_DRILL = re.compile(r"mail-failover drill ([a-z]{10})\n<drill\.\1@[^\s<>@]+>")


def describe(event: Event, settings: Settings) -> Alert:
    """Say what became of a message."""
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
            return misconfigured(envelope)
        case _:
            alert = deferred(envelope, mail, attempts, settings)
            unkept = (Field("Not kept", event.unkept, kind="not_kept"),) if event.unkept else ()
            return replace(alert, fields=(*alert.fields, *unkept))


def waits_for_settings(event: Event, settings: Settings) -> bool:
    """Tell whether a message has no inbox because the settings are wrong."""
    return event.fate in ("deferred", "held") and not event.attempts and bool(settings.problems)


def caught(envelope: Envelope, mail: Mail | None, attempts: Sequence[Attempt], settings: Settings) -> Alert:
    """Say that a message was caught, and which inbox has it."""
    masked = _masker(mail, settings)
    facts = _facts(envelope, mail, attempts, settings, masked)
    failed = _worst(attempts)
    advice = f"{_CHECK} {_ADVICE[failed]}" if failed else _CHECK
    return _alert("forwarded", facts, mail, advice, _preview(mail, settings, masked))


def deferred(envelope: Envelope, mail: Mail | None, attempts: Sequence[Attempt], settings: Settings) -> Alert:
    """Say that no inbox has the message, and that its sender keeps it."""
    masked = _masker(mail, settings)
    facts = _facts(envelope, mail, attempts, settings, masked)
    advice = f"The sender will retry: most do for days, but some give up at once. {_cause(attempts)}"
    return _alert("deferred", facts, mail, advice, _preview(mail, settings, masked))


def held(
    envelope: Envelope,
    mail: Mail | None,
    attempts: Sequence[Attempt],
    settings: Settings,
    *,
    unkept: str = "",
) -> Alert:
    """Say that no inbox has it, but the spool; `unkept` if that was known too late to accept it."""
    masked = _masker(mail, settings)
    facts = _facts(envelope, mail, attempts, settings, masked)
    accepted = "It was accepted and" if not unkept else "Its sender will try again, but a copy"
    advice = (
        f"{accepted} is kept for {settings.spool_days} days: bring it home with `mail-failover replay` when "
        f"your server is back. {_cause(attempts)}"
    )
    return _alert("held", facts, mail, advice, _preview(mail, settings, masked))


def unreported(envelope: Envelope, mail: Mail | None, settings: Settings) -> Alert:
    """Say that the spool has a message of which the Worker never said what else became of it."""
    masked = _masker(mail, settings)
    facts = _facts(envelope, mail, (), settings, masked)
    advice = (
        "The Worker ended in the middle: perhaps an inbox has it, perhaps its sender tries again. A copy is "
        f"kept for {settings.spool_days} days: bring it home with `mail-failover replay`. If you know of it "
        "already, it is the same message."
    )
    return _alert("unreported", facts, mail, advice, _preview(mail, settings, masked))


def returned(envelope: Envelope, mail: Mail | None, settings: Settings, *, has_copy: bool = False) -> Alert:
    """Say that a forwarded message came back, and was not forwarded again."""
    facts = _facts(envelope, mail, (), settings, _masker(mail, settings))
    advice = (
        "It was forwarded before and came back for the same recipient: accepted, but not sent round again. "
        "An inbox sends its mail on to your domain: remove that rule. "
    )
    advice += (
        "A copy is in the spool: bring it home with `mail-failover replay`."
        if has_copy
        else "If the inbox keeps no copy of what it sends on, this message is gone."
    )
    return _alert("returned", facts, mail, advice)


def misconfigured(envelope: Envelope) -> Alert:
    """Say that mail waits, since the settings name no inbox that can be used; nothing of the message."""
    advice = "Until this is mended, mail for this recipient is not forwarded: senders keep it and retry."
    headline = "Mail waits: the settings need mending"
    return Alert(headline, (_recipient(envelope),), "", advice, kind="misconfigured")


def with_problems(alert: Alert, problems: Sequence[Problem]) -> Alert:
    """Return the alert with what is wrong with the settings, and what mends it."""
    listed = [Field(p.variable, clean(p.fix, 200), kind="setting") for p in problems[:_LISTED_PROBLEMS]]
    if len(listed) < len(problems):
        listed.append(Field("And", f"{len(problems) - len(listed)} more", kind="more_settings"))
    advice = "These settings need mending: correct .dev.vars or wrangler.toml, then: mail-failover deploy."
    return replace(alert, fields=(*alert.fields, *listed), advice=f"{alert.advice} {advice}".strip())


def _alert(kind: str, facts: tuple[Field, ...], mail: Mail | None, advice: str, preview: str = "") -> Alert:
    """Say it of a message; of one that has a drill's marks, say that besides."""
    headline = _HEADLINES[kind]
    if mail and _DRILL.fullmatch(f"{mail.subject}\n{mail.message_id}"):
        headline, advice = f"{headline}: a drill, it says", f"{_DRILL_ADVICE}{advice}"
    return Alert(headline, facts, preview, advice, kind=kind)


def _facts(
    envelope: Envelope,
    mail: Mail | None,
    attempts: Sequence[Attempt],
    settings: Settings,
    masked: Callable[[str], str],
) -> tuple[Field, ...]:
    fields = [_recipient(envelope), *_origin(envelope, mail, masked)]
    if mail is not None:
        if settings.detail != "sender":
            fields += _content(mail, masked)
        if mail.sent:
            fields.append(Field("Sent", mail.sent, kind="sent"))
    if envelope.size:
        fields.append(Field("Size", _bytes(envelope.size), kind="size"))
    if mail is not None and mail.authentication:
        fields += _checks(envelope, mail, mail.authentication)
    fields += _fates(attempts)
    return tuple(fields)


def _recipient(envelope: Envelope) -> Field:
    return Field("For", clean(envelope.recipient, 200) or "(no recipient)", kind="for")


def _origin(envelope: Envelope, mail: Mail | None, masked: Callable[[str], str]) -> Iterator[Field]:
    """Yield who sent it: the From field, and the whole envelope where that does not name one address."""
    sender, several = (mail.sender, mail.other_senders) if mail else (None, False)
    if sender:
        named = Address(masked(sender.name), sender.addr)
        yield _from(envelope, named, several=several)
    if not envelope.sender:
        bounce = "none: this is a bounce or an automatic message"
        yield Field("Envelope sender", bounce, kind="envelope_sender")
    elif several or not (sender and sender.addr):
        text = shown(envelope.sender, 200)
        yield Field("Envelope sender", text, len(text), "envelope_sender")


def _from(envelope: Envelope, sender: Address, *, several: bool) -> Field:
    """Name the sender, and the envelope's domain where it is another: no verdict is sure enough to hide it.

    A domain below the other's is another, too: whose it is, only a list of public suffixes could tell.
    """
    end = "; and other senders" if several else ""
    if envelope.sender and not _one_domain(envelope.sender, sender.addr):
        end += f" via {shown(domain(envelope.sender), 100) or '(unreadable)'}"
    text = f"{sender}{end}"
    return Field("From", text, len(text) - len(str(Address(sender.name, ""))), "from")


def _one_domain(one: str, other: str) -> bool:
    # What nearly all are, spared the cost of other spellings.
    return domain(one) == domain(other) or domain(canonical(one)) == domain(canonical(other))


def _content(mail: Mail, masked: Callable[[str], str]) -> Iterator[Field]:
    yield Field("Subject", masked(mail.subject) or "(none)", kind="subject")
    if mail.list_id:
        yield Field("List", masked(mail.list_id), kind="list")
    if mail.attachments:
        yield Field("Attachments", _attachments(mail, masked), kind="attachments")


def _preview(mail: Mail | None, settings: Settings, masked: Callable[[str], str]) -> str:
    return masked(mail.preview) if mail and settings.detail == "preview" else ""


def _masker(mail: Mail | None, settings: Settings) -> Callable[[str], str]:
    """Return what masks the codes and links of this message, or nothing where its owner wants them shown."""
    if mail is None or (settings.show_codes and settings.detail == "preview"):
        return str
    name = mail.sender.name if mail.sender else ""
    return partial(mask, of_codes=talks_of_codes(name, mail.subject, mail.preview))


def _attachments(mail: Mail, masked: Callable[[str], str]) -> str:
    text = ", ".join(_attachment(attachment, masked) for attachment in mail.attachments)
    return text if mail.whole else f"{text}; perhaps more"


def _attachment(attachment: Attachment, masked: Callable[[str], str]) -> str:
    size = f", {_bytes(attachment.size)}" if attachment.size is not None else ""
    name = masked(attachment.name)
    return f"{name} ({attachment.type}{size})" if name else f"unnamed {attachment.type}{size}"


def _checks(envelope: Envelope, mail: Mail, found: Authentication) -> Iterator[Field]:
    """Yield the verdicts, hedged unless they are the edge's own about this very envelope."""
    about = ""
    if found.dmarc_domain and (
        mail.other_senders or not mail.sender or not _one_domain(f"@{found.dmarc_domain}", mail.sender.addr)
    ):
        about = f" for {shown(found.dmarc_domain, 100)}"
    verdicts = {"SPF": found.spf, "DKIM": found.dkim, "DMARC": f"{found.dmarc}{about}"}
    text = ", ".join(f"{name} {verdict}" for name, verdict in verdicts.items() if verdict)
    if found.by_edge and _is_sender(found.mailfrom, envelope):
        yield Field("Checks by the edge", text or "none made", kind="checks_by_the_edge")
    elif text:
        yield Field("Checks", f"claimed, perhaps by the sender: {text}", kind="checks")


def _is_sender(mailfrom: str, envelope: Envelope) -> bool:
    """Tell whether a verdict's MAIL FROM, which may be the domain alone, is the envelope's."""
    if "@" not in mailfrom:
        return _one_domain(f"@{mailfrom}", envelope.sender)
    return canonical(mailfrom) == canonical(envelope.sender)


def _fates(attempts: Sequence[Attempt]) -> Iterator[Field]:
    """Yield where it went, successes first, and how many more inboxes there were."""
    ordered = sorted(attempts, key=lambda attempt: not attempt.outcome.accepted)
    yield from map(_fate, ordered[:_LISTED_ATTEMPTS])
    if len(ordered) > _LISTED_ATTEMPTS:
        more = f"{len(ordered) - _LISTED_ATTEMPTS} more inboxes"
        yield Field("And", more, kind="more_inboxes")


def _fate(attempt: Attempt) -> Field:
    inbox = clean(attempt.inbox, 200)
    if attempt.outcome is Outcome.DELIVERED:
        return Field("Forwarded to", inbox, kind="forwarded_to")
    if attempt.outcome is Outcome.ALREADY:
        return Field("Forwarded to", f"{inbox} (it had the message already)", kind="forwarded_to")
    reason = f": {clean(attempt.reason, 200)}" if attempt.reason else ""
    text = f"{inbox} ({attempt.outcome.value}{reason})"
    return Field("Not accepted by", text, kind="not_accepted_by")


def _cause(attempts: Sequence[Attempt]) -> str:
    """Say why no inbox has a message, and what to do."""
    failed = _worst(attempts)
    if failed:
        return _ADVICE[failed]
    return "No inbox is set for this recipient: add it to FALLBACK_INBOXES or ROUTES."


def _worst(attempts: Sequence[Attempt]) -> Outcome | None:
    """Name the failure that most needs a person; None if there was none."""
    outcomes = {attempt.outcome for attempt in attempts}
    return next((outcome for outcome in _ADVICE if outcome in outcomes), None)


def _bytes(size: int) -> str:
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        # Nothing that rounds to "1000 kB".
        if size >= factor - factor // 2000:
            return f"{size / factor:.1f} {unit}" if size < 9.95 * factor else f"{size / factor:.0f} {unit}"
    return f"{size} bytes"
