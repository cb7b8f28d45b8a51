"""A replay that stays: round after round, until it is told to stop; no failure ends it."""

import asyncio

from mail_failover.console.exit_codes import DONE
from mail_failover.console.next_step import Homeward
from mail_failover.console.voice import Voice
from mail_failover.door.errors import DiskError, DoorError

from .handover import Ports
from .inject.letter import NoServerError
from .report import Report
from .round import play_round
from .stop import StoppedError

SECONDS, OUTAGE_SECONDS = 60.0, 15.0
"""How long it waits between two rounds, and while the Worker sees an outage."""

LONGEST_SECONDS, LONGEST_OUTAGE_SECONDS = 900.0, 300.0
"""How long it waits at most: while the door or this machine fails, and while the server does."""


async def watch(ports: Ports, report: Report, again: Homeward, voice: Voice) -> int:
    """Play rounds until told to stop, and return the exit code.

    What fails is told once, and so is that it is over; pauses grow meanwhile.
    """
    place = ports.door.address.place
    voice.say(f"Watching {place} for mail of {ports.door.address.domain}; Ctrl-C ends it.")
    pause, trouble = 0.0, ""
    try:
        while True:
            report.passed, report.status, report.is_whole = [], None, True
            try:
                outage = await play_round(ports)
                report.status = await ports.door.status() if report.passed else None
            except (DoorError, NoServerError, DiskError) as error:
                report.is_whole = False
                told, first, longest = _failure(error)
                if told != trouble:
                    voice.complain(*told.splitlines())
                trouble, pause = told, min(max(first, 2 * pause if trouble else first), longest)
            else:
                if trouble:
                    voice.say("All is well again.", "bold green")
                trouble, pause = "", OUTAGE_SECONDS if outage else SECONDS
            if report.passed:
                voice.lines(report.lines(ports.door.address.domain, again))
            await ports.stop.during(asyncio.sleep(pause))
    except StoppedError:
        voice.say("Stopped.")
    return voice.end(DONE)


def _failure(error: DoorError | NoServerError | DiskError) -> tuple[str, float, float]:
    """Return what to say, for how long to wait at first, and at most."""
    if isinstance(error, NoServerError):
        why = str(error).rstrip(".")
        return (
            f"Your server takes no mail now: {why}.\nGoing on to try.",
            OUTAGE_SECONDS,
            LONGEST_OUTAGE_SECONDS,
        )
    return f"{error.what}\n{error.fix}\nGoing on to try.", SECONDS, LONGEST_SECONDS
