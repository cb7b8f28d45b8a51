"""Whom the world asks about the domain: at Cloudflare nothing counts that Cloudflare is not asked for."""

from collections.abc import Sequence

from mail_failover.console.next_step import Again
from mail_failover.doctor.report import Check, Topic, listed
from mail_failover.mail.resolver import Dns
from mail_failover.mail.zone import zone_of

NAME_SERVERS = Topic("dns.name-servers", "Name servers")
# What the names end with that Cloudflare gives to most zones; others only the account tells.
# Source: https://developers.cloudflare.com/dns/nameservers/nameserver-options/
_CLOUDFLARE = ".ns.cloudflare.com"


async def check_name_servers(
    dns: Dns, domain: str, again: Again, zone: str = "", given: Sequence[str] = ()
) -> Check:
    """Check that the domain's name servers are those that Cloudflare has `given` to the zone.

    Without these, which take a token, their names have to do.
    """
    known, zone = bool(zone), zone or await zone_of(dns, domain)
    asked = sorted(
        {name.target.to_text().rstrip(".").lower() for name in (await dns.ask(zone, "NS")).records}
    )
    if not asked:
        return NAME_SERVERS.skipped(
            f"the resolver names none for {zone}", f"Ask another: `{again.ask_another()}`"
        )
    if not given:
        return _by_name(asked, known=known)
    wanted = sorted({name.rstrip(".").lower() for name in given})
    others = [name for name in asked if name not in wanted]
    if not others:
        return NAME_SERVERS.passed(f"{listed(asked)}, as Cloudflare gave them")
    if len(others) == len(asked):
        what = f"{listed(asked)}, not {listed(wanted)}: nobody sees what Cloudflare has of {zone}"
    else:
        what = f"{listed(others)} beside Cloudflare's: not everybody sees what Cloudflare has of {zone}"
    return NAME_SERVERS.failed(
        what,
        f"At your registrar enter {listed(wanted)} for {zone}, and no others. If only your network is told"
        f" of these, ask as the world: `{again.ask_another()}`",
    )


def _by_name(asked: Sequence[str], *, known: bool) -> Check:
    others = [name for name in asked if not name.endswith(_CLOUDFLARE)]
    if not others:
        return NAME_SERVERS.passed(f"{listed(asked)}, Cloudflare's by their names")
    return NAME_SERVERS.warned(
        f"{listed(others)}: by the name not Cloudflare's, and Email Routing serves only a zone that is there",
        "Cloudflare gave none to the zone: make it a full zone in the dashboard, which names them."
        if known
        else "Set CLOUDFLARE_API_TOKEN to have them compared with those that Cloudflare gave to the zone.",
    )
