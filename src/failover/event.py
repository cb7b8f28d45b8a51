"""What became of one caught message: what the Worker hands to the object of its recipient's domain."""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import Any, Literal

from .address import canonical
from .delivery import Attempt, Outcome
from .message import Address, Attachment, Authentication, Envelope, Mail

MAX_REASON = 500
"""How much of a remote server's words is handed on, in code points."""

_RECORDS = (Mail, Address, Attachment, Authentication)
_BODY_BYTES = 4096
_FIELDS = re.compile(rb"(?im)^(?:from|date|subject|to):.{0,998}$")

Fate = Literal["forwarded", "held", "unreported", "returned", "deferred"]
"""What became of a message, the best first. Held: no inbox took it, and the spool has it. Unreported: the
spool has it, and what else became of it the Worker never said."""


@dataclass(frozen=True, slots=True)
class Event:
    """One caught message and its fate; `mail` is None where it could not be read.

    `key` recognises the message when its sender tries again, or when it comes twice. `copy` is the id of its
    copy in the spool, and `unkept` names why there is none although there should be: `off`, `full`, `late`,
    `unanswered`, `limited`; `cut`, `short` or `unsealed` and a detail; or else where our own fault lies.
    """

    key: str
    fate: Fate
    envelope: Envelope
    mail: Mail | None = None
    attempts: tuple[Attempt, ...] = ()
    copy: str = ""
    unkept: str = ""

    @property
    def inboxes(self) -> list[str]:
        """Name the inboxes that have the message."""
        return [attempt.inbox for attempt in self.attempts if attempt.outcome.accepted]

    def to_text(self) -> str:
        """Return the event as one small text of ASCII alone, which costs the least to hand over."""
        attempts = [(a.inbox, a.outcome.value, a.reason[:MAX_REASON]) for a in self.attempts]
        envelope = self.envelope
        return json.dumps(
            {
                "key": self.key,
                "fate": self.fate,
                "envelope": (envelope.sender, envelope.recipient, envelope.size),
                "mail": None if self.mail is None else _facts(self.mail),
                "attempts": attempts,
                "copy": self.copy,
                "unkept": self.unkept,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> "Event":
        """Read what `to_text` returned.

        Raises:
            ValueError, KeyError, TypeError: another version of the Worker wrote it.

        """
        found = json.loads(text)
        attempts = tuple(Attempt(inbox, Outcome(value), reason) for inbox, value, reason in found["attempts"])
        mail = None if found["mail"] is None else _mail(found["mail"])
        return cls(
            *(found["key"], found["fate"], Envelope(*found["envelope"]), mail, attempts),
            *(found.get("copy", ""), found.get("unkept", "")),
        )


def key_of(envelope: Envelope, message_id: str, prefix: bytes) -> str:
    """Return what recognises a message without naming it: 32 hex digits.

    Of its envelope and Message-ID (RFC 5322, section 3.6.4). Where it has none, of its author, date and
    subject, and the beginning and size of its body: what stands before them is the edge's, and another one
    each time. One that could not be read is like no other.
    """
    named = message_id.strip()
    of = named.encode("utf-8", "replace") if named else _beginning(prefix, envelope.size)
    ends = f"{canonical(envelope.sender)}\n{canonical(envelope.recipient)}\n{bool(named)}\n"
    return hashlib.sha256(ends.encode("utf-8", "replace") + of).hexdigest()[:32]


def _beginning(prefix: bytes, size: int) -> bytes:
    if not prefix:
        return os.urandom(16)
    fields, blank, body = prefix.replace(b"\r\n", b"\n").partition(b"\n\n")
    ours = _FIELDS.findall(fields)
    trace = len(prefix.partition(b"\r\n\r\n" if b"\r\n\r\n" in prefix else b"\n\n")[0])
    return b"\n".join([*ours[:8], b"%d" % (size - trace if blank else 0), body[:_BODY_BYTES]])


def _facts(record: Any) -> Any:
    """Return a record's values by their names, and a list of such for several; `asdict` takes far longer."""
    if isinstance(record, tuple):
        return [_facts(each) for each in record]
    if isinstance(record, _RECORDS):
        return {name: _facts(getattr(record, name)) for name in record.__slots__}
    return record


def _mail(found: dict[str, Any]) -> Mail:
    sender, verdicts = found["sender"], found["authentication"]
    return Mail(
        **found
        | {
            "sender": Address(**sender) if sender else None,
            "authentication": Authentication(**verdicts) if verdicts else None,
            "attachments": tuple(Attachment(**each) for each in found["attachments"]),
            "defects": tuple(found["defects"]),
            # An event of the version before says nothing of them.
            "kinds": tuple(found.get("kinds", ())),
        }
    )
