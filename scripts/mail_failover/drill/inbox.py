"""A look into the fallback inbox by IMAP (RFC 3501), read-only: what arrived, and how it was judged."""

import contextlib
import email
import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

SECONDS = 20.0
WORKER_FIELD = "X-Mail-Failover"
"""The header field that the Worker adds to every copy it forwards."""

_MOST_CHARACTERS = 1000
_JUNK_NAMES = {b"junk", b"spam", b"junk e-mail"}
_FOLDER = re.compile(rb'\((?P<flags>[^)]*)\) (?:"[^"]*"|NIL) (?P<name>"(?:[^"\\]|\\.)*"|[^\s"]+)')
_NUMBERS = re.compile(rb"[0-9 ]*")
# All that is shown of a server's words (RFC 3501, section 7.1; RFC 5530): the rest may repeat the password.
_CODE = re.compile(
    r"\[(?:ALERT|AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|CLIENTBUG|CONTACTADMIN|CORRUPTION|EXPIRED|INUSE|"
    r"LIMIT|NONEXISTENT|NOPERM|PRIVACYREQUIRED|SERVERBUG|UNAVAILABLE)\]"
)
AGAIN = "Try again; if it stays so, look into that inbox yourself."
_SETTINGS = (
    "Check MAIL_FAILOVER_IMAP_USER and MAIL_FAILOVER_IMAP_PASSWORD; most providers want an app password "
    "here, and IMAP turned on."
)


class InboxError(Exception):
    """The inbox can't be looked into; the text carries no password, `fix` says what to do."""

    def __init__(self, words: str, fix: str) -> None:
        super().__init__(words)
        self.words = words
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Login:
    """Where the inbox is, and who may look."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where the message was found, and the topmost Authentication-Results field, untrusted.

    `marked` tells whether it carries the field that the Worker adds to what it forwards.
    """

    folder: str
    junk: bool
    authentication: str
    marked: bool


Connect = Callable[[Login], imaplib.IMAP4]


def connect(login: Login) -> imaplib.IMAP4:
    """Open a connection with TLS and a valid certificate."""
    context = ssl.create_default_context()
    return imaplib.IMAP4_SSL(login.host, login.port, ssl_context=context, timeout=SECONDS)


class Inbox:
    """A mailbox; every method blocks, and raises InboxError where the server fails."""

    def __init__(self, login: Login, connecting: Connect = connect) -> None:
        self._login = login
        self._folders = [("INBOX", False)]
        with self._translated("connect"):
            self._imap = connecting(login)

    def open(self) -> str:
        """Log in, find the junk folder, and say what will be looked into."""
        login = self._login
        with self._translated("log in", _SETTINGS):
            self._imap.login(login.user, login.password)
        with self._translated("list the folders"):
            self._folders += [(name, True) for name in self._junk_folders()[:1]]
        names = " and ".join(name.strip('"') for name, _ in self._folders)
        return f"logged in as {login.user}, will look into {names}"

    def find(self, message_id: str, token: str) -> Arrival | None:
        """Look for the message, by its Message-ID or the token in its subject."""
        with self._translated("search"):
            for folder, junk in self._folders:
                numbers = self._search(folder, message_id, token)
                if numbers:
                    fields = self._fields(numbers[-1])
                    results = fields.get_all("Authentication-Results") or [""]
                    authentication = " ".join(str(results[0]).split())[:_MOST_CHARACTERS]
                    return Arrival(folder.strip('"'), junk, authentication, WORKER_FIELD in fields)
        return None

    def close(self) -> None:
        """Log out; nothing depends on the answer."""
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            self._imap.logout()
        # A logout that fails leaves the socket open.
        with contextlib.suppress(OSError):
            self._imap.shutdown()

    def cut(self) -> None:
        """End the connection at once, so that a method which waits in another thread ends, too."""
        with contextlib.suppress(OSError):
            self._imap.socket().shutdown(socket.SHUT_RDWR)

    def _search(self, folder: str, message_id: str, token: str) -> list[str]:
        # Selecting it again is what shows new mail on every server.
        _good(self._imap.select(folder, readonly=True))
        criteria = ("OR", "HEADER", "Message-ID", f'"{message_id}"', "SUBJECT", f'"{token}"')
        lines = [line for line in _good(self._imap.uid("SEARCH", *criteria)) if line]
        if not all(isinstance(line, bytes) and _NUMBERS.fullmatch(line) for line in lines):
            raise imaplib.IMAP4.abort
        return b" ".join(lines).decode("ascii").split()

    def _fields(self, number: str) -> Message:
        wanted = f"(BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS {WORKER_FIELD.upper()})])"
        parts = _good(self._imap.uid("FETCH", number, wanted))
        fields = next((part[1] for part in parts if isinstance(part, tuple)), None)
        if fields is None:
            raise imaplib.IMAP4.abort
        return email.message_from_bytes(fields)

    def _junk_folders(self) -> list[str]:
        """Return the folders marked as junk (RFC 6154), then those named so."""
        lines = _good(self._imap.list())
        found = [match for line in lines if isinstance(line, bytes) and (match := _FOLDER.match(line))]
        marked = [match for match in found if rb"\junk" in match["flags"].lower()]
        named = [match for match in found if match["name"].strip(b'"').lower() in _JUNK_NAMES]
        return [match["name"].decode("ascii", "replace") for match in (*marked, *named)]

    @contextlib.contextmanager
    def _translated(self, step: str, fix: str = AGAIN) -> Iterator[None]:
        host = f"{self._login.host}:{self._login.port}"
        try:
            yield
        except imaplib.IMAP4.abort:
            what = f"{host} failed to {step}: the connection ended, or the answer made no sense"
            raise InboxError(what, AGAIN) from None
        except imaplib.IMAP4.error as error:
            code = _CODE.search(str(error))
            raise InboxError(f"{host} would not {step}{f': {code[0]}' if code else ''}", fix) from None
        except UnicodeError:
            raise InboxError(
                f"{host}: the user name or password holds characters that IMAP can't carry",
                "Make an app password for this.",
            ) from None
        except OSError as error:
            words = error.strerror or str(error) or type(error).__name__
            fix = "Check --inbox-imap HOST[:PORT]; it must speak TLS from the start, as on port 993."
            raise InboxError(f"{host} failed to {step}: {words}", fix) from error


def _good(answer: tuple[str, list[Any]]) -> list[Any]:
    """Return the data of an answer; imaplib raises by itself for BAD, but not for every NO."""
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(data[-1])
    return data
