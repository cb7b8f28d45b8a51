"""Copies as files that every mail program reads: .eml with the envelope beside it, or one mbox."""

import filecmp
import hashlib
import os
from pathlib import Path

from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.console.text import one_line
from mail_failover.door.answers import Copy
from mail_failover.door.errors import Damaged, Failing, Gone, Lost, NotUnderstood, Unopened
from mail_failover.door.private import PrivateFile, give_name, scratch
from mail_failover.door.wording import about, all_facts, messages
from mail_failover.errors import UsageError

from .mbox import entry
from .message import lines_of
from .run import Visit

_MBOX = ".mbox"


async def export_copies(visit: Visit, only: str, to: Path) -> int:
    """Save one copy, or all if `only` is empty, in a folder or as an mbox file."""
    copies = [await visit.find(only)] if only else [copy async for copy in visit.door.copies()]
    if to.suffix == _MBOX:
        _check_new(to)
        with scratch(_folder(to.parent)) as folder:
            saved, failed = await _save_mbox(visit, copies, folder, to)
    else:
        with scratch(_folder(to)) as folder:
            saved, failed = await _save_files(visit, copies, folder, to)
    visit.voice.say(f"{len(saved)} of {messages(len(copies))} saved in {to}; the spool keeps what it has.")
    exported = [all_facts(copy) for copy in saved]
    return visit.voice.end(PROBLEM if failed else DONE, exported=exported, failed=failed, to=str(to))


async def _save_files(
    visit: Visit, copies: list[Copy], scratch: Path, to: Path
) -> tuple[list[Copy], list[str]]:
    saved, failed = list[Copy](), list[str]()
    for copy in copies:
        path, part = to / f"{copy.id}.eml", scratch / "message.eml"
        known = path.exists()
        # Of what is encrypted nobody knows the message's own hash.
        if (not known or copy.sealed) and not await _fetched(visit, copy, part, failed):
            continue
        if known and not _is_same(path, copy, part):
            visit.voice.complain(f"{path}: another file is there, and none is overwritten")
            failed.append(copy.id)
            part.unlink(missing_ok=True)
            continue
        if known:
            part.unlink(missing_ok=True)
            visit.voice.say(f"already there  {about(copy)}")
        else:
            with part.open("rb") as file:
                os.fsync(file.fileno())
            give_name(part, path)
            visit.voice.say(f"saved  {about(copy)}")
        _write_envelope(copy, scratch / "envelope.txt", path.with_suffix(".txt"))
        saved.append(copy)
    return saved, failed


async def _save_mbox(
    visit: Visit, copies: list[Copy], scratch: Path, to: Path
) -> tuple[list[Copy], list[str]]:
    saved, failed, whole = list[Copy](), list[str](), scratch / "all.mbox"
    with PrivateFile(whole) as mbox:
        for copy in copies:
            part = scratch / "message.eml"
            if await _fetched(visit, copy, part, failed):
                mbox.write(entry(copy, part.read_bytes()))
                part.unlink()
                saved.append(copy)
                visit.voice.say(f"saved  {about(copy)}")
        mbox.sync()
    give_name(whole, to)
    return saved, failed


async def _fetched(visit: Visit, copy: Copy, path: Path, failed: list[str]) -> bool:
    """Fetch a copy; one that does not come whole is told, and holds up no other."""
    try:
        await visit.door.fetch(copy, path)
    except (Damaged, Failing, Gone, Lost, NotUnderstood, Unopened) as error:
        visit.voice.complain(error.what, error.fix)
        failed.append(copy.id)
        if isinstance(error, (Failing, Lost, NotUnderstood)):
            # If it is not this copy's doing, the others would fare no better.
            await visit.door.status()
        return False
    return True


def _write_envelope(copy: Copy, part: Path, path: Path) -> None:
    """Write beside a copy what its bytes don't say: for whom it was, and from whom it came."""
    if not path.exists():
        with PrivateFile(part) as file:
            file.write("".join(f"{one_line(line)}\n" for line in lines_of(copy)).encode())
            file.sync()
        give_name(part, path)


def _is_same(path: Path, copy: Copy, part: Path) -> bool:
    """Tell whether a file has a copy's message: by its hash, or as it was fetched, if it is encrypted."""
    try:
        if copy.sealed:
            return filecmp.cmp(path, part, shallow=False)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == copy.sha256
    except OSError:
        return False


def _check_new(path: Path) -> None:
    if path.exists():
        raise UsageError(f"{path}: there is a file already, and none is overwritten.", "Name another one.")


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDONLY | os.O_DIRECTORY))
    except OSError as error:
        raise UsageError(f"{path}: can't be used: {error.strerror}.") from error
    return path
