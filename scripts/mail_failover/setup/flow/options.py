"""What the operator asked of `mail-failover setup`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """The commands' options, as they were given."""

    domain: str = ""
    worker: str = ""
    inboxes: tuple[str, ...] = ()
    config: Path | None = None
    json: bool = False
    yes: bool = False
    force: bool = False
    wait: bool = False
