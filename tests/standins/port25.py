"""The servers of a domain on port 25, and the live checks run against them."""

import asyncio
import contextlib
import ssl

from mail_failover.doctor.live.talk import Probe
from mail_failover.doctor.live.visit import live_checks
from mail_failover.mail.exchangers import exchangers_of
from mail_failover.mail.resolver import Dns
from mail_failover.mail.route import family_of
from standins.nameserver import NameServer

ZONE = """
    shop.test.                MX 10 mail.shop.test.
    shop.test.                MX 20 route1.mx.cloudflare.net.
    shop.test.                MX 21 route2.mx.cloudflare.net.
    mail.shop.test.           A  127.0.0.1
    route1.mx.cloudflare.net. A  127.0.0.1
    route2.mx.cloudflare.net. A  127.0.0.1
"""
PRIMARY, EDGE, SECOND = "mail.shop.test", "route1.mx.cloudflare.net", "route2.mx.cloudflare.net"
SECONDS = 0.3


async def check(servers, zone=ZONE, faults=None, **options):
    """Run the live checks and return them by title; a host without a server refuses connections.

    A server is that of a host, or of a host and one of its families of addresses; `faults` are the name
    server's.
    """
    async with contextlib.AsyncExitStack() as stack:
        ports = {}
        for host, server in servers.items():
            listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
            await stack.enter_async_context(listening)
            ports[host] = listening.sockets[0].getsockname()[1]
        name_server = NameServer(zone, **(faults or {}))
        dns = Dns(stack.enter_context(name_server.serving()), options.pop("dns_seconds", 5.0))
        probe = Probe(
            options.pop("sender", ""),
            "anyone@shop.test",
            options.pop("mailbox", "postmaster@shop.test"),
            options.pop("seconds", SECONDS),
            lambda host, address: (
                "127.0.0.1",
                ports.get((host, family_of(address)), ports.get(host, 1)),
            ),
            **options,
        )
        found = await live_checks(dns, await exchangers_of(dns, "shop.test"), probe)
        return {each.title: each for each in found}


def checks(*, primary=None, edge=None, second=None, **options):
    """Run the live checks against one server each."""
    servers = {PRIMARY: primary, EDGE: edge, SECOND: second or edge}
    return asyncio.run(check({host: server for host, server in servers.items() if server}, **options))


def judged(each):
    """Return the status as text."""
    return each.status.value


def trusting(certificate):
    """Return what makes contexts that trust the certificate."""
    return lambda: ssl.create_default_context(cafile=str(certificate / "cert.pem"))
