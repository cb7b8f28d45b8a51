"""What several commands ask of a disk: a file replaced as a whole, and one process at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from mail_failover.errors import UsageError

WAIT = "Wait until it has ended, then run this again."


def sync(folder: Path) -> None:
    """Bring a folder's entries to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_whole(path: Path, text: str) -> None:
    """Write a file for its owner alone, in a folder that is made; a crash leaves the old one or the new one.

    Its owner stays, so that a command that is run as root once shuts nobody out.

    Raises:
        OSError: it can't be written; then it is as it was.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            # What a crash left there may have another mode.
            os.fchmod(descriptor, 0o600)
            with contextlib.suppress(FileNotFoundError, PermissionError):
                found = path.stat()
                os.fchown(descriptor, found.st_uid, found.st_gid)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    sync(path.parent)


@contextlib.contextmanager
def one_by_one(folder: Path) -> Iterator[None]:
    """Wait until no other process is in this block for the folder, which is made.

    Raises:
        OSError: it can't be made or locked.

    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def alone(path: Path, what: str, fix: str = WAIT) -> Iterator[None]:
    """Hold a lock; the system lets go of it however the process ends.

    `what` begins the complaint about another one that holds it, as in "Another `mail-failover setup` works".

    Raises:
        UsageError: another process holds it, or it can't be made or taken.

    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise UsageError(f"{path}: the lock can't be made: {error.strerror}.") from error
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = file.read(20).strip()
            who = f"process {holder}" if holder.isdigit() else "its process is not known"
            raise UsageError(f"{what} ({who}, it holds {path}).", fix) from error
        except OSError as error:
            what = f"{path}: the lock can't be taken: {error.strerror}."
            raise UsageError(what, "Name a folder on a disk of this machine.") from error
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
