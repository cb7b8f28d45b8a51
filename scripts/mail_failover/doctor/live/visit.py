"""The servers themselves: whether the primary answers, and whether the edge takes mail for the domain."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from mail_failover.console.next_step import Again
from mail_failover.doctor.report import Check, Topic
from mail_failover.mail.conversation import SECONDS, Conversation, SmtpError, conversation
from mail_failover.mail.exchangers import Exchangers
from mail_failover.mail.resolver import Dns, DnsError

from .judge import Seen, judge_certificate, judge_edge, judge_port, judge_primary, tls_topic

MOST_HOSTS = 3


@dataclass(frozen=True, slots=True)
class Probe:
    """How to try the servers.

    `sender` may be empty; `endpoint` turns a host and its address into where to connect; `trust` judges
    certificates; `now` is the time in seconds since the epoch; `again` words the next steps.
    """

    sender: str
    recipient: str
    seconds: float = SECONDS
    endpoint: Callable[[str, str], tuple[str, int]] = lambda _host, address: (address, 25)
    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context
    now: Callable[[], float] = time.time
    again: Again = field(default_factory=Again)


Talk = Callable[[Conversation, Seen, Probe], Awaitable[None]]


async def live_checks(dns: Dns, found: Exchangers, probe: Probe) -> list[Check]:
    """Try up to three hosts of the primary and three of the edge, all at once."""
    if not found.all:
        return [Topic("live.edge", "Edge").skipped("there is no MX record to try")]
    own, edge = found.own[:MOST_HOSTS], found.edge[:MOST_HOSTS]
    seen = await asyncio.gather(
        *(_visit(dns, exchanger.host, probe, _greet_primary) for exchanger in own),
        *(_visit(dns, exchanger.host, probe, _ask_edge) for exchanger in edge),
    )
    primaries, edges = seen[: len(own)], seen[len(own) :]
    port, plan = judge_port(primaries, edges), probe.again.setup("plan")
    checks = []
    for each in primaries:
        checks.append(judge_primary(each, port, plan))
        checks.append(each.tls or tls_topic(each.host).skipped("there was no conversation to encrypt"))
    return checks + [judge_edge(each, port, probe.sender, probe.recipient, plan) for each in edges]


async def _visit(dns: Dns, host: str, probe: Probe, talk: Talk) -> Seen:
    seen = Seen(host)
    try:
        address = await _address(dns, host)
        seen.tried = True
        async with conversation(probe.endpoint(host, address), probe.seconds) as connection:
            await talk(connection, seen, probe)
    except SmtpError as error:
        seen.error = error
    return seen


async def _address(dns: Dns, host: str) -> str:
    try:
        addresses = await dns.addresses(host)
    except DnsError as error:
        raise SmtpError("connect", "unreachable", str(error)) from error
    if not addresses:
        raise SmtpError("connect", "unreachable", "the host has no address")
    return addresses[0]


async def _greet_primary(connection: Conversation, seen: Seen, probe: Probe) -> None:
    if not await _greet(connection, seen):
        return
    topic = tls_topic(seen.host)
    if "STARTTLS" not in connection.extensions:
        seen.tls = topic.warned(
            "no STARTTLS: mail comes in unencrypted, and senders that insist on TLS go to the edge",
            "Turn TLS on in your mail server (Postfix: smtpd_tls_security_level = may).",
        )
        return
    try:
        secured = await connection.starttls(probe.trust(), seen.host)
    except ssl.SSLCertVerificationError as error:
        seen.tls = topic.warned(
            f"the certificate is not valid for {seen.host}: {error.verify_message}",
            "Renew it, for this name. Most senders deliver all the same; with MTA-STS or DANE they do not.",
        )
    except SmtpError as error:
        seen.tls = topic.failed(
            f"STARTTLS is offered, but fails: {error.words}", "See your mail server's log for the cause."
        )
    else:
        seen.tls = judge_certificate(topic, secured, probe.now())


async def _ask_edge(connection: Conversation, seen: Seen, probe: Probe) -> None:
    if not await _greet(connection, seen):
        return
    for line, step in (
        (f"MAIL FROM:<{probe.sender}>", "MAIL FROM"),
        (f"RCPT TO:<{probe.recipient}>", "RCPT TO"),
    ):
        seen.step, seen.reply = step, await connection.say(line, step)
        if seen.reply.code != 250:
            return


async def _greet(connection: Conversation, seen: Seen) -> bool:
    seen.step, seen.reply = "banner", await connection.banner()
    seen.banner = seen.reply.words
    if seen.reply.code != 220:
        return False
    seen.step, seen.reply = "EHLO", await connection.ehlo()
    return seen.reply.code == 250
