"""What `mail-failover setup` looks at first: the zone, the settings, the journal, the outside."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError
from mail_failover.cloudflare.records import host, text
from mail_failover.errors import UsageError
from mail_failover.mail import mta_sts
from mail_failover.mail.mta_sts import PolicyError, fetch_policy, read_policy
from mail_failover.mail.resolver import ascii_domain
from mail_failover.mail.spf.lookups import Count, Resolve, count
from mail_failover.mail.spf.record import INCLUDE, is_spf
from mail_failover.settings.local import Local, domain_of, read_local
from mail_failover.setup.journal.journal import Journal
from mail_failover.setup.journal.ownership import gone_with_switch
from mail_failover.setup.plan.advice import Outside, Wish
from mail_failover.setup.plan.plan import NoGoal, wanted_spf

from .snapshot import Snapshot, read, uses

if TYPE_CHECKING:
    from .options import Options

FOLDER = ".mail-failover"
_DNS_SECONDS = 3.0
_SETTINGS = ("FALLBACK_INBOXES", "ROUTES", "addresses", "name")


@dataclass(frozen=True, slots=True)
class Looking:
    """What was seen."""

    api: Cloudflare
    account_id: str
    now: Snapshot
    wish: Wish
    outside: Outside
    journal: Journal | None
    folder: Path

    @property
    def unfinished(self) -> Snapshot | None:
        """The domain before an apply that did not finish."""
        return _unfinished(self.journal, self.now)


class DnsResolve:
    """Asks the system's resolver; after one that does not answer, nothing more is asked."""

    def __init__(self) -> None:
        self._dead = False

    def __call__(self, name: str, kind: str) -> Sequence[str]:
        """Return the records as text.

        Raises:
            OSError: there is no answer to be had.

        """
        import dns.exception  # noqa: PLC0415 - costs time, and is not always needed
        import dns.resolver  # noqa: PLC0415

        if self._dead:
            raise OSError("no answer from the resolver before")
        try:
            found = dns.resolver.resolve(
                f"{name}.", kind, raise_on_no_answer=False, search=False, lifetime=_DNS_SECONDS
            )
        except dns.resolver.NXDOMAIN:
            return []
        except dns.resolver.NoNameservers as error:
            raise OSError(str(error)) from error
        except (dns.exception.DNSException, UnicodeError) as error:
            self._dead = True
            raise OSError(str(error)) from error
        if kind == "TXT":
            return [b"".join(record.strings).decode("utf-8", "replace") for record in found.rrset or ()]
        return [record.to_text() for record in found.rrset or ()]


def fetch(address: str) -> str:
    """Fetch an MTA-STS policy.

    Raises:
        PolicyError: it can't be had.

    """
    return asyncio.run(fetch_policy(address, None))


@dataclass(frozen=True, slots=True)
class Outlook:
    """How the outside is asked: the DNS, and the web server of an MTA-STS policy."""

    resolve: Resolve = field(default_factory=DnsResolve)
    fetch: Callable[[str], str] = fetch


def look(
    api: Cloudflare, options: "Options", env: Mapping[str, str], outlook: Outlook, *, wish: bool
) -> Looking:
    """Read everything; `wish` says whether the settings matter.

    Raises:
        UsageError: an option or a file can't be used.
        ApiError: by meaning.

    """
    local = read_local(options.config)
    domain = ascii_domain(options.domain or domain_of(local))
    wanted = _wish(options, local) if wish else Wish("", ())
    folder = (local.path.parent if local else Path()) / FOLDER
    wanted_account = env.get("CLOUDFLARE_ACCOUNT_ID", "").strip()
    zone = api.zone_by_name(domain, wanted_account)
    if ascii_domain(str(zone["name"])) != domain:
        raise UsageError(
            f"--domain {domain}: Email Routing is set up for whole zones; name {zone['name']},"
            " or make a zone of this subdomain."
        )
    account_id = str((zone.get("account") or {}).get("id") or wanted_account)
    if wanted_account not in {"", account_id}:
        raise UsageError(
            f"CLOUDFLARE_ACCOUNT_ID is another account than that of the zone {zone['name']}; unset it."
        )
    name = host(str(zone["name"]))
    journal = Journal.latest(folder, name)
    now = read(api, name, zone, account_id)
    outside = _outside(now, _unfinished(journal, now), outlook) if wish else Outside()
    return Looking(api, account_id, now, wanted, outside, journal, folder)


def _unfinished(journal: Journal | None, now: Snapshot) -> Snapshot | None:
    """Return the domain before an apply that did not finish, without the MX that its owner removed since."""
    if journal is None or journal.state != "open":
        return None
    before = journal.before
    there = {host(str(record["content"])) for record in now.own} | gone_with_switch(journal)
    retired = [record["id"] for record in before.own if host(str(record["content"])) not in there]
    return replace(before, records=[r for r in before.records if r["id"] not in retired])


def in_use(looking: Looking, journal: Journal) -> dict[str, str]:
    """Return where else the inboxes that this apply added are used, or may be."""
    added = {s["change"]["email"].lower() for s in journal.steps if s["kind"] == "AddInbox"}
    if not added:
        return {}
    for folder in sorted(looking.folder.glob("*/")):
        if folder.name != looking.now.domain and any(folder.glob("*.json")):
            try:
                other = Journal.latest(looking.folder, folder.name)
            except UsageError as error:
                where = f"{folder.name}, for all we know: {str(error).rstrip('.')}"
                return dict.fromkeys(added, where)
            if other:
                return dict.fromkeys(added, f"{folder.name}, which is set up as well")
    found: dict[str, str] = {}
    for zone in looking.api.zones():
        same = (zone.get("account") or {}).get("id") in {None, looking.account_id}
        if same and zone.get("id") != looking.now.zone_id:
            used = _used_by(looking.api, zone, added, journal.worker)
            found |= dict.fromkeys(used, f"the zone {zone.get('name')}")
    return found


def _used_by(api: Cloudflare, zone: Json, emails: set[str], worker: str) -> set[str]:
    try:
        rules = [*api.rules(str(zone["id"])), api.catch_all(str(zone["id"]))]
    except ApiError:
        # Whether they are used there can't be known, so they stay.
        return emails
    return {email for email in emails if any(uses(rule, email, worker) for rule in rules)}


def _wish(options: "Options", local: Local | None) -> Wish:
    worker = options.worker or (local.name if local else "")
    inboxes = options.inboxes or (local.inboxes if local else ())
    if not worker:
        raise UsageError("No Worker is named: run this where wrangler.toml is, or add --worker NAME.")
    if not options.inboxes and local:
        wrong = [problem for problem in local.problems if problem.startswith(_SETTINGS)]
        if wrong:
            raise UsageError(f"{local.path}: {'; '.join(wrong)}.")
    bad = [
        email for email in inboxes if email.count("@") != 1 or email.startswith("@") or email.endswith("@")
    ]
    if bad:
        raise UsageError(f"--inbox {bad[0]}: not a mail address; write it like you@example.net.")
    unique = {email.lower(): email for email in inboxes}
    return Wish(worker, tuple(unique.values()))


def _honest(resolve: Resolve) -> Resolve:
    """Return the resolver, or a silent one for a resolver that denies what is certainly there."""

    def silent(_name: str, _kind: str) -> Sequence[str]:
        raise OSError("the resolver does not tell the truth")

    try:
        return resolve if any(map(is_spf, resolve(INCLUDE, "TXT"))) else silent
    except OSError:
        return silent


def _outside(now: Snapshot, unfinished: Snapshot | None, outlook: Outlook) -> Outside:
    counted: Count | None
    try:
        counted = count(now.domain, text(wanted_spf(now, unfinished)), _honest(outlook.resolve))
    except NoGoal:
        counted = None
    if not _announces_policy(now):
        return Outside(counted)
    try:
        return Outside(counted, read_policy(outlook.fetch(mta_sts.url(now.domain))))
    except PolicyError as error:
        return Outside(counted, None, str(error))


def _announces_policy(now: Snapshot) -> bool:
    """Tell whether the zone announces a policy (section 3.1); a CNAME leads to the provider's record."""
    return any(
        record.get("type") == "CNAME" or (record.get("type") == "TXT" and mta_sts.is_record(text(record)))
        for record in now.at(f"_mta-sts.{now.domain}")
    )
