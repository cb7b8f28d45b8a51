"""What there is of it in the account. Only questions, no changes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.calls import Cloudflare

from . import kept, ways
from .kept import Kept
from .removal import Removal
from .ways import Way, Ways

_OURS = frozenset({"FALLBACK_INBOXES", "ROUTES", "DOMAINS"})
"""Of these bindings each deployed Worker of ours has one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The account at one moment: whether the Worker is `there`, and looks like `ours`, and what it has.

    `hosts` are names of the owner's that lead to it, and it is `reached` by these and others; `inboxes` are
    destination addresses that its settings name.
    """

    account: str
    there: bool
    ours: bool = True
    secrets: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    inboxes: tuple[str, ...] = ()
    ways: Ways = field(default_factory=Ways)
    kept: Kept = field(default_factory=Kept)

    @property
    def open(self) -> list[Way]:
        """Return the ways in which mail comes to the Worker."""
        return [way for way in self.ways.found if way.open]


def look(removal: Removal, api: Cloudflare) -> Seen:
    """Look at all there is.

    Raises:
        ApiError: by meaning.

    """
    worker, account = removal.worker, removal.account(api)
    there = any(script["id"] == worker for script in api.scripts(account))
    hosts = tuple(api.custom_domains(account, worker))
    found = ways.look(api, account, worker, removal.named)
    inboxes = tuple(_inboxes(removal, api.addresses(account)))
    if not there:
        return Seen(account, there, hosts=hosts, inboxes=inboxes, ways=found)
    bindings = api.script_settings(account, worker)["bindings"]
    secrets = tuple(sorted(str(each["name"]) for each in bindings if each["type"].startswith("secret")))
    ours = not _OURS.isdisjoint(str(each["name"]) for each in bindings)
    reached = (*hosts, *_on_workers_dev(api, account, worker))
    spool = kept.look(removal, api, account, bindings, reached)
    return Seen(account, there, ours, secrets, hosts, reached, inboxes, found, spool)


def _on_workers_dev(api: Cloudflare, account: str, worker: str) -> Iterator[str]:
    if api.on_workers_dev(account, worker) and (subdomain := api.subdomain(account)):
        yield f"{worker}.{subdomain}.workers.dev"


def _inboxes(removal: Removal, addresses: list[Json]) -> Iterator[str]:
    named = {inbox.lower() for inbox in removal.local.inboxes} if removal.local else set()
    yield from (str(each["email"]) for each in addresses if str(each["email"]).lower() in named)
