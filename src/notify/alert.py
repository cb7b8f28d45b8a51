"""What a person is told about one event, before any service's markup."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Field:
    """One labelled fact. The label is ours; the text is not, and is clean, on one line and unescaped."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Alert:
    """The facts a person is told, at the detail they chose.

    `headline` and `advice` are our own words. `preview` is the message's, like every field's text.
    """

    headline: str
    fields: tuple[Field, ...] = ()
    preview: str = ""
    advice: str = ""
    repeat: bool = False

    def as_repeat(self) -> "Alert":
        """Return this alert marked as one that may already have arrived."""
        return replace(self, repeat=True)
