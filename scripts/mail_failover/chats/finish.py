"""The end of each way to a chat: a test alert, a person who saw it, the settings."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.messenger.alert import Told, send_test

from .session import Session

if TYPE_CHECKING:
    from failover.settings import Settings

COMMAND = "mail-failover chats"
"""What a test alert says of where it comes from."""


def finish(session: Session, settings: "Settings", values: Mapping[str, str]) -> int:
    """Try the settings, which have these values and no other chat, and write them; return the exit code."""
    if session.options.test and not _arrived(session, settings, "Nothing was written."):
        return session.voice.end(PROBLEM)
    code = _written(session, values)
    return _ended(session) if code is None else code


def finish_copied(session: Session, settings: "Settings", values: Mapping[str, str], secret: str) -> int:
    """Write the settings first: who is told has to get the secret that was made, and no alert shows it."""
    voice = session.voice
    if (code := _written(session, values)) is not None:
        return code
    voice.say(f"Copy {secret} from {session.file} to where the alerts go; it is not shown here.", "bold")
    if not session.may_confirm:
        voice.say(f"Then try it: `{session.again.chats('test')}`.")
    elif session.options.test:
        session.world.ask.yes("Is that done?", default=True)
        if not _arrived(session, settings, f"It stands in {session.file} all the same."):
            return voice.end(PROBLEM)
    return _ended(session)


def _written(session: Session, values: Mapping[str, str]) -> int | None:
    """Write the settings; return the exit code if they are not there now."""
    voice = session.voice
    voice.values["written"] = session.write(values)
    return None if voice.values["written"] else voice.end(DONE if session.options.show else PROBLEM)


def _ended(session: Session) -> int:
    session.voice.say(f"Next: `{session.again.deploy()}` gives it to the Worker.")
    return session.voice.end(DONE)


def tell(session: Session, settings: "Settings", domain: str = "", *, fixes: bool = False) -> list[Told]:
    """Send a test alert through every channel of the settings, and show what came of each."""
    with session.voice.busy("Sending a test alert"):
        told = asyncio.run(
            send_test(settings, domain, session.again, sender=COMMAND, transport=session.world.alerts)
        )
    session.voice.values["alerts"] = [asdict(each) for each in told]
    for each in told:
        style = {"sent": "green", "unclear": "yellow", "failed": "red"}[each.state]
        session.voice.say(f"Test alert, {each.channel}: {each.found}", style)
        if each.fix and fixes:
            session.voice.say(f"  Fix: {each.fix}")
    return told


def _arrived(session: Session, settings: "Settings", otherwise: str) -> bool:
    """Send test alerts until one is seen, or nobody wants another; what is wrong is kept as the error."""
    while True:
        [told] = tell(session, settings)
        if told.state == "sent" and not session.may_confirm:
            return True
        asked = session.may_confirm and told.state != "failed"
        if asked and session.world.ask.yes("Has it arrived in that chat?"):
            return True
        if not session.may_confirm or not session.world.ask.yes("Send it again?"):
            break
    what = "Nobody saw the test alert" if told.state == "sent" else f"Test alert: {told.found}"
    session.voice.fail("NoAlert", f"{what}. {otherwise}", "When that is mended, run this again.")
    return False
