"""What an edge announces, and which envelopes it takes."""

from collections.abc import Iterable

from aiosmtpd.smtp import SMTP, Envelope, Session

from mail_failover.errors import UsageError
from mail_failover.mail.resolver import ascii_domain

from .path import domain_of

# aiosmtpd offers a log-in as soon as there is TLS; an edge has no users.
_NOT_OFFERED = "250-AUTH"
_EXTENSIONS = ("250-PIPELINING", "250-CHUNKING")
NULL_PATH = "<>"


class Rules:
    """Answers for the edge; aiosmtpd calls these methods by their names, and sends what they return.

    `domains` are those whose recipients are taken, in the form that DNS uses; none of them means all.
    """

    def __init__(self, domains: Iterable[str] = ()) -> None:
        self.domains = frozenset(domains)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name and parameters
        self, server: SMTP, session: Session, envelope: Envelope, host: str, lines: list[str]
    ) -> list[str]:
        """Announce what is kept beside what aiosmtpd keeps by itself; the last line stays the last."""
        del server, envelope
        session.host_name = host
        kept = [line for line in lines if not line.startswith(_NOT_OFFERED)]
        return [*kept[:-1], *_EXTENSIONS, kept[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Begin a transaction."""
        del server, session, options
        if refusal := _refuse_utf8(address, envelope):
            return refusal
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, if its domain is served."""
        del server, session, options
        if address == NULL_PATH:
            return "553 5.1.3 A recipient has an address"
        if refusal := _refuse_utf8(address, envelope):
            return refusal
        if self.domains and not self._serves(domain_of(address)):
            return "550 5.7.1 Mail for this domain is not taken here; emulate --domain names those it is for"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    def _serves(self, domain: str) -> bool:
        try:
            return ascii_domain(domain) in self.domains
        except UsageError:
            return False


def _refuse_utf8(address: str, envelope: Envelope) -> str:
    """Refuse an address beyond ASCII in a transaction that did not ask for such (RFC 6531, section 3.5)."""
    if address.isascii() or envelope.smtp_utf8:
        return ""
    return "553 5.6.7 An address beyond ASCII takes SMTPUTF8 with MAIL"
