"""Which addresses this machine could send to at all."""

import ipaddress
import socket


def family_of(address: str) -> str:
    """Return IPv4 or IPv6; empty for no address."""
    return f"IPv{ipaddress.ip_address(address).version}" if address else ""


def has_way_to(address: str) -> bool:
    """Tell whether this machine has a route to an address, and for one in the world an address of its own.

    Nothing is sent: a datagram socket only looks up the route when it connects. Behind NAT an IPv4 address
    of its own need not be one of the world's; with IPv6 a private one leads nowhere.
    """
    target = ipaddress.ip_address(address)
    family = socket.AF_INET if target.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 25))
            own = ipaddress.ip_address(probe.getsockname()[0].partition("%")[0])
    except OSError:
        return False
    return target.version == 4 or not target.is_global or own.is_global
