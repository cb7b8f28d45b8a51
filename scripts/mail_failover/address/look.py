"""What Cloudflare tells of an address before the Worker gets it. Only questions, no changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import WorkerNotFound, ZoneNotFound
from mail_failover.cloudflare.records import host as name_of
from mail_failover.cloudflare.zones import account_of
from mail_failover.settings.files import SPOOL_TOKEN

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which address the Worker is to have: one under workers.dev, or a `host` of the owner's, or none."""

    workers_dev: bool = False
    host: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen: the account, its `subdomain` of workers.dev, notes; or what is `in_the_way`, the fix."""

    account: str = ""
    subdomain: str = ""
    in_the_way: str = ""
    fix: str = ""
    notes: tuple[str, ...] = ()


def look(api: Cloudflare, wish: Wish, worker: str, domain: str, account: str) -> Seen:
    """Ask whether the Worker can have the address; `account` is CLOUDFLARE_ACCOUNT_ID, or empty.

    Raises:
        ApiError: by meaning; then nobody knows.

    """
    if wish.host:
        return _host(api, wish.host, worker, account)
    account = account or account_of([api.zone_by_name(domain)] if domain else api.zones())
    subdomain = api.subdomain(account)
    if subdomain:
        return Seen(account, subdomain)
    return Seen(
        in_the_way="The account has no workers.dev subdomain yet, without which the deploy would fail.",
        fix=f"Choose one at https://dash.cloudflare.com/{account}/workers/onboarding, then run this again;"
        " or take a name of your own: `setup door --route HOST`.",
    )


def has_token(api: Cloudflare, account: str, worker: str) -> bool:
    """Tell whether the Worker, as it is deployed, has a token for its door.

    Raises:
        ApiError: by meaning; then nobody knows.

    """
    try:
        return SPOOL_TOKEN in api.script_secrets(account, worker)
    except WorkerNotFound:
        return False


def _host(api: Cloudflare, host: str, worker: str, account: str) -> Seen:
    try:
        zone = api.zone_by_name(host, account)
    except ZoneNotFound as error:
        return Seen(in_the_way=f"{host} lies in no zone of the account: {error.what}", fix=error.fix)
    name, holder = name_of(str(zone["name"])), str((zone.get("account") or {}).get("id") or "")
    if account and holder and holder != account:
        return Seen(
            in_the_way=f"{name} belongs to the account {holder}; CLOUDFLARE_ACCOUNT_ID names {account}.",
            fix="Set it to the zone's account, or unset it: a Worker has names of its own account only.",
        )
    if zone.get("status", "active") != "active":
        return Seen(
            in_the_way=f"{name} is {zone.get('status')}: Cloudflare does not serve its DNS yet.",
            fix="Set the name servers that Cloudflare gave you at your registrar; then run this again.",
        )
    records = api.dns_records(str(zone["id"]))
    if why := _carries_mail(records, host, name):
        return Seen(
            in_the_way=f"{host} {why}: with the Worker in its place mail would go astray.",
            fix=f"Take a name that nothing uses, like spool.{name}.",
        )
    there = ", ".join(f"{r['type']} {r['content']}" for r in records if name_of(str(r["name"])) == host)
    if not there or host in api.custom_domains(holder or account, worker):
        return Seen(holder or account)
    note = f"{host} exists already ({there}): the deploy puts the Worker in its place."
    return Seen(holder or account, notes=(note,))


def _carries_mail(records: Sequence[Json], host: str, zone: str) -> str:
    """Say how mail depends on a host, if it does."""
    exchangers = [record for record in records if record["type"] == "MX"]
    if host == zone:
        return "is the domain itself"
    if any(name_of(str(record["name"])) == host for record in exchangers):
        return "has MX records"
    if any(name_of(str(record["content"])) == host for record in exchangers):
        return "is a mail server, named by an MX record"
    return ""
