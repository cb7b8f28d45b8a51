"""What is said of each event: the words, and which facts the owner's privacy level lets through."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from failover.address import canonical, domain
from failover.delivery import Attempt, Outcome
from failover.message import Attachment, Authentication, Envelope, Mail
from failover.settings import Problem, Settings
from failover.text import clean

from .alert import Alert, Field
from .mask import mask, talks_of_codes

_LISTED_ATTEMPTS = 6
_LISTED_PROBLEMS = 12

_ADVICE = {
    Outcome.MISCONFIGURED: (
        "An inbox is not ready: in Cloudflare's dashboard, under Email Routing, Destination addresses, "
        "add it or click the link in its verification mail."
    ),
    Outcome.PERMANENT: "An inbox refused the message: see that it exists and has room, or name another one.",
    Outcome.NO_ANSWER: "An inbox did not answer in time; it may still get the message, then perhaps twice.",
    Outcome.TEMPORARY: "An inbox could not take the message just now.",
}


def caught(envelope: Envelope, mail: Mail | None, attempts: Sequence[Attempt], settings: Settings) -> Alert:
    """Say that a message was caught, and which inbox has it."""
    masked = _masker(mail, settings)
    facts = _facts(envelope, mail, attempts, settings, masked)
    failed = _worst(attempts)
    check = "Your own server did not take this message. If you did not stop it, have a look."
    advice = f"{check} {_ADVICE[failed]}" if failed else check
    return Alert("Caught a message and forwarded it", facts, _preview(mail, settings, masked), advice)


def deferred(envelope: Envelope, mail: Mail | None, attempts: Sequence[Attempt], settings: Settings) -> Alert:
    """Say that no inbox has the message, and that its sender keeps it."""
    masked = _masker(mail, settings)
    facts = _facts(envelope, mail, attempts, settings, masked)
    failed = _worst(attempts)
    cause = (
        _ADVICE[failed]
        if failed
        else "No inbox is set for this recipient: add it to FALLBACK_INBOXES or ROUTES."
    )
    advice = f"The sender will retry: most do for days, but some give up at once. {cause}"
    return Alert("Could not hand on a message", facts, _preview(mail, settings, masked), advice)


def returned(envelope: Envelope, mail: Mail | None, settings: Settings) -> Alert:
    """Say that a forwarded message came back, and was not forwarded again."""
    facts = _facts(envelope, mail, (), settings, _masker(mail, settings))
    advice = (
        "It was forwarded before and came back for the same recipient: accepted, but not sent round again. "
        "An inbox sends its mail on to your domain: remove that rule. "
        "If the inbox keeps no copy of what it sends on, this message is gone."
    )
    return Alert("A forwarded message came back", facts, "", advice)


def misconfigured(envelope: Envelope) -> Alert:
    """Say that mail waits, since the settings name no inbox that can be used; nothing of the message."""
    advice = "Until this is mended, mail for this recipient is not forwarded: senders keep it and retry."
    return Alert("Mail waits: the settings need mending", (_recipient(envelope),), "", advice)


def with_problems(alert: Alert, problems: Sequence[Problem]) -> Alert:
    """Return the alert with what is wrong with the settings, and what mends it."""
    listed = [Field(p.variable, clean(p.fix, 200)) for p in problems[:_LISTED_PROBLEMS]]
    if len(listed) < len(problems):
        listed.append(Field("And", f"{len(problems) - len(listed)} more"))
    advice = (
        "These settings need mending: correct wrangler.toml or the secrets, then deploy again (make deploy)."
    )
    return replace(alert, fields=(*alert.fields, *listed), advice=f"{alert.advice} {advice}".strip())


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
            fields.append(Field("Sent", mail.sent))
    if envelope.size:
        fields.append(Field("Size", _bytes(envelope.size)))
    if mail is not None and mail.authentication:
        fields.append(Field("Checks by the edge", _verdicts(mail.authentication)))
    fields += _fates(attempts)
    return tuple(fields)


def _recipient(envelope: Envelope) -> Field:
    return Field("For", clean(envelope.recipient, 200) or "(no recipient)")


def _origin(envelope: Envelope, mail: Mail | None, masked: Callable[[str], str]) -> Iterator[Field]:
    """Yield who sent it: the From field, and the envelope where that is all there is or says otherwise."""
    sender = mail.sender if mail else None
    if mail and sender:
        others = "; and other senders" if mail.other_senders else ""
        yield Field("From", f"{replace(sender, name=masked(sender.name))}{others}")
    if not envelope.sender:
        yield Field("Envelope sender", "none: this is a bounce or an automatic message")
    elif not (mail and _vouched(envelope, mail)):
        yield Field("Envelope sender", clean(envelope.sender, 200))


def _vouched(envelope: Envelope, mail: Mail) -> bool:
    """Tell whether the address that is shown is the sender's, by DMARC or by the envelope's domain."""
    if mail.sender is None or not mail.sender.addr or mail.other_senders:
        return False
    shown = domain(canonical(mail.sender.addr))
    verdicts = mail.authentication
    if verdicts and verdicts.dmarc == "pass" and domain(canonical(f"@{verdicts.dmarc_domain}")) == shown:
        return True
    return shown == domain(canonical(envelope.sender))


def _content(mail: Mail, masked: Callable[[str], str]) -> Iterator[Field]:
    yield Field("Subject", masked(mail.subject) or "(none)")
    if mail.list_id:
        yield Field("List", masked(mail.list_id))
    if mail.attachments:
        yield Field("Attachments", _attachments(mail, masked))


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


def _verdicts(authentication: Authentication) -> str:
    verdicts = {"SPF": authentication.spf, "DKIM": authentication.dkim, "DMARC": authentication.dmarc}
    return ", ".join(f"{name} {verdict}" for name, verdict in verdicts.items() if verdict) or "none made"


def _fates(attempts: Sequence[Attempt]) -> Iterator[Field]:
    """Yield where it went, successes first, and how many more inboxes there were."""
    ordered = sorted(attempts, key=lambda attempt: not attempt.outcome.accepted)
    yield from map(_fate, ordered[:_LISTED_ATTEMPTS])
    if len(ordered) > _LISTED_ATTEMPTS:
        yield Field("And", f"{len(ordered) - _LISTED_ATTEMPTS} more inboxes")


def _fate(attempt: Attempt) -> Field:
    inbox = clean(attempt.inbox, 200)
    if attempt.outcome is Outcome.DELIVERED:
        return Field("Forwarded to", inbox)
    if attempt.outcome is Outcome.ALREADY:
        return Field("Forwarded to", f"{inbox} (it had the message already)")
    reason = f": {clean(attempt.reason, 200)}" if attempt.reason else ""
    return Field("Not accepted by", f"{inbox} ({attempt.outcome.value}{reason})")


def _worst(attempts: Sequence[Attempt]) -> Outcome | None:
    """Name the failure that most needs a person; None if there was none."""
    outcomes = {attempt.outcome for attempt in attempts}
    return next((outcome for outcome in _ADVICE if outcome in outcomes), None)


def _bytes(size: int) -> str:
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}" if size < 10 * factor else f"{size / factor:.0f} {unit}"
    return f"{size} bytes"
