"""One command at a time may change a domain from here."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mail_failover.errors import UsageError


@contextmanager
def alone(folder: Path, domain: str) -> Iterator[None]:
    """Hold the domain's lock beside its journals; the system lets go of it however the process ends.

    Raises:
        UsageError: another process holds it, or it can't be made.

    """
    path = folder / domain / "lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise UsageError(f"{path}: the journal can't be written: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"Another `mail-failover setup` is changing {domain} (it holds {path}).",
                "Wait until it has ended, then run this again.",
            ) from error
        yield
