"""What is said to a server, each conversation ending before DATA."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mail_failover.console.next_step import Again
from mail_failover.mail.conversation import SECONDS, Conversation, SmtpError
from mail_failover.mail.route import has_way_to

from .judge import Seen, judge_certificate, tls_topic


@dataclass(frozen=True, slots=True)
class Probe:
    """How to try the servers.

    `sender` may be empty; `recipient` is for the edge, `mailbox` for the primary; `endpoint` turns a host and
    its address into where to connect; `has_way` tells whether this machine could; `trust` judges
    certificates; `now` is the time in seconds since the epoch; `again` words the next steps.
    """

    sender: str
    recipient: str
    mailbox: str
    seconds: float = SECONDS
    endpoint: Callable[[str, str], tuple[str, int]] = lambda _host, address: (address, 25)
    has_way: Callable[[str], bool] = has_way_to
    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context
    now: Callable[[], float] = time.time
    again: Again = field(default_factory=Again)


async def greet(connection: Conversation, seen: Seen, _probe: Probe) -> None:
    """Hear the banner, and say EHLO."""
    seen.step = "banner"
    seen.reply = await connection.banner()
    seen.banner = seen.reply.words
    if seen.reply.code == 220:
        await _ehlo(connection, seen)


async def ask_edge(connection: Conversation, seen: Seen, probe: Probe) -> None:
    """Ask the edge for the recipient."""
    await greet(connection, seen, probe)
    if seen.greeted:
        await _ask(connection, seen, probe.sender, probe.recipient)


async def ask_primary(connection: Conversation, seen: Seen, probe: Probe) -> None:
    """Look at the primary's TLS, and ask it for its mailbox as far as the conversation goes on from there."""
    await greet(connection, seen, probe)
    if not seen.greeted:
        return
    seen.starttls = "STARTTLS" in connection.extensions
    if not seen.starttls:
        seen.tls = tls_topic(seen.host).warned(
            "no STARTTLS: mail comes in unencrypted, and senders that insist on TLS go to the edge",
            "Turn TLS on in your mail server (Postfix: smtpd_tls_security_level = may).",
        )
    elif not await _encrypt(connection, seen, probe):
        return
    # From here on nothing is said of the server itself any more.
    asked = seen.asked = Seen(seen.host, seen.address, tried=True, banner=seen.banner)
    try:
        if seen.chain:
            await _ehlo(connection, asked)
        if not seen.chain or asked.greeted:
            await _ask(connection, asked, probe.sender, probe.mailbox)
    except SmtpError as error:
        asked.error = error


async def ask_whoever(connection: Conversation, seen: Seen, probe: Probe) -> None:
    """Ask the primary for its mailbox, as senders do that take any certificate."""
    await greet(connection, seen, probe)
    if seen.greeted and "STARTTLS" in connection.extensions:
        _show(seen, await connection.starttls(_any_certificate(), seen.host))
        await _ehlo(connection, seen)
    if seen.greeted:
        await _ask(connection, seen, probe.sender, probe.mailbox)


async def ask_plainly(connection: Conversation, seen: Seen, probe: Probe) -> None:
    """Ask the primary for its mailbox without TLS, as senders do where it fails."""
    await greet(connection, seen, probe)
    if seen.greeted:
        await _ask(connection, seen, probe.sender, probe.mailbox)


async def _ehlo(connection: Conversation, seen: Seen) -> None:
    seen.step = "EHLO"
    seen.reply = await connection.ehlo()


async def _ask(connection: Conversation, seen: Seen, sender: str, recipient: str) -> None:
    for line, step in ((f"MAIL FROM:<{sender}>", "MAIL FROM"), (f"RCPT TO:<{recipient}>", "RCPT TO")):
        seen.step = step
        seen.reply = await connection.say(line, step)
        if seen.reply.code != 250:
            return


async def _encrypt(connection: Conversation, seen: Seen, probe: Probe) -> bool:
    """Judge the TLS of the primary; tell whether the conversation goes on."""
    topic = tls_topic(seen.host)
    try:
        secured = await connection.starttls(probe.trust(), seen.host)
    except ssl.SSLCertVerificationError as error:
        seen.tls = topic.warned(
            f"the certificate is not valid for {seen.host}: {error.verify_message}",
            "Renew it, for this name. Most senders deliver all the same; with MTA-STS or DANE they do not.",
        )
        return False
    except SmtpError as error:
        seen.tls = topic.failed(
            f"STARTTLS is offered, but fails: {error.words}", "See your mail server's log for the cause."
        )
        return False
    seen.tls = judge_certificate(topic, secured, probe.now())
    _show(seen, secured)
    return True


def _show(seen: Seen, secured: ssl.SSLObject) -> None:
    """Keep the certificates that the server sent: all of them from Python 3.13 on, before that its own."""
    sent = getattr(secured, "get_unverified_chain", None)
    own = secured.getpeercert(binary_form=True)
    seen.chain, seen.whole = (tuple(sent()), True) if sent else ((own,) if own else (), False)


def _any_certificate() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
