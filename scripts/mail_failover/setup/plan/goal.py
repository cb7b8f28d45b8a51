"""What a domain should be."""

from dataclasses import dataclass

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.records import COMMENT, Record


@dataclass(frozen=True, slots=True)
class Goal:
    """What the domain should be: `spf` and `own` are records, as they should be there.

    `spf_unsafe` and `edge_unsafe` say what speaks against that SPF record, and against the edge at all.
    """

    worker: str
    inboxes: tuple[str, ...]
    own: tuple[Record, ...]
    spf: Record
    spf_unsafe: str = ""
    spf_asks: bool = False
    edge_unsafe: str = ""

    @property
    def rule(self) -> Json:
        """The catch-all that hands every message to the Worker."""
        action = {"type": "worker", "value": [self.worker]}
        return {"matchers": [{"type": "all"}], "actions": [action], "enabled": True, "name": COMMENT}
