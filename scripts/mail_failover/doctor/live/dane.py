"""DANE (RFC 7672): to careful senders, a server is down if its certificate does not fit its TLSA record."""

import shlex
from collections.abc import Sequence

from mail_failover.doctor.report import Check, Status, Topic, listed
from mail_failover.mail.resolver import (
    Answer,
    Dns,
    DnsError,
    DnsFailureError,
    DnsTimeoutError,
    DnsUnreadableError,
)
from mail_failover.mail.tlsa import END_ENTITY, TRUST_ANCHOR, CertificateError, Tlsa, distrust, fitting
from mail_failover.mail.zone import zone_of

from .judge import Seen
from .talk import Probe

_TO_EDGE = "senders with DANE take the host for down, and bring all their mail to the edge"


async def check_dane(dns: Dns, seen: Seen, probe: Probe) -> Check:
    """Check that the TLSA records of one of the primary's hosts, if it has any, fit what it sends."""
    topic = Topic("live.dane", f"DANE of {seen.host}")
    another = f"`{probe.again.doctor('--live', '--resolver', '1.1.1.1')}`"
    try:
        return await _check(dns, topic, seen, probe, another)
    except DnsError as error:
        return topic.skipped(str(error), f"Ask another resolver: {another}")


async def _check(dns: Dns, topic: Topic, seen: Seen, probe: Probe, another: str) -> Check:
    name = f"_25._tcp.{seen.host}"
    try:
        answer = await _records(dns, name)
    except DnsUnreadableError as error:
        return topic.warned(
            f"{error}: nothing was compared",
            f"Correct the record: the hash of a 3 1 1 has 64 digits.{_right(name, seen)}",
        )
    except DnsFailureError as error:
        if not await _is_signed(dns, seen.host):
            raise
        return topic.failed(
            f"{error}: {_TO_EDGE} (RFC 7672, section 2.1.1)",
            f"See https://dnsviz.net/d/{name}/dnssec/ for the cause.",
        )
    if not answer.records:
        return topic.passed(f"no TLSA record {name}: none that could be out of date")
    ignored = await _ignored(dns, seen.host, topic, another, secure=answer.secure)
    records = [Tlsa(each.usage, each.selector, each.mtype, each.cert) for each in answer.records]
    return ignored or _judge(topic, name, records, seen, probe)


async def _records(dns: Dns, name: str) -> Answer:
    try:
        return await dns.ask(name, "TLSA")
    except DnsTimeoutError as error:
        try:
            return await dns.ask_by_tcp(name, "TLSA")
        except DnsUnreadableError:
            raise
        except DnsError:
            raise error from None


def _right(name: str, seen: Seen) -> str:
    """Show the record that fits now, if that can be known."""
    try:
        return f" This one fits now: `{name}. IN TLSA {fitting(seen.chain[0]).text}`" if seen.chain else ""
    except CertificateError:
        return ""


async def _ignored(dns: Dns, host: str, topic: Topic, another: str, *, secure: bool) -> Check | None:
    """Say why senders pass over the records: they count only if DNSSEC vouches for them and the address."""
    if secure and await _is_signed(dns, host):
        return None
    zone = await zone_of(dns, host)
    if not secure and (await dns.ask(zone, "DS")).records:
        return topic.skipped(
            f"{host} has TLSA records, but this resolver does not validate DNSSEC",
            f"Ask one that does: {another}",
        )
    what = f"the address of {host}" if secure else zone
    return topic.warned(
        f"{host} has TLSA records, but {what} is not signed with DNSSEC: senders pass over them",
        "Switch DNSSEC on at Cloudflare (DNS, Settings) and your registrar, or remove the TLSA records.",
    )


async def _is_signed(dns: Dns, host: str) -> bool:
    """Tell whether the resolver has validated a host's addresses."""
    for kind in ("A", "AAAA"):
        try:
            answer = await dns.ask(host, kind)
        except DnsError:
            continue
        if answer.records and answer.secure:
            return True
    return False


def _judge(topic: Topic, name: str, records: Sequence[Tlsa], seen: Seen, probe: Probe) -> Check:
    if not seen.greeted:
        return topic.skipped("there was no conversation to see a certificate in")
    broken = seen.tls is not None and seen.tls.status is Status.FAIL
    if broken or not seen.starttls:
        return topic.failed(
            f"{name} has TLSA records, but {'TLS fails' if broken else 'there is no STARTTLS'}: {_TO_EDGE}",
            "Turn TLS on in your mail server, or remove the TLSA records.",
        )
    if not seen.chain:
        return topic.skipped("the certificate was not seen: the second conversation ended before")
    try:
        return _compare(topic, name, records, seen, probe)
    except CertificateError as error:
        return topic.skipped(f"the server's certificate can't be compared: {error}")


def _compare(topic: Topic, name: str, records: Sequence[Tlsa], seen: Seen, probe: Probe) -> Check:
    own, right = seen.chain[0], _right(name, seen)
    useless = [f"{record} ({record.unusable})" for record in records if record.unusable]
    usable = [record for record in records if not record.unusable]
    also = f"; senders pass over {listed(useless)}" if useless else ""
    if not usable:
        return topic.warned(
            f"{listed(useless)}: none that senders of mail use, so none that protects anything",
            f"Replace them.{right}",
        )
    fits = [record for record in usable if record.usage == END_ENTITY and record.covers(own)]
    if fits:
        return topic.passed(f"{fits[0]} fits the certificate ({len(usable)} usable){also}")
    anchors = [record for record in usable if record.usage == TRUST_ANCHOR]
    if anchors and not seen.whole:
        return _left_open(topic, anchors, seen.host)
    names = (seen.host, probe.mailbox.rpartition("@")[2].lower())
    why = distrust(anchors, seen.chain, names, probe.now()) if anchors else "none is of its key"
    if not why:
        return topic.passed(f"{listed(anchors)} vouches for the certificate{also}")
    return topic.failed(
        f"{listed(usable)}: none fits the certificate that the server sends ({why}): {_TO_EDGE}{also}",
        "Replace those that do not fit; one of the key stays right as long as renewals keep that (certbot: "
        f"--reuse-key).{right}",
    )


def _left_open(topic: Topic, anchors: Sequence[Tlsa], host: str) -> Check:
    ask = ["openssl", "s_client", "-starttls", "smtp", "-connect", f"{host}:25", "-verify_return_error"]
    ask += ["-dane_tlsa_domain", host]
    for anchor in anchors[:4]:
        ask += ["-dane_tlsa_rrdata", anchor.text]
    return topic.skipped(
        f"{listed(anchors)}: of an authority, and before Python 3.13 its certificate can't be seen",
        f"Run this with Python 3.13 or later, or ask openssl: `{shlex.join(ask)} </dev/null`",
    )
