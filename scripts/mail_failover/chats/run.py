"""One run of a command of `chats`: options in, exit code out; errors become messages."""

from collections.abc import Callable
from functools import partial

import typer

from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.console.voice import Voice, speaking
from mail_failover.errors import UsageError
from mail_failover.mail.resolver import ascii_domain
from mail_failover.messenger.errors import ChatError
from mail_failover.messenger.given import settings_of
from mail_failover.settings.chats import is_of_chat
from mail_failover.settings.files import environment
from mail_failover.settings.local import domain_of, read_local

from .connect import connect
from .finish import tell
from .session import Options, Session, World
from .slack import connect_slack
from .telegram import connect_telegram

_INTERRUPTED = "What was not said to be written is not written. Run this again"
_NEW_CODE = "; a start code is new each time"


def run_telegram(options: Options, world: World | None = None) -> int:
    """Connect a chat of Telegram's."""
    return _run("telegram", _connecting(connect_telegram), options, world)


def run_slack(options: Options, world: World | None = None) -> int:
    """Connect a channel of Slack's."""
    return _run("slack", _connecting(connect_slack), options, world)


def run_service(service: str, options: Options, world: World | None = None) -> int:
    """Connect a chat of another service's, which needs no more than its settings."""
    return _run(service, _connecting(partial(connect, service=service)), options, world)


def run_test(options: Options, world: World | None = None) -> int:
    """Send a test alert through every channel that the settings name."""
    return _run("test", _test, options, world)


def _run(command: str, work: Callable[[Session], int], options: Options, world: World | None) -> int:
    def body(voice: Voice) -> int:
        try:
            return work(Session(command, options, world or World(), voice))
        except ChatError as error:
            voice.fail(type(error).__name__, error.what, error.fix)
            return voice.end(PROBLEM)
        except typer.Abort:
            raise KeyboardInterrupt from None

    interrupted = f"{_INTERRUPTED}{_NEW_CODE * (command == 'telegram')}."
    return speaking(body, as_json=options.json, interrupted=interrupted)


def _connecting(connect: Callable[[Session], int]) -> Callable[[Session], int]:
    def work(session: Session) -> int:
        session.want_consent()
        # What is wrong there is no fault of a token's.
        settings_of(session.config, {})
        session.voice.values |= {"file": str(session.file), "written": False}
        return connect(session)

    return work


def _test(session: Session) -> int:
    voice, local = session.voice, read_local(session.options.config)
    if local is None:
        fix = f"`{session.again.chats()}` connects a chat; or name them, as in --config PATH/wrangler.toml."
        raise UsageError("There are no settings here.", fix)
    try:
        domain = ascii_domain(
            session.options.domain or domain_of(local, environment(session.options.config, session.world.env))
        )
    except UsageError:
        if session.options.domain:
            raise
        domain = ""
    for problem in local.settings.problems:
        if is_of_chat(problem.variable) or problem.variable == "ALERTS":
            voice.say(f"Note: {problem}", "yellow")
    told = tell(session, local.settings, domain, fixes=True)
    if not told:
        voice.fail(
            "NoChannel",
            f"{local.sources} name no complete channel: nobody would be told.",
            f"Set one up: `{session.again.chats()}` names the ways.",
        )
    return voice.end(DONE if told and all(each.state == "sent" for each in told) else PROBLEM)
