"""The mail that a Worker keeps: whether its spool is empty, as far as anybody can say."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import NotFound, PermissionMissing
from mail_failover.console.next_step import AT_HOME, Homeward
from mail_failover.console.program import program
from mail_failover.door.address import TOKEN, TOKEN_FILE, Address, read_token
from mail_failover.door.answers import Standing, Status
from mail_failover.door.client import Door
from mail_failover.door.errors import DoorError
from mail_failover.door.keys import Keys
from mail_failover.door.options import KEYS
from mail_failover.errors import UsageError
from mail_failover.settings.files import SPOOL_TOKEN

from .removal import Removal


@dataclass(frozen=True, slots=True)
class Kept:
    """How each domain stands that could be asked; `unknown` says why there may be more, `fix` what helps.

    `asks`: whoever runs the Worker knows it without looking.
    """

    standings: Mapping[str, Standing] = field(default_factory=dict)
    unknown: str = ""
    fix: str = ""
    asks: bool = False

    @property
    def copies(self) -> dict[str, int]:
        """Count the copies that may be mail which exists nowhere else."""
        return {name: n for name, each in self.standings.items() if (n := not_home(each.spool))}


def not_home(spool: Status) -> int:
    """Count the copies that no server has taken, for all the spool knows."""
    return spool.waiting + spool.leased + spool.refused


def look(
    removal: Removal, api: Cloudflare, account: str, bindings: Sequence[Json], hosts: Sequence[str]
) -> Kept:
    """Find out what the Worker keeps; `bindings` are its own, `hosts` lead to its door.

    Its objects are listed by Cloudflare, which does not say whose they are: each domain's own object and the
    door's counter have to be all of them, no more and no less. Where none has stored anything, nobody need be
    asked.

    Raises:
        ApiError: Cloudflare could not be asked.

    """
    has_objects = any(each["type"] == "durable_object_namespace" for each in bindings)
    stored = _stored(api, account, removal.worker, has_objects=has_objects)
    if stored == 0:
        return Kept()
    # The Worker takes it from a plain variable, too.
    if SPOOL_TOKEN not in [each["name"] for each in bindings]:
        what = (
            f"it has no {SPOOL_TOKEN}, so it keeps none now, but some may be left of a time when it had one"
        )
        return Kept(unknown=what, fix="If it never had one, it never kept mail.", asks=True)
    if not hosts:
        door = removal.again.setup("door", "--workers-dev")
        fix = f"Give it one: `{door}`, then `{removal.again.deploy()}`."
        return Kept(unknown="it has no address at which it could be asked", fix=fix)
    kept = _at_the_door(removal, f"https://{hosts[0]}")
    if kept.unknown:
        return kept
    # Counted anew: by asking, each of them has become one.
    return _all_of_it(kept, _stored(api, account, removal.worker, has_objects=has_objects))


def _at_the_door(removal: Removal, origin: str) -> Kept:
    """Ask for each domain that is known here."""
    try:
        token = _token(removal)
    except UsageError as error:
        return Kept(unknown=error.what.rstrip("."), fix=error.fix)
    return asyncio.run(_ask(removal, [Address(origin, name, token) for name in removal.named]))


def _all_of_it(kept: Kept, stored: int | None) -> Kept:
    """Tell whether those that were asked can be all there are."""
    if stored is None:
        what = "Cloudflare does not list the Worker's objects, of which each domain has one"
        return Kept(kept.standings, what)
    asked, known = ", ".join(kept.standings) or "none", len(kept.standings) + 1
    if kept.standings and stored == known:
        return kept
    if stored < known:
        what = f"Cloudflare's list of its objects is not whole: it lacks some that were just asked ({asked})"
        return Kept(kept.standings, what, "Wait a minute, then run this again.")
    what = f"it has objects of more domains than are known here ({asked})"
    return Kept(kept.standings, what, "Name each domain whose mail it caught, as in --domain example.com.")


def home(origin: str, domain: str) -> Homeward:
    """Return how the spool of a domain is looked at."""
    return Homeward(program(), ("--url", origin, "--domain", domain), AT_HOME)


def _stored(api: Cloudflare, account: str, worker: str, *, has_objects: bool) -> int | None:
    """Count the objects that have stored something; None where Cloudflare does not tell.

    A list without any for a Worker that has objects tells nothing.

    Source: https://developers.cloudflare.com/api/resources/durable_objects/
    """
    try:
        found = [api.objects(account, str(each["id"])) for each in api.namespaces(account, worker)]
    except (NotFound, PermissionMissing):
        return None
    if has_objects and not found:
        return None
    return sum(each.get("hasStoredData") is not False for objects in found for each in objects)


def _token(removal: Removal) -> str:
    """Read the door's token: from the environment, its file, or where the Worker's own are set."""
    env, local = removal.env, removal.local
    own = local.upload.secrets.get(SPOOL_TOKEN, "") if local else ""
    if own and not env.get(TOKEN) and not (removal.state / TOKEN_FILE).exists():
        env = {**env, TOKEN: own}
    return read_token(None, removal.state, env)


async def _ask(removal: Removal, addresses: Sequence[Address]) -> Kept:
    world, keys = removal.world, Keys(removal.state / KEYS)
    standings = dict[str, Standing]()
    for address in addresses:
        try:
            async with Door(address, keys, transport=world.door, pause=world.pause) as door:
                standings[address.domain] = await door.standing()
        except DoorError as error:
            what = f"the spool of {address.domain} can't be looked at: {error.what.rstrip('.')}"
            fix = f"{error.fix} `{home(address.origin, address.domain).status()}` looks by itself."
            return Kept(standings, what, fix)
    return Kept(standings)
