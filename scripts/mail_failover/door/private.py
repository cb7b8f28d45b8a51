"""Files and folders for their owner alone: mail lies in them, and keys."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from mail_failover.disk import sync
from mail_failover.errors import UsageError

from .errors import DiskError

T = TypeVar("T")


class PrivateFile:
    """A file that is made when it is entered, with the mode 0600, and that was not there before.

    Raises:
        DiskError: it is there, or can't be written; then nothing is left of it.

    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        self._file = self._try(lambda: os.fdopen(os.open(self._path, flags, 0o600), "wb"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # What is still in the buffer may be what does not fit.
            self._try(self._file.close)
        finally:
            if error:
                with suppress(OSError):
                    self._path.unlink(missing_ok=True)

    def write(self, part: bytes) -> None:
        """Write all of it."""
        self._try(lambda: self._file.write(part))

    def sync(self) -> None:
        """Bring what was written to the disk."""
        self._try(self._file.flush)
        self._try(lambda: os.fsync(self._file.fileno()))

    def _try(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except OSError as error:
            raise unwritable(self._path, error) from error


def give_name(part: Path, path: Path) -> None:
    """Give a file its name, if no other has it by now.

    Raises:
        DiskError: one has, or the disk fails.

    """
    try:
        try:
            path.hardlink_to(part)
        except OSError as error:
            # Sticks and network drives know no hard links.
            if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS} or path.exists():
                raise
            part.rename(path)
        else:
            part.unlink()
        sync(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, and those above it likewise, each on the disk.

    Raises:
        UsageError: it can't be made.

    """
    try:
        _make(folder)
        folder.chmod(0o700)
    except OSError as error:
        raise unusable(folder, error) from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileNotFoundError:
        _make(folder.parent)
        _make(folder)
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        sync(folder.parent)


def unusable(path: Path, error: OSError) -> UsageError:
    """Say that a file or folder of the state folder can't be used."""
    owner = "Run this as the user who runs `replay`, or name another folder with --state."
    fix = owner if isinstance(error, PermissionError) else ""
    return UsageError(f"{path}: can't be used: {error.strerror}.", fix)


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Make a folder in this one, for its owner alone; at the end it is deleted.

    Raises:
        DiskError: it can't be made.

    """
    try:
        made = tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    with made as name:
        yield Path(name)


def unwritable(path: Path, error: OSError) -> DiskError:
    """Say that a file can't be written, and why."""
    return DiskError(f"{path} can't be written: {error.strerror or type(error).__name__}.")
