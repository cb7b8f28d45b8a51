"""`chats telegram`: from a bot's token to a chat that it may write to."""

from dataclasses import asdict

from rich.text import Text

from mail_failover.console.voice import Voice
from mail_failover.errors import UsageError
from mail_failover.messenger.errors import ChatError, NotHeard, Taken, TokenRejected
from mail_failover.messenger.given import settings_of
from mail_failover.messenger.qr import drawn
from mail_failover.messenger.telegram import Bot, Chat, Telegram, new_code, start_command, start_link

from .finish import finish
from .session import Session

_QUESTION = "The bot's token, as @BotFather gives it after /newbot (not shown)"
_TOKEN = ("TELEGRAM_BOT_TOKEN",)
# With which a token is judged before a chat is known.
_ANY_CHAT = "1"
_WAIT = 300


def connect_telegram(session: Session) -> int:
    """Find a chat, try it and write it; return the exit code.

    Raises:
        ChatError, UsageError: Telegram or what was given is at fault; nothing was written.

    """
    options = session.options
    if options.topic and not options.chat:
        raise UsageError("--topic names a topic of a chat.", "Name the chat, too: --chat ID.")
    token, bot = _bot(session)
    session.voice.values["bot"] = asdict(bot)
    session.voice.say(f"The token is that of the bot {bot.name} (@{bot.username}).")
    with _telegram(session, token) as telegram:
        if options.chat:
            chat = _named(session, telegram, token, options.chat, options.topic)
        else:
            chat = _found(session, telegram, token, bot)
    session.voice.values["chat"] = asdict(chat)
    session.voice.say(f"Found: {_described(chat)}.", "bold")
    values = _values(token, chat.id, chat.thread)
    return finish(session, settings_of(session.config, values), values)


def _bot(session: Session) -> tuple[str, Bot]:
    """Take a token until one is somebody's, as long as a person gives others."""
    new = session.options.new
    while True:
        token = session.secret(_TOKEN, _QUESTION, new=new)
        try:
            with session.voice.busy("Asking Telegram"), _telegram(session, token) as telegram:
                return token, telegram.bot()
        except (UsageError, TokenRejected) as error:
            if not session.may_ask:
                raise
            session.voice.complain(error.what, error.fix)
            new = True


def _telegram(session: Session, token: str) -> Telegram:
    if (settings := settings_of(session.config, _values(token, _ANY_CHAT)).telegram) is None:
        raise AssertionError
    return Telegram(settings.token, settings.api_url, session.world.ports)


def _values(token: str, chat: str, thread: str = "") -> dict[str, str]:
    return {"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_CHAT_ID": chat, "TELEGRAM_THREAD_ID": thread}


def _found(session: Session, telegram: Telegram, token: str, bot: Bot) -> Chat:
    """Show a link, and wait for whoever opens it; if that can't be, take an id."""
    code = new_code()
    _invite(session, bot, code)
    try:
        with session.voice.busy("Waiting for that (Ctrl-C ends it)"):
            seconds = session.options.wait or _WAIT
            return telegram.wait_for_start(bot, code, seconds, group=session.options.group)
    except (NotHeard, Taken) as error:
        if not session.may_ask:
            raise
        session.voice.complain(error.what, error.fix)
    while True:
        given = session.world.ask.text("The chat's id, if you know it (Ctrl-C ends this):")
        try:
            return _named(session, telegram, token, given, "")
        except (UsageError, ChatError) as wrong:
            session.voice.complain(wrong.what, wrong.fix)


def _named(session: Session, telegram: Telegram, token: str, chat: str, topic: str) -> Chat:
    settings_of(session.config, _values(token, chat, topic))
    found = telegram.chat(chat)
    return Chat(found.id, found.kind, found.name, topic)


def _invite(session: Session, bot: Bot, code: str) -> None:
    """Say what to open, and what to do there."""
    voice, group = session.voice, session.options.group
    link, command = start_link(bot, code, group=group), start_command(bot, code)
    voice.values |= {"link": link, "command": command if group else f"/start {code}"}
    then = "choose the group" if group else "press Start"
    otherwise = "If nothing happens here then, or if alerts are for a topic, write there"
    if voice.as_json:
        # Its one value comes at the end, and who opens the link needs it now.
        voice.complain(f"Open {link} where you use Telegram, and {then}", f"{otherwise}: {command}" * group)
        return
    voice.say(f"Open this link where you use Telegram, and {then}:")
    voice.say(f"  {link}", "bold")
    if group:
        voice.say(f"{otherwise}:")
        voice.say(f"  {command}", "bold")
    if session.options.qr and (code_block := _fitting(voice, link)):
        voice.show(Text(code_block, "bright_white on black"))


def _fitting(voice: Voice, link: str) -> str:
    """Draw the link as a QR code, if the terminal can show it; else nothing."""
    if not voice.width or not voice.out.encoding.startswith("utf"):
        return ""
    lines = drawn(link).split("\n")
    fits = len(lines[0]) <= voice.width and len(lines) < voice.out.height
    return "\n".join(lines) if fits else ""


def _described(chat: Chat) -> str:
    where = {"private": "a private chat with", "channel": "the channel"}.get(chat.kind, "the group")
    topic = f"the topic {chat.topic or chat.thread} of " if chat.thread else ""
    return f"{topic}{where} {chat.name}, id {chat.id}"
