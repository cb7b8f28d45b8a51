"""What the servers' words mean: is the primary up, does the edge take mail, or is port 25 blocked here."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from mail_failover.doctor.report import Check, Topic
from mail_failover.mail.conversation import Reply, SmtpError
from mail_failover.mail.refusal import blames_machine, explain
from mail_failover.mail.route import family_of

SOON_DAYS = 14
ELSEWHERE = (
    "Most homes and many clouds block outgoing port 25. Run this on your mail server, or on a VPS that may "
    "send mail."
)
_START = (
    "Start the mail server; open port 25 in its firewall and router, and check its A record. If this machine "
    "is behind the same router, that may not lead back to the server: run this elsewhere."
)


class Port(Enum):
    """Whether this machine may connect to port 25; `UNKNOWN`: only the primary could tell, and is silent."""

    OPEN = auto()
    BLOCKED = auto()
    UNKNOWN = auto()


@dataclass(slots=True)
class Seen:
    """What one host said: the last reply and its step, its TLS, and what ended the conversation early.

    `tried` says that this machine has a way to its address, so that a connection could be tried; `starttls`
    that it offers TLS; `asked` is what it said to a recipient. `chain`: the certificates that it sent, its
    own first, in DER; `whole` says that those are all of them.
    """

    host: str
    address: str = ""
    tried: bool = False
    step: str = "connect"
    reply: Reply = field(default_factory=lambda: Reply(0, ()))
    banner: str = ""
    error: SmtpError | None = None
    starttls: bool = False
    tls: Check | None = None
    asked: "Seen | None" = None
    chain: tuple[bytes, ...] = ()
    whole: bool = False

    @property
    def family(self) -> str:
        """Return IPv4 or IPv6, or nothing for a host without an address."""
        return family_of(self.address)

    @property
    def silent(self) -> bool:
        """Tell whether it said nothing: some networks do not refuse port 25, but answer in its place."""
        return self.tried and self.error is not None and not self.banner

    @property
    def greeted(self) -> bool:
        """Tell whether it greeted and answered EHLO."""
        return self.error is None and self.step == "EHLO" and self.reply.code == 250

    @property
    def out_of_reach(self) -> bool:
        """Tell whether it has an address to which this machine has no way."""
        return bool(self.address) and not self.tried

    @property
    def said(self) -> str:
        """Return the last step, and its exact words or what went wrong there."""
        return f"{self.error.step}: {self.error.words}" if self.error else f"{self.step}: {self.reply.words}"


def tls_topic(host: str) -> Topic:
    """Name the check of the encryption of one of the primary's hosts."""
    return Topic("live.tls", f"TLS of {host}")


def judge_port(primaries: Sequence[Seen], edges: Sequence[Seen]) -> Port:
    """Tell whether port 25 is open from here: the edge's hosts are always up, the primary's may be down."""
    tried = [each for each in edges or primaries if each.tried]
    if not tried or not all(each.silent for each in tried):
        return Port.OPEN
    return Port.BLOCKED if edges else Port.UNKNOWN


def judge_primary(seen: Seen, port: Port) -> Check:
    """Judge whether the primary greets and answers EHLO."""
    topic = Topic("live.primary", f"Primary {seen.host}")
    if unseen := _unseen(topic, seen, port, "the server is down"):
        return unseen
    if seen.error and not seen.error.connected:
        return topic.failed(f"no connection on port 25: {seen.error.words}", _START)
    if seen.error:
        fix = "Senders wait and then turn to the edge: see your mail server's log and load."
        return topic.failed(seen.said, fix)
    if seen.greeted:
        return topic.passed(seen.banner)
    if blames_machine(seen.reply):
        return topic.warned(seen.said, explain(seen.reply, "", ""))
    return topic.failed(seen.said, "Senders so told turn to the edge: see your mail server's log.")


def judge_family(seen: Seen, port: Port) -> Check:
    """Judge whether the primary greets at its address of the other family, too."""
    topic = Topic("live.family", f"{seen.family} of {seen.host}")
    if unseen := _unseen(topic, seen, port, f"nothing answers at {seen.address}"):
        return unseen
    if seen.greeted:
        return topic.passed(f"{seen.address} answers, too")
    what = f"{seen.address}, {seen.said}"
    if seen.family == "IPv4":
        return topic.failed(f"{what}: senders without IPv6 take all their mail to the edge", _START)
    return topic.warned(
        f"{what}: senders with IPv6 try it first, and some go on to the edge from there",
        "Have the mail server listen there, and open port 25 for IPv6 in its firewall; or remove the AAAA "
        f"record of {seen.host}.",
    )


def judge_edge(  # noqa: PLR0911 - one per way it can end
    seen: Seen, port: Port, sender: str, recipient: str, plan: str
) -> Check:
    """Judge whether the edge takes the recipient; nothing but its answer to RCPT proves that."""
    topic = Topic("live.edge", f"Edge {seen.host}")
    if seen.out_of_reach:
        return _no_way(topic, seen)
    if seen.silent and port is Port.BLOCKED:
        return topic.skipped(f"port 25 is probably blocked here ({seen.said})", ELSEWHERE)
    again = "Try again in some minutes; another of its hosts may answer."
    if seen.error:
        return topic.warned(seen.said, again)
    asked = seen.step == "RCPT TO"
    if asked and seen.reply.code in {250, 251}:
        return topic.passed(f"{seen.said} (for {recipient})")
    if seen.reply.code < 400:
        return topic.warned(f"{seen.said}; that is no answer about {recipient}", again)
    if blames_machine(seen.reply) or not asked or seen.reply.code < 500:
        return topic.warned(seen.said, explain(seen.reply, sender, plan))
    return topic.failed(f"{seen.said} (for {recipient})", explain(seen.reply, sender, plan))


def judge_certificate(topic: Topic, secured: ssl.SSLObject, now: float) -> Check:
    """Judge a valid certificate's age; `now` is in seconds since the epoch."""
    certificate = secured.getpeercert() or {}
    begin, end = (ssl.cert_time_to_seconds(str(certificate[name])) for name in ("notBefore", "notAfter"))
    age, left = int((now - begin) // 86400), int((end - now) // 86400)
    words = f"{secured.version()}, a valid certificate, {age} days old, for {left} more days"
    # One that lives for six days is renewed when two are left.
    if left < min(SOON_DAYS, (age + left) // 3):
        return topic.warned(words, "Renew it now, and see why it was not renewed by itself.")
    return topic.passed(words)


def _no_way(topic: Topic, seen: Seen) -> Check:
    return topic.skipped(
        f"this machine has no way to {seen.family}, so not to {seen.address}",
        f"Run this on a machine with {seen.family}.",
    )


def _unseen(topic: Topic, seen: Seen, port: Port, otherwise: str) -> Check | None:
    """Say why this machine can't tell how the primary is; None if it can."""
    if seen.out_of_reach:
        return _no_way(topic, seen)
    if not seen.silent or port is Port.OPEN:
        return None
    if port is Port.BLOCKED:
        return topic.skipped(f"{seen.said}; neither does the edge answer from here", ELSEWHERE)
    return topic.warned(
        f"{seen.said}; {otherwise}, or port 25 is blocked from here", f"{ELSEWHERE} If it is down: {_START}"
    )
