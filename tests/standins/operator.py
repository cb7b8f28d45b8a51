"""`mail-failover` in a process of its own, whose DNS and whose way to the edge lead to stand-ins.

$OUTSIDE says where they are.
"""

import json
import os
import socket
import sys
from pathlib import Path

# The folder of this file has modules of the same names as others'.
sys.path[0] = str(Path(__file__).resolve().parents[2] / "scripts")

import dns.resolver  # noqa: E402

from mail_failover import cli  # noqa: E402
from mail_failover.drill import send  # noqa: E402

OUTSIDE = json.loads(os.environ["OUTSIDE"])
EDGE = tuple(OUTSIDE["edge"])
CONNECT = socket.create_connection


def _configure(resolver, _file):
    resolver.nameservers, resolver.port = [OUTSIDE["resolver"][0]], OUTSIDE["resolver"][1]


async def _edge_hosts(*_):
    return [send.Host("route1.mx.cloudflare.net", EDGE)]


def _connect(address, *rest, **options):
    return CONNECT(EDGE if address[1] == 25 else address, *rest, **options)


dns.resolver.BaseResolver.read_resolv_conf = _configure
send.edge_hosts = _edge_hosts
socket.create_connection = _connect
if __name__ == "__main__":
    sys.argv[0] = "mail-failover"
    cli.main()
