"""What became of each message in one round, and what all say together."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.console.next_step import Homeward
from mail_failover.door.answers import Copy, Status
from mail_failover.door.wording import about, facts, messages, spool_facts

Outcome = Literal[
    "delivered",
    "delivered before",
    "refused",
    "later",
    "uncertain",
    "not fetched",
    "not opened",
    "elsewhere",
    "gone",
]
"""What became of a copy; "elsewhere": it is in another's lease by now; "gone": the spool has it no more."""

_HOME: tuple[Outcome, ...] = ("delivered", "delivered before")
_TO_COME: tuple[Outcome, ...] = ("later", "uncertain", "not fetched", "not opened", "elsewhere")
_STYLES = {
    "delivered": "green",
    "refused": "bold red",
    "uncertain": "bold yellow",
    "not fetched": "yellow",
    "not opened": "bold yellow",
}


@dataclass(frozen=True, slots=True)
class Passed:
    """One copy and what became of it; `words` are the server's, or ours if it was not asked.

    `twice`: it may have been there already when it was handed over. `pause`: the seconds until it may be
    tried again. `fix`: what a person has to do first.
    """

    copy: Copy
    outcome: Outcome
    words: str = ""
    twice: bool = False
    pause: float = 0
    fix: str = ""

    @property
    def line(self) -> tuple[str, str]:
        """Return what a person reads, and its style."""
        words = f": {self.words}" if self.words else ""
        wait = f"; again in {_minutes(self.pause)} at the earliest" if self.pause else ""
        return f"{self.outcome:9}  {about(self.copy)}{words}{wait}", _STYLES.get(self.outcome, "")

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        known = {"outcome": self.outcome, "words": self.words, "maybe_twice": self.twice, "fix": self.fix}
        return {**facts(self.copy), **known}


@dataclass(slots=True)
class Report:
    """One round; `status` is the spool's at its end, None if not all of it was wanted, or asked for.

    `is_whole`: nothing has cut it short.
    """

    passed: list[Passed] = field(default_factory=list)
    status: Status | None = None
    is_whole: bool = True

    def count(self, *outcomes: Outcome) -> int:
        """Count messages by what became of them."""
        return sum(each.outcome in outcomes for each in self.passed)

    @property
    def exit_code(self) -> int:
        """Return whether all that was wanted is home."""
        left = self.count(*_TO_COME, "refused") + self._left + (self.status.refused if self.status else 0)
        return PROBLEM if left else DONE

    def as_json(self) -> dict[str, Any]:
        """Return the round as plain values; docs/replay.md describes them."""
        return {
            "messages": [each.as_json() for each in self.passed],
            "counts": dict(Counter(each.outcome for each in self.passed)),
            "spool": spool_facts(self.status) if self.status else None,
        }

    def lines(self, domain: str, again: Homeward) -> Iterator[tuple[str, str]]:
        """Yield what all say together, and what to type next."""
        home, uncertain, closed = self.count(*_HOME), self.count("uncertain"), self.count("not opened")
        waiting = max(self.count(*_TO_COME), self._left)
        refused = max(self.count("refused"), self.status.refused if self.status else 0)
        everything = home + self.count("refused") + waiting
        if everything:
            so_far = "" if self.is_whole else ", so far"
            yield (
                f"{home} of {messages(everything)} home{so_far}.",
                "bold green" if home == everything else "bold yellow",
            )
        elif self.status:
            yield f"Nothing waits in the spool of {domain}.", "bold green"
        else:
            yield f"Nothing to hand over now; `{again.spool('list')}` shows what the spool has.", ""
        if uncertain:
            yield f"  {messages(uncertain)} may be there already, and will be handed over again.", ""
        if closed:
            yield f"  {messages(closed)} can't be opened here, and the spool keeps what it has.", ""
            for fix in dict.fromkeys(each.fix for each in self.passed if each.fix):
                yield f"  {fix}", ""
        if (others := waiting - uncertain - closed) > 0:
            yield f"  {messages(others)} still to come: `{again.replay('--watch')}` brings them.", ""
        if self.status and self.status.leased:
            hands = "in another run's hands, or in those of one that was cut off, for ten minutes at most"
            yield f"  {messages(self.status.leased)} {hands}.", ""
        if refused:
            yield (
                f"  {messages(refused)} refused by your server, and kept: `{again.spool('list')}` says why.",
                "",
            )
            yield f"  `{again.spool('retry', 'ID')}` lets the next run hand one over again.", ""
            yield f"  `{again.spool('export', 'ID', 'DIR')}` saves one as a file.", ""

    @property
    def _left(self) -> int:
        return self.status.waiting + self.status.leased if self.status else 0


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min"
