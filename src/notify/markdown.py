"""What services share that read a kind of Markdown: our words formatted, a message's in code."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from failover.text import isolate

from .alert import Alert

# None of them has an escape for a backtick within code: a look-alike stands in for it.
_LOOKS_LIKE_A_BACKTICK = "\u02cb"
_MARKUP = re.compile(r"([\\`*_~|\[\]])")


def escape(text: str) -> str:
    """Escape what would format our words (https://spec.commonmark.org/0.31.2/#backslash-escapes)."""
    return _MARKUP.sub(r"\\\1", text)


@dataclass(frozen=True, slots=True)
class Markdown:
    """One service's kind: what makes bold, what its code may not hold, how our words are escaped.

    `defuse` is for what stands in code; `gap` stands between a block of code and its fences.
    """

    bold: str
    defuse: Callable[[str], str]
    escape: Callable[[str], str] = escape
    gap: str = "\n"

    def text(self, alert: Alert) -> str:
        """Say everything in one text."""
        head = f"{self.escape(alert.repeat)}\n{self._strong(alert.headline)}\n{self.facts(alert)}".strip()
        parts = (head, self.preview(alert), self.escape(alert.advice))
        return "\n\n".join(part for part in parts if part)

    def facts(self, alert: Alert) -> str:
        """Say the fields, a line for each."""
        lines = (f"{self._strong(f.label)}  `{self._code(f.text)}`" for f in alert.fields if f.text)
        return "\n".join(lines)

    def preview(self, alert: Alert) -> str:
        """Say the preview in a block, if there is one."""
        return f"```{self.gap}{self._code(alert.preview)}{self.gap}```" if alert.preview else ""

    def _strong(self, text: str) -> str:
        return f"{self.bold}{self.escape(text)}{self.bold}"

    def _code(self, text: str) -> str:
        """Put untrusted text where it is neither formatted nor linked, unable to leave it by itself."""
        return self.defuse(isolate(text).replace("`", _LOOKS_LIKE_A_BACKTICK))
