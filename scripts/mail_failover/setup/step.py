"""A step: one change of the domain or its account, with what a person has to know of it."""

from dataclasses import dataclass
from typing import Literal

from mail_failover.cloudflare.answers import Json


@dataclass(frozen=True, slots=True)
class ChangeRecords:
    """Change DNS records, all or none; a patch carries the record's id."""

    deletes: tuple[str, ...] = ()
    patches: tuple[Json, ...] = ()
    posts: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class SetCatchAll:
    """Replace the catch-all rule."""

    rule: Json


@dataclass(frozen=True, slots=True)
class SwitchRouting:
    """Switch Email Routing on or off, or let its records be edited."""

    to: Literal["enabled", "unlocked", "disabled"]


@dataclass(frozen=True, slots=True)
class AddInbox:
    """Add a destination address, which makes Cloudflare send the verification mail."""

    email: str


@dataclass(frozen=True, slots=True)
class RemoveInbox:
    """Remove a destination address."""

    email: str
    id: str


@dataclass(frozen=True, slots=True)
class AwaitInboxes:
    """Wait until somebody has clicked the link in each verification mail."""

    emails: tuple[str, ...]


Action = ChangeRecords | SetCatchAll | SwitchRouting | AddInbox | RemoveInbox | AwaitInboxes


@dataclass(frozen=True, slots=True)
class Step:
    """One change. `unsafe` says why it needs to be forced; where it `asks`, a person's yes is enough."""

    key: str
    title: str
    action: Action
    why: str
    affects: str = ""
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    unsafe: str = ""
    asks: bool = False


UNLOCK = Step(
    "unlock",
    "Unlock the MX records of Email Routing",
    SwitchRouting("unlocked"),
    "While they are locked no MX of the domain can be changed, added or removed.",
    "Cloudflare warns that this may stop delivery through it: doctor with --live finds out.",
    ("Email Routing's records: locked",),
    ("Email Routing's records: unlocked",),
)
