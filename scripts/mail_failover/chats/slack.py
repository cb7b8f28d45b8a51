"""`chats slack`: a webhook, or an app's token and one of the channels that it sees."""

import re
from dataclasses import asdict

from mail_failover.console.exit_codes import USAGE
from mail_failover.errors import UsageError
from mail_failover.messenger.errors import MissingScope, TokenRejected
from mail_failover.messenger.given import settings_of
from mail_failover.messenger.slack import Channel, Channels, Slack, Workspace

from .finish import finish
from .session import Session

_QUESTION = "The incoming webhook (https://…) or the bot's token (xoxb-…); it is not shown"
# With which a token is judged before a channel is known.
_ANY_CHANNEL = "C0"
_ID = re.compile(r"[CDG][A-Z0-9]{6,30}")
_MOST_LISTED = 30


def connect_slack(session: Session) -> int:
    """Find a channel, try it and write it; return the exit code.

    Raises:
        ChatError, UsageError: Slack or what was given is at fault; nothing was written.

    """
    secret, workspace = _secret(session)
    if workspace:
        return _by_bot(session, secret, workspace)
    values = {"SLACK_WEBHOOK_URL": secret}
    return finish(session, settings_of(session.config, values), values)


def _secret(session: Session) -> tuple[str, Workspace | None]:
    """Take a webhook, or a token and whose it is, as long as a person gives others."""
    new = session.options.new
    names = ("SLACK_BOT_TOKEN",) if session.options.channel else ("SLACK_BOT_TOKEN", "SLACK_WEBHOOK_URL")
    while True:
        secret = session.secret(names, _QUESTION, new=new)
        try:
            if not secret.startswith("http"):
                return secret, _workspace(session, secret)
            _check_webhook(session, secret)
        except (UsageError, TokenRejected) as error:
            if not session.may_ask:
                raise
            session.voice.complain(error.what, error.fix)
            new = True
        else:
            return secret, None


def _check_webhook(session: Session, url: str) -> None:
    settings_of(session.config, {"SLACK_WEBHOOK_URL": url})
    if session.options.channel:
        what = "A webhook writes to its own channel, whatever --channel says."
        raise UsageError(what, "Give the bot's token, or leave --channel out.")


def _by_bot(session: Session, token: str, workspace: Workspace) -> int:
    voice = session.voice
    voice.values["workspace"] = asdict(workspace)
    voice.say(f"The token is that of {workspace.user} in the workspace {workspace.name}.")
    channel = _channel(session, token)
    if channel is None:
        voice.fail("NoChannel", "No channel was named.", f"Name one: `{voice.again} --channel ID`.")
        return voice.end(USAGE)
    voice.values["channel"] = channel.id
    if not channel.member:
        voice.say(
            f"{workspace.user} is not in #{channel.name}: write there: /invite @{workspace.user}", "yellow"
        )
        if session.may_confirm:
            session.world.ask.yes("Is that done?", default=True)
    values = _values(token, channel.id)
    return finish(session, settings_of(session.config, values), values)


def _workspace(session: Session, token: str) -> Workspace:
    with session.voice.busy("Asking Slack"), _slack(session, token) as slack:
        return slack.workspace()


def _slack(session: Session, token: str) -> Slack:
    if (settings := settings_of(session.config, _values(token, _ANY_CHANNEL)).slack) is None:
        raise AssertionError
    return Slack(settings.bot_token, settings.api_url, session.world.ports)


def _values(token: str, channel: str) -> dict[str, str]:
    return {"SLACK_BOT_TOKEN": token, "SLACK_CHANNEL": channel}


def _channel(session: Session, token: str) -> Channel | None:
    """Return the channel that is named, or chosen from those that the app sees; None if there is none."""
    named = session.options.channel
    if _ID.fullmatch(named):
        return _unseen(named)
    channels = _channels(session, token)
    if named:
        if found := _match(named, channels):
            return found
        raise UsageError(
            f"--channel {named}: the app sees no such channel.", "Name it by its id, as in C0123456789."
        )
    _list(session, channels)
    while session.may_ask:
        given = session.world.ask.text("Which channel? Its number, name or id:")
        if found := _match(given, channels, listed=True):
            return found
        session.voice.complain(f"{given}: no such channel here")
    return None


def _channels(session: Session, token: str) -> Channels:
    try:
        with session.voice.busy("Asking Slack for its channels"), _slack(session, token) as slack:
            return slack.channels()
    except MissingScope as error:
        session.voice.say(f"{error.what} {error.fix}", "yellow")
        return Channels((), private=False, whole=False)


def _list(session: Session, channels: Channels) -> None:
    session.voice.values["channels"] = [asdict(each) for each in channels.all]
    for number, each in enumerate(channels.all[:_MOST_LISTED], 1):
        private, absent = " private" * each.private, "" if each.member else ", the app is not in it"
        session.voice.say(f"  {number:>2}  #{each.name} ({each.id}{private and ','}{private}{absent})")
    if len(channels.all) > _MOST_LISTED or (channels.all and not channels.whole):
        session.voice.say("  There are more: they can be named.")
    if channels.all and not channels.private:
        session.voice.say("  Private ones are not among them: for these the app needs the scope groups:read.")


def _match(given: str, channels: Channels, *, listed: bool = False) -> Channel | None:
    """Find what was typed: a number of the list, a name, an id."""
    shown = channels.all[:_MOST_LISTED] if listed else ()
    if given.isascii() and given.isdigit() and 0 < int(given) <= len(shown):
        return shown[int(given) - 1]
    name = given.removeprefix("#")
    found = [each for each in channels.all if given == each.id or name == each.name]
    if len(found) == 1:
        return found[0]
    return _unseen(given) if _ID.fullmatch(given) else None


def _unseen(number: str) -> Channel:
    """Take an id as it was typed: whether the app is in it, the test alert tells."""
    return Channel(number, number, private=False, member=True)
