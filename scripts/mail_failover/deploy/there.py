"""What is deployed, and what an upload makes of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mail_failover.address.look import Wish
from mail_failover.address.look import look as look_at_address
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.console.next_step import Again
from mail_failover.settings.deployed import Addition, differences
from mail_failover.settings.local import Addresses, Local

from .check import Problem

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class There:
    """A Worker as the account has it: no `script` if there is none; `secrets` by name."""

    account: str
    script: Json | None = None
    settings: Json = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = ()
    addresses: Addresses = field(default_factory=Addresses)


class Change(NamedTuple):
    """What an upload does, in a sentence without its full stop; `takes` if something deployed changes."""

    what: str
    takes: bool = True


def look(api: Cloudflare, account: str, name: str) -> There:
    """Read what is deployed under a name.

    Raises:
        ApiError: by meaning.

    """
    script = next((each for each in api.scripts(account) if each["id"] == name), None)
    if script is None:
        return There(account)
    return There(
        account,
        script,
        api.script_settings(account, name),
        tuple(api.script_secrets(account, name)),
        Addresses(api.on_workers_dev(account, name), tuple(api.custom_domains(account, name))),
    )


def has_handler(there: There) -> bool:
    """Tell whether what is deployed takes mail."""
    return there.script is not None and "email" in (there.script.get("handlers") or ())


def changes(local: Local, there: There, again: Again) -> list[Change]:
    """Say what the upload makes of what is deployed."""
    lost = [Change(f"{host}: the Worker loses this address") for host in displaced(local, there)]
    return [*_others(local, there), *left(local, there, again), *lost]


def left(local: Local, there: There, again: Again) -> list[Change]:
    """Say in what the Worker that is deployed is not as it is here; of one that is not, its addresses."""
    differ = differences(local, there.settings, again) if there.script else ()
    return [
        *(Change(each.what, not isinstance(each, Addition)) for each in differ),
        *_addresses(local.addresses, there.addresses),
    ]


def displaced(local: Local, there: There) -> list[str]:
    """Return the names that lead to the Worker, and that an upload with another one may take away.

    Whether it does, Cloudflare documents nowhere.
    """
    here = local.addresses.hosts
    return [host for host in there.addresses.hosts if here and host not in here]


def new_addresses(
    api: Cloudflare, local: Local, name: str, there: There
) -> tuple[list[Problem], list[Change]]:
    """Ask whether the Worker can have the addresses that it has not yet, and what gives way to it.

    Raises:
        ApiError: by meaning; then nobody knows.

    """
    wishes = [Wish(host=host) for host in local.addresses.hosts if host not in there.addresses.hosts]
    if local.addresses.workers_dev and not there.addresses.workers_dev:
        wishes.append(Wish(workers_dev=True))
    problems, found = [], []
    for wish in wishes:
        seen = look_at_address(api, wish, name, "", there.account)
        if seen.in_the_way:
            problems.append(Problem(seen.in_the_way.rstrip("."), seen.fix.rstrip(".")))
        found += [Change(note.rstrip(".")) for note in seen.notes]
    return problems, found


def _others(local: Local, there: There) -> Iterator[Change]:
    """Name what is deployed and is not ours.

    Ours has its object, or at least one of the settings.

    Source: https://developers.cloudflare.com/api/resources/workers/subresources/scripts/ (last_deployed_from)
    """
    from failover.settings import VARIABLES  # noqa: PLC0415 - found beside the Worker

    if there.script is None:
        return
    bound = {each["name"] for each in there.settings["bindings"]}
    if not has_handler(there):
        yield Change("code: what is deployed takes no mail, so it may be another Worker; this replaces it")
    elif not bound & {*VARIABLES, *local.upload.objects}:
        yield Change("code: what is deployed has nothing of this Worker; it may be another: this replaces it")
    elif there.script.get("last_deployed_from") == "dash":
        yield Change("code: deployed from the dashboard; what was edited there is replaced")


def _addresses(here: Addresses, there: Addresses) -> Iterator[Change]:
    if here.workers_dev and not there.workers_dev:
        yield Change("workers.dev: the Worker gets an address there", takes=False)
    elif there.workers_dev and not here.workers_dev:
        yield Change("workers.dev: the Worker loses its address there, and the spool's door with it")
    for host in here.hosts:
        if host not in there.hosts:
            yield Change(f"{host}: the Worker gets this address", takes=False)
