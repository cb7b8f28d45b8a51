"""Where forwarded messages go: a Maildir per inbox, another SMTP server, or memory."""

import asyncio
import hashlib
import itertools
import os
import re
import time
from pathlib import Path
from typing import Protocol

from mail_failover.mail import submission

_serial = itertools.count(1)


class InboxError(Exception):
    """An inbox did not take a message; `reply` is its SMTP code and text."""

    def __init__(self, reply: str, *, permanent: bool) -> None:
        super().__init__(reply)
        self.reply = reply
        self.permanent = permanent


class Inboxes(Protocol):
    """The destination addresses' mail servers."""

    async def store(self, address: str, sender: str, content: bytes) -> str:
        """Deliver the content to the address, durably; return its file's name, or nothing if it has none.

        Raises:
            InboxError: it was not taken.

        """
        ...


class MemoryInboxes:
    """Inboxes that last as long as the object."""

    def __init__(self) -> None:
        self.messages: dict[str, list[bytes]] = {}

    async def store(self, address: str, sender: str, content: bytes) -> str:
        """Keep the content under the address in small letters."""
        del sender
        self.messages.setdefault(address.lower(), []).append(content)
        return ""


class MaildirInboxes:
    """A Maildir per address under `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def store(self, address: str, sender: str, content: bytes) -> str:
        """Write the content into the address's Maildir; a full or broken disk is a temporary error."""
        del sender
        try:
            return write_maildir(self.folder(address), content).name
        except OSError as error:
            raise InboxError(f"452 4.3.1 {error.strerror}", permanent=False) from error

    def folder(self, address: str) -> Path:
        """Return the Maildir of the address."""
        return self.root / folder_name(address)


class RelayInboxes:
    """Inboxes behind another SMTP server."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port

    async def store(self, address: str, sender: str, content: bytes) -> str:
        """Hand the content on by SMTP; no connection is a temporary error."""
        try:
            await asyncio.to_thread(submission.submit, (self.host, self.port), sender, [address], content)
        except submission.RefusedError as error:
            raise InboxError(error.reply, permanent=error.permanent) from error
        except OSError as error:
            raise InboxError(f"421 4.4.1 {self.host}:{self.port}: {error}", permanent=False) from error
        return ""


def write_maildir(folder: Path, content: bytes) -> Path:
    """Add a message to a Maildir, byte for byte, and return its file: complete, or not there.

    The standard library's `mailbox.Maildir` converts line endings; mail to compare can't have that.
    """
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns()}.{os.getpid()}_{next(_serial)}.mail-failover"
    draft = folder / "tmp" / name
    with draft.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft.rename(folder / "new" / name)


def read_maildir(folder: Path) -> list[bytes]:
    """Return the messages of a Maildir, oldest first; none if there is no such folder."""
    files = [*(folder / "new").glob("*"), *(folder / "cur").glob("*")]
    return [file.read_bytes() for file in sorted(files, key=lambda file: file.name)]


def folder_name(address: str) -> str:
    """Turn an address into a folder's name: one name per address, no way out of the parent folder."""
    name = re.sub(r"[^a-z0-9._+@=-]", _escape, address.lower())
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > 200:
        name = f"{name[:120]}%{hashlib.sha256(name.encode()).hexdigest()}"
    return name or "%"


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode(errors="surrogateescape"))
