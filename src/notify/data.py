"""What happened, as data for programs: the same in every language (docs/webhook.schema.json).

Its texts are clean and bounded, and none is to be believed; times are as RFC 3339 has them, in UTC.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from failover.address import canonical, domain
from failover.delivery import Attempt
from failover.event import Event
from failover.message import Authentication, Envelope, Mail
from failover.outage import Outage
from failover.primary import Primary, Target
from failover.reading import Problem
from failover.text import clean

Data = Mapping[str, object]

_ROOMS = {
    **dict.fromkeys(("batch", "day", "quiet", "back", "home"), "outage"),
    **dict.fromkeys(("silent", "heard", "deferrals"), "server"),
    **dict.fromkeys(("nearly_full", "full", "expired"), "spool"),
}
_ADDRESS = 320
_WORDS = 200
_LISTED = 12
_LONG = ("attachments", "all_attachments", "preview")
_CONTENT = ("subject", "list", "attachments", "all_attachments")
_FATE = ("inboxes", "copy", "not_kept")
_LISTS = ("messages", "waiting_messages")
# How alerts write a sender: an address, or a name and the address behind it; then perhaps more about it.
_MAILBOX = re.compile(r"""(?:.*<)?([^"'<>\s;,]+@[^"'<>\s;,]+)(?:>|(?=[\s;])|$)[^<>"]*""")


class Told(Protocol):
    """What is taken of alerts here."""

    @property
    def kind(self) -> str:
        """Name what it says."""
        ...

    @property
    def data(self) -> Data:
        """Say it for programs."""
        ...


def type_of(kind: str) -> str:
    """Return what an alert of a kind is about, and its kind; a test is about nothing."""
    return kind if kind == "test" else f"{_ROOMS.get(kind, 'mail')}.{kind}"


def moment(seconds: float) -> str:
    """Return a time."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def of_recipient(envelope: Envelope) -> Data:
    """Return whom a message is for."""
    recipient = clean(envelope.recipient, _ADDRESS)
    return {"recipient": recipient, "domain": clean(domain(canonical(envelope.recipient)), _ADDRESS)}


def of_message(event: Event, masked: Callable[[str], str], *, is_drill: bool) -> Data:
    """Return what is known of a message, and what became of it; `masked` leaves codes and links out."""
    envelope, mail = event.envelope, event.mail
    return {
        **of_recipient(envelope),
        "envelope_sender": clean(envelope.sender, _ADDRESS),
        "size": envelope.size,
        **(_mail(mail, masked) if mail else {}),
        **(_checks(mail.authentication, envelope) if mail and mail.authentication else {}),
        "drill": is_drill,
        "inboxes": [*map(_inbox, event.attempts)],
        "copy": bool(event.copy),
        **({"not_kept": clean(event.unkept, _WORDS)} if event.unkept else {}),
    }


def at(data: Data, detail: str) -> Data:
    """Return as much of it as ALERT_DETAIL lets through, also of the messages in it."""
    hidden = () if detail == "preview" else ("preview",) if detail == "subject" else ("preview", *_CONTENT)
    return {
        name: [at(each, detail) for each in value] if name in _LISTS and isinstance(value, list) else value
        for name, value in data.items()
        if name not in hidden
    }


def with_fate(data: Data, now: Data) -> Data:
    """Return what was known of a message, with what has become of it by now."""
    known = {name: value for name, value in data.items() if name not in _FATE}
    return {**known, **{name: value for name, value in now.items() if name in _FATE}}


def with_problems(data: Data, problems: Sequence[Problem]) -> Data:
    """Return it with what is wrong with the settings."""
    listed = [{"variable": p.variable, "problem": clean(p.fix, _WORDS)} for p in problems[:_LISTED]]
    return {**data, "settings": listed}


def of_messages(alerts: Sequence[Told], count: int) -> Data:
    """Return how many messages came, and the first of them, each in brief."""
    return {"count": count, "messages": _briefly(alerts)}


def of_outage(outage: Outage, waiting: Sequence[Told]) -> Data:
    """Return how an outage stands, and which messages no inbox has."""
    return {
        "began": moment(outage.began),
        "last_message": moment(outage.last),
        "ended": moment(outage.ended) if outage.ended else None,
        "server_was_silent": outage.down,
        "caught": outage.caught,
        "came_again": outage.repeats,
        "forwarded": outage.forwarded,
        "waiting": outage.waiting,
        "held": min(outage.held, outage.kept - outage.home),
        "kept": outage.kept,
        "home": outage.home,
        "refused": outage.refused,
        "returned": outage.returned,
        "blocked": outage.blocked,
        "muted": outage.muted,
        "inboxes": _counts(outage.inboxes),
        "senders": _counts(outage.senders),
        "waiting_messages": _briefly(waiting),
    }


def of_server(primary: Primary, targets: Sequence[Target] = ()) -> Data:
    """Return whether the primary answers, and since when, as far as it was asked."""
    asked = [str(target) for target in targets] or [primary.answers] * bool(primary.answers)
    since = moment(primary.since) if primary.asked else None
    return {"server": {"answers": bool(primary.answers), "since": since, "asked": asked}}


def of_refused(refused: Sequence[tuple[str, str]]) -> Data:
    """Return of whom the primary refused a message, and in which words."""
    listed = ((clean(sender, _ADDRESS), clean(said, _WORDS)) for sender, said in refused)
    return {"refusals": [{"envelope_sender": sender, "said": said} for sender, said in listed]}


def _mail(mail: Mail, masked: Callable[[str], str]) -> Data:
    found: dict[str, object] = {
        "from": mail.sender and {"name": masked(mail.sender.name), "address": mail.sender.addr},
        "other_senders": mail.other_senders,
        "sent": mail.sent,
        "subject": masked(mail.subject),
        "list": masked(mail.list_id),
        "attachments": [
            {"name": masked(each.name), "type": each.type, "size": each.size} for each in mail.attachments
        ],
        "all_attachments": mail.whole,
        "preview": masked(mail.preview),
    }
    return found


def _checks(found: Authentication, envelope: Envelope) -> Data:
    verdicts = {"spf": found.spf, "dkim": found.dkim, "dmarc": found.dmarc}
    by_edge = found.by_edge and found.is_about(envelope.sender)
    return {"checks": {**verdicts, "dmarc_domain": clean(found.dmarc_domain, _ADDRESS), "by_edge": by_edge}}


def _inbox(attempt: Attempt) -> Data:
    outcome, reason = attempt.outcome.name.lower(), clean(attempt.reason, _WORDS)
    return {"address": clean(attempt.inbox, _ADDRESS), "outcome": outcome, "reason": reason}


def _briefly(alerts: Sequence[Told]) -> list[Data]:
    """Return messages without what is long; what nothing is known of is left out."""
    return [
        {"type": type_of(alert.kind), **{n: v for n, v in alert.data.items() if n not in _LONG}}
        for alert in alerts[:_LISTED]
        if alert.data
    ]


def _counts(counts: Mapping[str, int]) -> list[Data]:
    """Return addresses, the most often counted first; null for all that are none, and for all others."""
    found: dict[str | None, int] = {}
    for text, count in counts.items():
        match = _MAILBOX.fullmatch(text)
        address = match[1] if match else None
        found[address] = found.get(address, 0) + count
    return [{"address": a, "count": found[a]} for a in sorted(found, key=lambda a: (-found[a], a or ""))]
