"""The domain: which of the token's zones, what its MX records are, and what stands in the way."""

from collections.abc import Iterator, Sequence

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.errors import ApiError, ZoneNotFound
from mail_failover.cloudflare.records import host, priority
from mail_failover.cloudflare.zones import ascii_name, unfit
from mail_failover.console.exit_codes import API, PROBLEM, USAGE
from mail_failover.errors import UsageError
from mail_failover.mail.edge import EDGE_SUFFIX
from mail_failover.mail.hosted import company_of
from mail_failover.mail.resolver import ascii_domain
from mail_failover.settings.files import ACCOUNT_FILE, DOMAIN
from mail_failover.settings.local import domain_of

from .hour import ACCOUNT, Hour
from .step import State, Stop


def look(hour: Hour) -> State:
    """Find the domain, and whether its zone can have a fallback."""
    try:
        zones = hour.api().zones()
        name = hour.options.domain or domain_of(hour.local, hour.env, lambda: list(map(ascii_name, zones)))
        zone = hour.api().zone_by_name(ascii_domain(name), hour.env.get(ACCOUNT, ""))
    except (UsageError, ZoneNotFound) as error:
        if hour.options.domain:
            raise Stop(USAGE, error.what, error.fix) from error
        return State(False, error.what.rstrip("."), error.fix.rstrip("."))
    except ApiError as error:
        raise Stop(API, error.what, error.fix) from error
    if ascii_name(zone) != ascii_domain(name):
        fix = f"Name the whole zone, {zone['name']}: Email Routing is set up for whole zones"
        return State(False, f"{name} is a part of the zone {zone['name']}", fix)
    hour.with_domain(zone, ascii_name(zone))
    problems = hour.problems()
    if problems:
        return State(False, "; ".join(problem.rstrip(".") for problem in problems), "Mend that")
    if hour.env.get(DOMAIN) != hour.domain or hour.env.get(ACCOUNT, "") != hour.account:
        return State(False, f"{hour.domain} is not written down yet", "Go on, and it is")
    return State(True, f"{hour.domain}: {'; '.join(exchangers(records(hour)))}")


def do(hour: Hour) -> None:
    """Let one of the zones be chosen, and write down which."""
    if not hour.zone:
        _choose(hour)
    hour.voice.say(f"{hour.domain} has these MX records:")
    hour.voice.lines((f"  {line}", "") for line in exchangers(records(hour)) or ["none"])
    if problems := hour.problems():
        hour.voice.lines((f"In the way: {problem}", "bold red") for problem in problems)
        what = f"{hour.domain} can't have a fallback as it is."
        raise Stop(PROBLEM, what, "Mend that; then run this again.")
    hour.remember(ACCOUNT_FILE, {DOMAIN: hour.domain, ACCOUNT: hour.account})


def records(hour: Hour) -> list[Json]:
    """Return the MX records of the domain itself."""
    try:
        found = hour.api().dns_records(str(hour.zone["id"]))
    except ApiError as error:
        raise Stop(API, error.what, error.fix) from error
    at = [each for each in found if each["type"] == "MX" and host(str(each["name"])) == hour.domain]
    return sorted(at, key=priority)


def exchangers(records: Sequence[Json]) -> list[str]:
    """Say of each MX record whose server it is."""
    return list(_exchangers(records))


def _exchangers(records: Sequence[Json]) -> Iterator[str]:
    for record in records:
        name = host(str(record["content"]))
        if name.endswith(EDGE_SUFFIX):
            whose = "Cloudflare's edge"
        elif company := company_of(name):
            whose = f"{company}'s, not a server of your own"
        else:
            whose = "your own server"
        yield f"MX {priority(record)} {name} ({whose})"


def _choose(hour: Hour) -> None:
    zones = hour.api().zones()
    fit = [zone for zone in zones if unfit(zone) is None]
    if not fit:
        what = " ".join(each.what for each in map(unfit, zones) if each)
        raise Stop(PROBLEM, what or "The token sees no zone.", "Add the domain to Cloudflare as a full zone.")
    names = [str(zone["name"]) for zone in fit]
    hour.need(f"Which of {len(zones)} zones is meant is not known", "--domain example.com")
    hour.voice.say("Whose mail is it?")
    zone = fit[hour.world.ask.choose("Which domain?", names)] if len(fit) > 1 else fit[0]
    hour.with_domain(zone, ascii_name(zone))
