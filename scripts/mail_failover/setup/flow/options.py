"""What the operator asked of `mail-failover setup`."""

from dataclasses import dataclass
from pathlib import Path

from mail_failover.console.next_step import Again
from mail_failover.console.program import program


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

    @property
    def again(self) -> Again:
        """How this is typed again."""
        return Again(self.domain, program(), str(self.config or ""), self.worker, self.inboxes)
