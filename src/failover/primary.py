"""Whether the primary answers: what is asked of it, how often, and what follows.

One vote and no proof: port 25 is closed to Workers, and what is asked may stand behind a firewall.
Times are in seconds since 1970.
"""

from dataclasses import dataclass, replace

ASK_SECONDS = 3.0
"""How long one question may take."""

EVERY_SECONDS = 300.0
"""How often the primary is asked while that matters."""

STABLE_SECONDS = 300.0
"""For how long it must have answered, with nothing caught, for an outage to be over."""

TLS_PORTS = (465, 993, 995)
"""The ports where TLS comes first; on others a server greets in plain words."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked: a port of a host, or a page. `url` is empty for a port."""

    host: str
    port: int
    url: str = ""

    def __str__(self) -> str:
        return self.url or f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Primary:
    """What was heard of the primary last, at `asked`; `since` when it is as it is now.

    `answers` names what answered, empty if nothing did; `trouble` says why it could not even be asked. `told`
    tells that people know it does not answer, though no mail was caught.
    """

    asked: float = 0.0
    since: float = 0.0
    answers: str = ""
    told: bool = False
    trouble: str = ""

    @property
    def is_silent(self) -> bool:
        """Tell whether it was asked, and did not answer."""
        return bool(self.asked) and not self.answers and not self.trouble

    def heard(self, answers: str, now: float, trouble: str = "") -> "Primary":
        """Return it after it was asked again."""
        same = (bool(answers), bool(trouble)) == (bool(self.answers), bool(self.trouble))
        # What it was like while nobody asked is not known. After a fault of ours an alarm rests ten minutes.
        asked_since = 0 <= now - self.asked <= 4 * EVERY_SECONDS
        since = self.since if same and asked_since else now
        return replace(self, asked=now, since=since, answers=answers, trouble=trouble)

    def next(self) -> float:
        """Return when it is asked again."""
        return self.asked + EVERY_SECONDS

    def is_back(self, last: float, now: float) -> bool:
        """Tell whether it has answered for long enough since the last message was caught."""
        return bool(self.answers) and now - max(self.since, last) >= STABLE_SECONDS
