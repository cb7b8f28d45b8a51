"""One replay at a time from here: two would hand over the same message when a lease runs out."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mail_failover.errors import UsageError

_LOCK = "lock"


@contextmanager
def alone(folder: Path, domain: str) -> Iterator[None]:
    """Hold the lock beside the journal; the system lets go of it however the process ends.

    Raises:
        UsageError: another process holds it, or it can't be made.

    """
    path = folder / _LOCK
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise UsageError(f"{path}: the lock can't be made: {error.strerror}.") from error
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = file.read(20).strip()
            who = f"process {holder}" if holder.isdigit() else "its process is not known"
            raise UsageError(
                f"Another `mail-failover replay` brings the mail of {domain} home ({who}, it holds {path}).",
                "Wait until it has ended, or end it, then run this again.",
            ) from error
        except OSError as error:
            raise UsageError(
                f"{path}: the lock can't be taken: {error.strerror}.",
                "Name a folder on a disk of this machine with --state.",
            ) from error
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
