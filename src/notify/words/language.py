"""How something is said: in one language, with values put in, and times as the owner's clock shows them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from notify.alert import Field

from .english import ENGLISH
from .french import FRENCH
from .german import GERMAN
from .spanish import SPANISH

Zone = Callable[[float], int | None]
"""Tells of a time, in seconds since 1970, by how many seconds clocks were ahead of UTC; None if unknown."""

LANGUAGES: Mapping[str, Mapping[str, str | tuple[str, str]]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
}
"""The tables by the codes that `LANGUAGE` takes."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language's texts, and the zone in which times are said; without one they are in UTC."""

    language: str = "en"
    zone: Zone | None = None

    def say(self, key: str, /, **values: object) -> str:
        """Return a text with the values put in; where it has two forms, `count` decides."""
        text = LANGUAGES[self.language][key]
        if isinstance(text, tuple):
            # True of each language here, wherever something is counted that is there.
            text = text[values["count"] != 1]
        return text.format(**values) if values else text

    def knows(self, key: str) -> bool:
        """Tell whether there is a text of that name."""
        return key in LANGUAGES[self.language]

    def field(self, kind: str, text: str, kept: int = 0, **values: object) -> Field:
        """Return a fact with what its kind is called."""
        return Field(self.say(kind, **values), text, kept, kind)

    def size(self, size: int) -> str:
        """Say how large something is that has so many bytes."""
        for unit, factor in (("megabytes", 1_000_000), ("kilobytes", 1_000)):
            # Nothing that rounds to "1000 kB".
            if size >= factor - factor // 2000:
                number = f"{size / factor:.1f}" if size < 9.95 * factor else f"{size / factor:.0f}"
                return self.say(unit, size=number.replace(".", self.say("decimal_sign")))
        return self.say("bytes", count=size)

    def moment(self, seconds: float) -> str:
        """Say when: "2026-11-26 14:30 UTC", or in a zone "2026-11-26 15:30 +01:00"."""
        offset = self.zone(seconds) if self.zone else None
        shown = time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds + (offset or 0)))
        if offset is None:
            return f"{shown} UTC"
        hours, minutes = divmod(abs(offset) // 60, 60)
        return f"{shown} {'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"
