"""What a person is told about one event, before any service's markup."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from failover.alerts import Detail
from failover.text import ELLIPSIS, shorten

from . import data

# The facts that "sender" does not show.
_CONTENT = ("subject", "list", "attachments")


@dataclass(frozen=True, slots=True)
class Field:
    """One labelled fact. The label is ours; the text is not, and is clean, on one line and unescaped.

    The last `kept` code points say the most, and are the last to go. `kind` names the fact in every language.
    """

    label: str
    text: str
    kept: int = 0
    kind: str = ""

    def shortened(self, limit: int) -> "Field":
        """Return the field with a text of at most `limit` code points, which is one or more."""
        if len(self.text) <= limit:
            return self
        split = len(self.text) - self.kept
        start, end = self.text[:split], self.text[split:]
        if self.kept < limit:
            return replace(self, text=f"{shorten(start, limit - self.kept)}{end}")
        end = end[self.kept - limit + 1 :]
        return replace(self, text=f"{ELLIPSIS}{end}", kept=len(end))


@dataclass(frozen=True, slots=True)
class Alert:
    """The facts a person is told, at the detail they chose.

    `headline` and `advice` are our own words. `preview` is the message's, like every field's text. `kind`
    names in every language what the alert says: of a message its fate, or `misconfigured`; of an outage
    `batch`, `day`, `quiet`, `back`, `home`; of the primary `silent`, `heard`, `deferrals`; of the spool
    `nearly_full`, `full`, `expired`; and `test`. `repeat` says that it may already have arrived, if it may.
    `data` is what programs are told of it (`data.py`).
    """

    headline: str
    fields: tuple[Field, ...] = ()
    preview: str = ""
    advice: str = ""
    repeat: str = ""
    kind: str = ""
    data: Mapping[str, object] = field(default_factory=dict, hash=False)

    def field(self, kind: str) -> Field | None:
        """Return the first field of a kind, None if there is none."""
        return next((field for field in self.fields if field.kind == kind), None)

    def at(self, detail: Detail) -> "Alert":
        """Return as much of a message's alert as this detail shows."""
        if detail == "preview":
            return self
        hidden = _CONTENT if detail == "sender" else ()
        fields = tuple(field for field in self.fields if field.kind not in hidden)
        return replace(self, fields=fields, preview="", data=data.at(self.data, detail))

    def as_repeat(self, repeated: str) -> "Alert":
        """Return this alert as one that may already have arrived, which says so in these words."""
        return replace(self, repeat=repeated)
