"""A homeserver of Matrix's, asked: whose a token is, which room an alias means, and what is so in a room.

Source: https://spec.matrix.org/latest/client-server-api/
"""

import re
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx

from .client import SECONDS, Answer, Client, Ports
from .errors import Encrypted, NoSuchChat, TokenRejected

_LONGEST_NAME = 255
_CLIENT = "/_matrix/client/v3"
_ERROR = re.compile(r"M_[A-Z_]{1,60}")

UNENCRYPTED = 'Make another room, with "Enable end-to-end encryption" off from the beginning'


@dataclass(frozen=True, slots=True)
class Room:
    """A room; its name, if it has one, is others', and untrusted."""

    id: str
    name: str


class Matrix:
    """Asks one homeserver with one account's token; every method raises a ChatError by meaning.

    It joins no room, and writes nothing.
    """

    def __init__(self, homeserver: str, token: str, ports: Ports | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = Client(
            "The homeserver", homeserver, ports or Ports(), headers=headers, address="MATRIX_HOMESERVER"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.__exit__(kind, error, trace)

    def check(self) -> None:
        """See that it is a homeserver: one tells everybody which versions it speaks.

        Raises:
            NotUnderstood: it is none.

        """
        answer = self._client.get("which versions it speaks", "/_matrix/client/versions")
        if answer.status != 200 or not isinstance(answer.body.get("versions"), list):
            raise self._client.not_understood("which versions it speaks")

    def user(self) -> str:
        """Say whose the token is.

        Raises:
            TokenRejected: nobody's.

        """
        match self._asked("whose the token is", "/account/whoami").body:
            case {"user_id": str(user)}:
                return user[:_LONGEST_NAME]
        raise self._client.not_understood("whose the token is")

    def room(self, named: str) -> Room:
        """Find a room by its id or its alias.

        Raises:
            NoSuchChat: there is none, or the token's user is not in it.
            Encrypted: it is encrypted.

        """
        user, room = self.user(), self._meant(named) if named.startswith("#") else named
        state = f"/rooms/{_quoted(room)}/state"
        found = self._asked("who is in the room", f"{state}/m.room.member/{_quoted(user)}")
        if found.body.get("membership") != "join":
            invited = " was invited to the room, but" if found.body.get("membership") == "invite" else ""
            fix = f"Invite it, and accept that as {user}; Element shows a room's id under Advanced."
            raise NoSuchChat(f"{user}{invited} is not in the room.", fix)
        if self._asked("whether the room is encrypted", f"{state}/m.room.encryption/").status == 200:
            what = (
                "The room is encrypted, and the Worker encrypts nothing: it would write there in the clear."
            )
            raise Encrypted(what, f"{UNENCRYPTED}.")
        name = self._asked("the room's name", f"{state}/m.room.name/").body.get("name")
        return Room(room, str(name or "")[:_LONGEST_NAME])

    def _meant(self, alias: str) -> str:
        match self._asked("which room that is", f"/directory/room/{_quoted(alias)}").body:
            case {"room_id": str(room)}:
                return room
        raise NoSuchChat(
            "The homeserver knows no room of that address.",
            "Correct it, or give the room's id, which begins with !: in Element, Room settings, Advanced.",
        )

    def _asked(self, what: str, path: str) -> Answer:
        """Ask; what is forbidden or not there is an answer, too.

        Raises:
            TokenRejected: the token is nobody's.

        """
        answer = self._client.get(what, f"{_CLIENT}{path}")
        if answer.status == 401:
            raise TokenRejected(
                "The homeserver does not accept the token.",
                "Copy it again: in Element, All settings, Help & About, Access Token. It ends with a logout.",
            )
        if answer.status not in {200, 400, 403, 404} or not (answer.status == 200 or _code(answer)):
            raise self._client.not_understood(what)
        return answer


async def is_encrypted(
    homeserver: str, room: str, token: str, transport: httpx.AsyncBaseTransport | None = None
) -> bool:
    """Tell whether a room is known to be encrypted."""
    url = f"{homeserver}{_CLIENT}/rooms/{_quoted(room)}/state/m.room.encryption/"
    try:
        async with httpx.AsyncClient(transport=transport, timeout=SECONDS) as client:
            answer = await client.get(url, headers={"Authorization": f"Bearer {token}"})
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and "algorithm" in answer.text


def _code(answer: Answer) -> bool:
    """Tell whether an error is that of a homeserver."""
    return bool(_ERROR.fullmatch(str(answer.body.get("errcode", ""))))


def _quoted(text: str) -> str:
    return quote(text, safe="")
