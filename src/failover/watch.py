"""What one domain's object hears of the primary, and what follows: what is told of it, what is put off.

The owner is told of it, and so it is his outage that says it while it goes on.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

from book import Book
from notify import outages
from notify.alert import Alert
from notify.channels import channels_of
from notify.words.language import Words

from .fault import place_of
from .outage import BEGIN_SECONDS, DAY_SECONDS, Outage
from .primary import EVERY_SECONDS, Primary, Target
from .record import from_text, to_text
from .settings import Settings

Look = Callable[[Target], Awaitable[bool]]
"""The port that asks whether something of the primary's answers."""

REMEMBERED_SECONDS = 30 * DAY_SECONDS
"""How long a message is remembered, and an outage after its end."""

FRESH_SECONDS = 60.0
"""For how long an answer of the primary's counts where a message would be deferred for it."""

AFTER_SECONDS = 3600.0
"""For how long after an outage no message is deferred."""

AGAIN_SECONDS = 60.0
"""How long after it was deferred a message counts as tried again."""


def is_due(time: float, now: float) -> bool:
    """Tell whether a time has come; one further off than is ever set was set by a clock that was wrong."""
    return not now < time <= now + REMEMBERED_SECONDS


@dataclass(frozen=True, slots=True)
class Watch:
    """One domain's book, the settings and words of the moment; `clock` gives the seconds since 1970."""

    book: Book
    settings: Settings
    clock: Callable[[], float]
    words: Words

    @property
    def primary(self) -> Primary:
        """What was heard last."""
        return from_text(Primary, self.book.note("primary")) if self.settings.primary else Primary()

    def sentence(self, outage: Outage | None) -> str:
        """Say what was heard, in an outage, empty if nothing was yet."""
        down = outage is not None and outage.down
        return outages.heard_of(self.primary, self.settings.primary, self.words, down=down)

    async def look(self, look: Look) -> None:
        """Ask whether the primary answers, if it is time, and write down what was heard."""
        if self._matters() and is_due(self._next_look(), self.clock()):
            await self._ask(look)

    async def defers(self, domain: str, key: str, look: Look) -> bool:
        """Tell whether a message is deferred since the primary answers: once, and not after an outage."""
        primary = self.primary
        if not 0 <= self.clock() - primary.asked < FRESH_SECONDS:
            primary = await self._ask(look)
        now, book = self.clock(), self.book
        if not primary.answers or book.going_on() or 0 <= now - book.last_end() < AFTER_SECONDS:
            return False
        deferred = self.book.deferred(key)
        if deferred is None:
            self.book.together(lambda: self._defer(domain, key, now))
        # One that goes on to the edge's other hosts at once has not tried the primary again.
        return deferred is None or 0 <= now - deferred < AGAIN_SECONDS

    def news(self) -> Iterator[tuple[Alert, bool]]:
        """Yield what is to be told by now besides caught mail, and whether with sound; each is due once."""
        now, outage = self.clock(), self.book.last_outage("")
        since, _, count = self.book.note("deferrals").partition(" ")
        if not channels_of(self.settings):
            return
        if count and is_due(float(since) + DAY_SECONDS, now):
            self.book.take_note("deferrals", "")
            yield outages.deferrals(int(count), self.primary, self.words), False
        minutes = self.settings.watch_minutes
        if minutes is not None and not (outage and outage.goes_on and outage.is_known):
            yield from self._changed(60.0 * minutes, now)

    def outage_is_over(self) -> None:
        """Take note that people know by now how the primary is: the end said so."""
        primary = self.primary
        if primary.asked and channels_of(self.settings):
            self.book.take_note("primary", to_text(replace(primary, told=primary.is_silent)))

    def times(self) -> Iterator[tuple[float, float]]:
        """Yield when something is to be told, and how far off it can be: a clock may have been wrong."""
        if channels_of(self.settings) and (deferrals := self.book.note("deferrals")):
            yield float(deferrals.partition(" ")[0]) + DAY_SECONDS, DAY_SECONDS

    def looks(self) -> Iterator[tuple[float, float]]:
        """Yield when the primary is to be asked, and how far off it can be."""
        if self._matters():
            yield self._next_look(), EVERY_SECONDS

    def _matters(self) -> bool:
        settings = self.settings
        return bool(settings.primary) and (settings.watch_minutes is not None or bool(self.book.going_on()))

    def _next_look(self) -> float:
        primary, now = self.primary, self.clock()
        is_new = any(primary.asked < outage.began <= now for outage in self.book.going_on())
        return 0.0 if is_new else primary.next()

    async def _ask(self, look: Look) -> Primary:
        answers = trouble = ""
        for target in self.settings.primary:
            try:
                if await look(target):
                    answers = str(target)
                    break
            except Exception as error:  # noqa: BLE001 the alert says so; nobody stays untold for it
                trouble = place_of(error)
        before = self.primary
        heard = before.heard(answers, self.clock(), "" if answers else trouble)
        self.book.take_note("primary", to_text(heard))
        changed = before.asked == 0 or bool(answers) != bool(before.answers)
        for outage in self.book.going_on():
            if changed or (heard.is_silent and not outage.down):
                self.book.keep_outage(outage.heard(silent=heard.is_silent))
        return heard

    def _changed(self, patience: float, now: float) -> Iterator[tuple[Alert, bool]]:
        """Yield that the primary does not answer, or does again, though no mail is caught."""
        primary = self.primary
        if primary.is_silent and not primary.told and now - primary.since >= patience:
            yield outages.silent(primary, self.settings.primary, self.words), self._is_loud(now)
        elif primary.told and primary.is_back(0.0, now):
            yield outages.heard_again(primary, self.words), False
        else:
            return
        self.book.take_note("primary", to_text(replace(primary, told=not primary.told)))

    def _is_loud(self, now: float) -> bool:
        """Tell whether a silence has sound, and take note if it has: no beginning had any for six hours."""
        rang = [float(self.book.note(name) or 0) for name in ("loud", "silence")]
        loud = not any(0 <= now - at < BEGIN_SECONDS for at in rang)
        if loud:
            # An outage that begins after it rings all the same: mail is caught.
            self.book.take_note("silence", str(now))
        return loud

    def _defer(self, domain: str, key: str, now: float) -> None:
        self.book.defer(key, now)
        since, _, count = (self.book.note("deferrals") or f"{now} 0").partition(" ")
        self.book.take_note("deferrals", f"{since} {int(count) + 1}")
        self.book.note_once("domain", domain)
        self.book.note_once("forget", str(now + REMEMBERED_SECONDS))
