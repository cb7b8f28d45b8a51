"""One leased copy: fetched and checked, handed over, its verdict told; killed anywhere, nothing is lost."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mail_failover.door import answers
from mail_failover.door.answers import Copy
from mail_failover.door.client import LEASE_SECONDS, Door
from mail_failover.door.errors import (
    Conflict,
    Damaged,
    DiskError,
    DoorError,
    Failing,
    Gone,
    Lost,
    NotUnderstood,
    Unopened,
)
from mail_failover.door.journal import Entry, Journal
from mail_failover.door.wording import about

from .inject.letter import Letter, NoServerError, UncertainError, Verdict
from .inject.target import Target
from .report import Outcome, Passed
from .stop import Stop, StoppedError

FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0
"""How many seconds a message that was put off waits at first, and at most."""

# What is not handed over by then is leased anew: the server may take its time, too.
_MARGIN = 120.0
_FETCHED = "message.eml"


@dataclass(frozen=True, slots=True)
class Ports:
    """What a round needs; `clock` is in seconds.

    `note` hears what became of each message, `say` gets a line for a person, `doing` what goes on just now.
    """

    door: Door
    journal: Journal
    target: Target
    folder: Path
    stop: Stop
    note: Callable[[Passed], None]
    say: Callable[[str], None]
    doing: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic

    @property
    def fetched(self) -> Path:
        """Return where a message lies while it is handed over."""
        return self.folder / _FETCHED

    def clear(self) -> None:
        """Delete it; a disk that can't is told of when something is written there."""
        with suppress(OSError):
            self.fetched.unlink(missing_ok=True)


def pause_after(tries: int) -> float:
    """Return for how many seconds a message is put off that was put off so often."""
    return min(FIRST_PAUSE * 2.0 ** min(tries - 1, 16), LONGEST_PAUSE)


class Handover:
    """Takes one copy from its lease to the verdict; `since` is when the lease was asked for."""

    def __init__(self, ports: Ports, copy: Copy, lease: str, since: float) -> None:
        self._ports = ports
        self._copy = copy
        self._name = (copy.id, copy.sha256)
        self._lease = lease
        self._since = since
        self._answered = False

    async def run(self) -> None:
        """Hand it over, unless it is home already.

        Raises:
            DoorError: the door can't be used at all.
            NoServerError: the server takes nothing now; the lease is given back.
            DiskError: this machine can't write; the lease is given back.
            StoppedError: it was told to; the lease is given back.

        """
        known = self._ports.journal.get(*self._name)
        if known.state == "delivered":
            self._note("delivered before", known.words)
            await self._tell("delivered", known.words)
            return
        try:
            self._ports.journal.lease(*self._name, self._lease)
            if await self._fetch() and await self._is_ours():
                await self._inject(known)
        except (NoServerError, DiskError, StoppedError):
            if not self._answered:
                with suppress(DoorError, DiskError):
                    await self._give_back()
            raise
        finally:
            self._ports.clear()

    async def _fetch(self) -> bool:
        """Fetch it; what goes wrong with this one alone puts it off."""
        ports = self._ports
        ports.clear()
        ports.doing(f"Fetching {about(self._copy)}")
        try:
            await ports.stop.during(ports.door.fetch(self._copy, ports.fetched))
        except Gone:
            ports.journal.tell(*self._name)
            self._note("gone", "the spool has it no more")
            return False
        except (Damaged, Lost, Failing, NotUnderstood) as error:
            await self._put_off("not fetched", error.what.rstrip("."))
            return False
        except Unopened as error:
            # The others may be encrypted for another key, or not at all.
            await self._put_off("not opened", error.why, error.fix)
            return False
        return True

    async def _put_off(self, outcome: Outcome, why: str, fix: str = "") -> None:
        pause = pause_after(self._ports.journal.put_off(*self._name))
        self._note(outcome, why, pause=pause, fix=fix)
        await self._tell("later", f"not sent: {why}", pause)

    async def _is_ours(self) -> bool:
        """Lease it anew if too little of the lease is left; tell whether it is ours."""
        ports = self._ports
        if ports.clock() - self._since < LEASE_SECONDS - _MARGIN:
            return True
        await self._give_back()
        self._since = ports.clock()
        lease = await ports.door.lease(ids=(self._copy.id,))
        if not any(copy.sha256 == self._copy.sha256 for copy in lease.copies):
            self._note("elsewhere", "its lease ran out, and it is in another's hands by now")
            return False
        self._lease = lease.id
        ports.journal.lease(*self._name, lease.id)
        return True

    async def _inject(self, known: Entry) -> None:
        ports, copy = self._ports, self._copy
        ports.stop.check()
        twice = known.state == "handing over"
        if twice:
            ports.say(f"{copy.id} was handed over before, and no answer was seen: it may be there twice.")
        ports.doing(f"Handing over {about(copy)}")
        ports.journal.hand_over(*self._name)
        letter = Letter(copy.id, ports.fetched, copy.size, copy.sender, copy.recipient, copy.caught)
        ending = f"Ending when your server has answered for {copy.id}."
        at_once = "A second Ctrl-C or signal ends it at once; then it may come twice."
        try:
            with ports.stop.saying(lambda: ports.say(f"{ending} {at_once}")):
                verdict = await ports.target.inject(letter)
        except NoServerError:
            ports.journal.take_back(known)
            raise
        except UncertainError as error:
            pause = pause_after(ports.journal.put_off(*self._name))
            self._note("uncertain", str(error), twice=twice, pause=pause)
            await self._tell("later", str(error), pause)
            return
        await self._settle(verdict, twice=twice)

    async def _settle(self, verdict: Verdict, *, twice: bool) -> None:
        self._answered, is_late = True, verdict.kind == "later"
        try:
            # As long as it may be there, that stays known.
            tries = (
                self._ports.journal.put_off(*self._name)
                if twice and is_late
                else self._ports.journal.settle(*self._name, verdict.kind, verdict.words)
            )
        except DiskError:
            self._note(verdict.kind, verdict.words, twice=twice)
            # If the door knows it, nothing comes twice all the same.
            with suppress(DoorError):
                await self._tell(verdict.kind, verdict.words, LONGEST_PAUSE if is_late else 0)
            raise
        pause = pause_after(tries) if is_late else 0
        self._note(verdict.kind, verdict.words, twice=twice, pause=pause)
        await self._tell(verdict.kind, verdict.words, pause)

    async def _tell(self, outcome: answers.Outcome, words: str, pause: float = 0) -> None:
        """Tell the door; a lease that is over by now, or a copy that is gone, leaves nothing to tell."""
        ports = self._ports
        with suppress(Conflict, Gone):
            await ports.door.verdict(*self._name, outcome, lease=self._lease, words=words, pause=pause)
        ports.journal.tell(*self._name)

    async def _give_back(self) -> None:
        await self._tell("later", self._copy.words)

    def _note(
        self, outcome: Outcome, words: str, *, twice: bool = False, pause: float = 0, fix: str = ""
    ) -> None:
        self._ports.note(Passed(self._copy, outcome, words, twice, pause, fix))
