"""What `mail-failover setup` looks at first: the zone, the settings, the journal, the outside."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.records import host
from mail_failover.console.next_step import Again
from mail_failover.errors import UsageError
from mail_failover.mail.resolver import ascii_domain
from mail_failover.settings.local import Local, domain_of, read_local
from mail_failover.setup.journal.journal import Journal
from mail_failover.setup.journal.ownership import gone_with_switch
from mail_failover.setup.plan.goal import Outside, Wish
from mail_failover.setup.snapshot import Snapshot, read

from .options import Options
from .outside import Outlook, ask

FOLDER = ".mail-failover"
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
    again: Again

    @property
    def unfinished(self) -> Snapshot | None:
        """The domain before an apply that did not finish."""
        return _unfinished(self.journal, self.now)


def look(
    api: Cloudflare, options: Options, env: Mapping[str, str], outlook: Outlook, *, wish: bool
) -> Looking:
    """Read everything; `wish` says whether the settings matter.

    Raises:
        UsageError: an option or a file can't be used.
        ApiError: by meaning.

    """
    local = read_local(options.config)
    domain = ascii_domain(options.domain or domain_of(local))
    again = replace(options.again, domain=domain)
    wanted = _wish(options, local, again) if wish else Wish("", ())
    folder = (local.path.parent if local else Path()) / FOLDER
    wanted_account = env.get("CLOUDFLARE_ACCOUNT_ID", "").strip()
    zone = api.zone_by_name(domain, wanted_account)
    if ascii_domain(str(zone["name"])) != domain:
        raise UsageError(
            f"--domain {domain}: Email Routing is set up for whole zones.",
            f"Name {zone['name']}, or make a zone of this subdomain.",
        )
    account_id = str((zone.get("account") or {}).get("id") or wanted_account)
    if wanted_account not in {"", account_id}:
        raise UsageError(
            f"CLOUDFLARE_ACCOUNT_ID is another account than that of the zone {zone['name']}.", "Unset it."
        )
    name = host(str(zone["name"]))
    journal = Journal.latest(folder, name)
    now = read(api, name, zone, account_id)
    outside = ask(now, _unfinished(journal, now), outlook) if wish else Outside()
    return Looking(api, account_id, now, wanted, outside, journal, folder, again)


def _unfinished(journal: Journal | None, now: Snapshot) -> Snapshot | None:
    """Return the domain before an apply that did not finish, without the MX that its owner removed since."""
    if journal is None or journal.state != "open":
        return None
    before = journal.before
    there = {host(str(record["content"])) for record in now.own} | gone_with_switch(journal)
    retired = [record["id"] for record in before.own if host(str(record["content"])) not in there]
    return replace(before, records=[r for r in before.records if r["id"] not in retired])


def _wish(options: Options, local: Local | None, again: Again) -> Wish:
    worker = options.worker or (local.name if local else "")
    inboxes = options.inboxes or (local.inboxes if local else ())
    if not worker:
        raise UsageError("No Worker is named.", "Run this where wrangler.toml is, or add --worker NAME.")
    if not options.inboxes and local:
        wrong = [problem for problem in local.problems if problem.startswith(_SETTINGS)]
        if wrong:
            raise UsageError(f"{local.path}: {'; '.join(wrong)}.")
    bad = [
        email for email in inboxes if email.count("@") != 1 or email.startswith("@") or email.endswith("@")
    ]
    if bad:
        raise UsageError(f"--inbox {bad[0]}: not a mail address.", "Write it like you@example.net.")
    unique = {email.lower(): email for email in inboxes}
    return Wish(worker, tuple(unique.values()), again)
