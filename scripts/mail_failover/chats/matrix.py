"""`chats matrix`: what the homeserver says of itself, of a token and of a room."""

from collections.abc import Mapping
from dataclasses import asdict

from mail_failover.errors import UsageError
from mail_failover.messenger.errors import NotUnderstood, Unreachable
from mail_failover.messenger.given import settings_of
from mail_failover.messenger.matrix import Matrix

from .session import Session

SERVER, TOKEN, ROOM = "MATRIX_HOMESERVER", "MATRIX_TOKEN", "MATRIX_ROOM"
_FIX = (
    "Give the address that apps use, which may be another than the one in names: https://matrix.example.com."
)
_ROOM = "It must be the room's address, as in #alerts:example.com, or its id, which begins with !."


def server(session: Session, values: Mapping[str, str]) -> str:
    """Take an address at which a homeserver answers."""
    settings_of(session.config, values)
    try:
        with session.voice.busy("Asking the homeserver"), _matrix(session, values) as matrix:
            matrix.check()
    except (NotUnderstood, Unreachable) as error:
        raise UsageError(error.what, _FIX) from None
    return values[SERVER]


def token(session: Session, values: Mapping[str, str]) -> str:
    """Take a token, and say whose it is."""
    settings_of(session.config, values)
    with session.voice.busy("Asking the homeserver"), _matrix(session, values) as matrix:
        user = matrix.user()
    session.voice.values["user"] = user
    session.voice.say(f"The token is that of {user}.")
    return values[TOKEN]


def room(session: Session, values: Mapping[str, str]) -> str:
    """Take a room that the token's user is in, and that is not encrypted; return its id."""
    if not values[ROOM].startswith(("#", "!")):
        raise UsageError(f"{ROOM} can't be used.", _ROOM)
    if values[ROOM].startswith("!"):
        settings_of(session.config, values)
    with session.voice.busy("Asking for the room"), _matrix(session, values) as matrix:
        found = matrix.room(values[ROOM])
    session.voice.values["room"] = asdict(found)
    session.voice.say(f"Found: the room {found.name or 'without a name'}, id {found.id}.", "bold")
    return found.id


def _matrix(session: Session, values: Mapping[str, str]) -> Matrix:
    return Matrix(values[SERVER].rstrip("/"), values.get(TOKEN, ""), session.world.ports)
