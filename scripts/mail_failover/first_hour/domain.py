"""The domain: which of the token's zones, what its MX records are, and what stands in the way."""

from collections.abc import Iterator

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.errors import ZoneNotFound
from mail_failover.cloudflare.records import host, priority
from mail_failover.cloudflare.zones import ascii_name, unfit
from mail_failover.console.exit_codes import PROBLEM, USAGE
from mail_failover.errors import UsageError
from mail_failover.mail.edge import EDGE_SUFFIX
from mail_failover.mail.hosted import company_of
from mail_failover.mail.resolver import ascii_domain, ascii_host
from mail_failover.settings.files import ACCOUNT, ACCOUNT_FILE, DOMAIN
from mail_failover.settings.local import domain_of

from .hour import Hour
from .step import State, Stop


def look(hour: Hour) -> State:
    """Find the domain, and whether its zone can have a fallback."""
    try:
        name = hour.options.domain or domain_of(hour.local, hour.env, lambda: _names(hour))
    except UsageError as error:
        return State(False, error.what.rstrip("."), error.fix.rstrip("."))
    try:
        hour.zone = _zone(hour, name)
    except (UsageError, ZoneNotFound) as error:
        # Whoever names one, here or in a file, means no other.
        raise Stop(USAGE, error.what, error.fix, type(error).__name__) from error
    hour.domain = ascii_name(hour.zone)
    if problems := hour.problems():
        return State(False, "; ".join(problem.rstrip(".") for problem in problems), "Mend that")
    if _unwritten(hour):
        return State(False, f"{hour.domain} is not written down yet", "Go on, and it is")
    return State(True, f"{hour.domain}: {'; '.join(_exchangers(hour))}")


def do(hour: Hour) -> None:
    """Let one of the zones be chosen, and write down which."""
    if not hour.zone:
        hour.zone = _chosen(hour)
        hour.domain = ascii_name(hour.zone)
    if problems := hour.problems():
        hour.voice.say(f"{hour.domain} has these MX records:")
        hour.voice.lines((f"  {line}", "") for line in [*_exchangers(hour)] or ["none"])
        hour.voice.lines((f"In the way: {problem}", "bold red") for problem in problems)
        raise Stop(PROBLEM, f"{hour.domain} can't have a fallback as it is.", "Mend that.", "InTheWay")
    hour.remember(ACCOUNT_FILE, _unwritten(hour))


def records(hour: Hour) -> list[Json]:
    """Return the MX records of the domain itself, the first choice first."""
    found = hour.api().dns_records(str(hour.zone["id"]))
    at = [each for each in found if each["type"] == "MX" and host(str(each["name"])) == hour.domain]
    return sorted(at, key=priority)


def _zone(hour: Hour, name: str) -> Json:
    """Return the domain's zone.

    Raises:
        UsageError, ZoneNotFound: it has none of its own.

    """
    zone = hour.api().zone_by_name(ascii_domain(name), hour.env.get(ACCOUNT, ""))
    if ascii_name(zone) == ascii_domain(name):
        return zone
    fix = f"Name the whole zone, {zone['name']}: Email Routing is set up for whole zones."
    raise UsageError(f"{name} is a part of the zone {zone['name']}.", fix)


def _unwritten(hour: Hour) -> dict[str, str]:
    """Return what of the domain and its account is not written down, or is otherwise."""
    env = hour.env
    found = {DOMAIN: ascii_host(env.get(DOMAIN, "").strip()), ACCOUNT: env.get(ACCOUNT, "")}
    wanted = {DOMAIN: hour.domain, ACCOUNT: hour.account}
    return {name: value for name, value in wanted.items() if found[name] != value}


def _names(hour: Hour) -> list[str]:
    return list(map(ascii_name, hour.api().zones()))


def _exchangers(hour: Hour) -> Iterator[str]:
    """Say of each MX record whose server it is."""
    for record in records(hour):
        name = host(str(record["content"]))
        if name.endswith(EDGE_SUFFIX):
            whose = "Cloudflare's edge"
        elif company := company_of(name):
            whose = f"{company}'s, not a server of your own"
        else:
            whose = "your own server"
        yield f"MX {priority(record)} {name} ({whose})"


def _chosen(hour: Hour) -> Json:
    """Let one of the zones be chosen that can have Email Routing."""
    zones = hour.api().zones()
    fit = [zone for zone in zones if unfit(zone) is None]
    if not fit:
        what = " ".join(each.what for each in map(unfit, zones) if each)
        raise Stop(PROBLEM, what, "Add a domain to Cloudflare as a full zone.", "ZoneUnfit")
    if len(fit) == 1:
        return fit[0]
    hour.need("Name one: --domain example.com.")
    hour.voice.say("Whose mail is it?")
    return fit[hour.world.ask.choose("Which domain?", [str(zone["name"]) for zone in fit])]
