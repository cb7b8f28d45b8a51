"""What a drill saw, step by step, and its verdict."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from mail_failover.console.exit_codes import DONE, INTERRUPTED, PROBLEM
from mail_failover.console.next_step import LOG


class Verdict(Enum):
    """How a drill ended."""

    DELIVERED = "delivered"
    UNMARKED = "delivered, Worker not seen"
    JUNK = "delivered to junk"
    ACCEPTED = "accepted"
    MISSING = "accepted, not arrived"
    UNSEEN = "accepted, inbox not readable"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNCERTAIN = "no answer"
    UNREACHABLE = "unreachable"
    NO_INBOX = "not sent"
    INTERRUPTED = "interrupted"
    CUT_OFF = "interrupted, may arrive"

    @property
    def good(self) -> bool:
        """Tell whether all that was looked at works."""
        return self in {Verdict.DELIVERED, Verdict.ACCEPTED}


# {edge} is who was spoken to: the edge itself, or what --via names.
_SENTENCES = {
    Verdict.DELIVERED: (
        "The Worker forwarded the message, and it is in the fallback inbox. See that the alert came: that is "
        "the one thing not looked at."
    ),
    Verdict.UNMARKED: (
        "The message is in the inbox, but nothing shows that the Worker handled it: it may have come past "
        "the Worker. See whether the alert came."
    ),
    Verdict.JUNK: "The message arrived, but in the junk folder: mark it there as not junk.",
    Verdict.ACCEPTED: (
        "{edge} accepted the message. Look for its subject in the fallback inbox, and for the alert in "
        "your chat; --inbox-imap looks into the inbox for you."
    ),
    Verdict.MISSING: (
        "{edge} accepted the message, but it did not arrive in time. Look into Cloudflare's dashboard "
        f"(Email Routing, activity log), the Worker's log (`{LOG}`), and that inbox's filters."
    ),
    Verdict.UNSEEN: (
        "{edge} accepted the message, but the inbox could not be searched: look for the subject there."
    ),
    Verdict.REFUSED: "{edge} refused the message for good. In an outage, mail like it would be lost.",
    Verdict.DEFERRED: "{edge} did not take the message just now; a real sender would try again.",
    Verdict.UNCERTAIN: (
        "{edge} got the message and did not answer; it may arrive all the same. A real sender would try "
        "again."
    ),
    Verdict.UNREACHABLE: "{edge} could not be reached from this machine, so nothing is proved.",
    Verdict.NO_INBOX: "The fallback inbox can't be looked into, so nothing was sent.",
    Verdict.INTERRUPTED: "It ended before the message was handed over, so nothing was sent.",
    Verdict.CUT_OFF: (
        "{edge} may have the message, so it may arrive: look for its subject in the fallback inbox, and for "
        "the alert in your chat."
    ),
}
_VIA_SENTENCES = {
    Verdict.ACCEPTED: (
        "{edge} accepted the message; whether the edge did is not seen. Look for its subject in the fallback "
        "inbox, and for the alert in your chat; --inbox-imap looks into the inbox for you."
    ),
    Verdict.MISSING: (
        "{edge} accepted the message; whether the edge did is not seen, and it did not arrive in time. Look "
        "into the log of {edge} first."
    ),
    Verdict.REFUSED: "{edge} refused the message for good; whether the edge would is not seen.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `words` are the other side's own, untrusted; `seconds` is how long it took."""

    name: str
    ok: bool
    words: str
    seconds: float
    fix: str = ""


@dataclass(slots=True)
class Drill:
    """One drill: the message, the steps so far, and the verdict once there is one.

    `via` is the HOST:PORT that stood in for the edge's hosts, empty for the edge itself. `offered` tells
    whether a server may have the message. `worker_seen` tells whether the copy that arrived carries the
    Worker's header field; None if no copy was seen.
    """

    sender: str
    recipient: str
    subject: str
    message_id: str
    via: str = ""
    offered: bool = False
    steps: list[Step] = field(default_factory=list)
    verdict: Verdict = Verdict.INTERRUPTED
    authentication: str = ""
    worker_seen: bool | None = None

    @property
    def exit_code(self) -> int:
        """Tell whether all that was looked at works, or that somebody ended it."""
        if self.verdict in {Verdict.INTERRUPTED, Verdict.CUT_OFF}:
            return INTERRUPTED
        return DONE if self.verdict.good else PROBLEM

    @property
    def open(self) -> bool:
        """Tell whether nothing is known yet."""
        return self.verdict is Verdict.INTERRUPTED

    def end(self, verdict: Verdict) -> "Drill":
        """Set the verdict."""
        self.verdict = verdict
        return self

    @property
    def sentence(self) -> str:
        """Return what the verdict means, claiming no more than was seen."""
        sentences = _SENTENCES | (_VIA_SENTENCES if self.via else {})
        return sentences[self.verdict].format(edge=self.via or "The edge")

    def as_json(self) -> dict[str, Any]:
        """Return the drill as plain values; docs/doctor.md describes them."""
        return {
            "verdict": self.verdict.value,
            "from": self.sender,
            "to": self.recipient,
            "via": self.via,
            "subject": self.subject,
            "message_id": self.message_id,
            "authentication_results": self.authentication,
            "worker_seen": self.worker_seen,
            "steps": [
                {"name": s.name, "ok": s.ok, "words": s.words, "seconds": round(s.seconds, 3), "fix": s.fix}
                for s in self.steps
            ],
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person reads."""
        yield f"Drill from <{self.sender}> to <{self.recipient}>"
        yield f'Subject "{self.subject}", Message-ID {self.message_id}'
        for step in self.steps:
            yield f"  {'ok  ' if step.ok else 'FAIL'}  {step.name} ({step.seconds:.1f} s): {step.words}"
            if step.fix:
                yield f"        -> {step.fix}"
        if self.authentication:
            yield f"  Authentication-Results there: {self.authentication}"
        yield f"{self.verdict.value[0].upper()}{self.verdict.value[1:]}. {self.sentence}"
