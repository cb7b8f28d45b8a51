"""`chats ntfy` and others: their settings, taken one after the other, tried and written."""

from collections.abc import Mapping

from mail_failover.errors import UsageError
from mail_failover.messenger.errors import Encrypted, NoSuchChat, TokenRejected
from mail_failover.messenger.given import settings_of

from .finish import finish, finish_copied
from .services import WAYS, Part
from .session import Session

_WRONG = (UsageError, TokenRejected, NoSuchChat, Encrypted)
"""What another answer may mend."""


def connect(session: Session, service: str) -> int:
    """Take what the service needs, try it and write it; return the exit code.

    Raises:
        ChatError, UsageError: the service or what was given is at fault; nothing was written.

    """
    parts, values = WAYS[service], dict[str, str]()
    for part in parts:
        values[part.name] = _taken(session, part, values)
    settings = settings_of(session.config, values)
    for part in parts:
        if part.copied and part.name in session.made:
            return finish_copied(session, settings, values, part.name)
    return finish(session, settings, values)


def _taken(session: Session, part: Part, before: Mapping[str, str]) -> str:
    """Take a value until one can be used, as long as a person gives others; empty if there is none."""
    value = session.options.named.get(part.option) or _given(session, part, before, new=session.options.new)
    while True:
        values = {**before, part.name: value}
        try:
            if part.look and value:
                return part.look(session, values)
            settings_of(session.config, values)
        except _WRONG as error:
            if not (session.may_ask and part.question):
                raise
            session.voice.complain(error.what, error.fix)
            value = _given(session, part, before, new=True)
        else:
            return value


def _given(session: Session, part: Part, before: Mapping[str, str], *, new: bool) -> str:
    """Return what is set already, or else what a person gives or is made for one.

    Where nobody answers, nothing is made for who gave nothing at all.
    """
    value = "" if new else session.known(part.name)
    if value or not part.question:
        return value
    made = part.make if session.may_ask or before else None
    value = _asked(session, part, needed=part.needed and not made)
    if not value and made:
        value = made(session)
        session.made.add(part.name)
    return value


def _asked(session: Session, part: Part, *, needed: bool) -> str:
    """Ask for a setting.

    Raises:
        UsageError: none came, and one is needed.

    """
    if session.may_ask and part.where:
        session.voice.say(part.where)
    if not part.option:
        return session.secret((part.name,), part.question, new=True, needed=needed)
    if session.may_ask:
        return session.world.ask.text(f"{part.question}:")
    raise UsageError(f"{part.name} is not known.", f"Name it: `{session.voice.again} {part.option} VALUE`.")
