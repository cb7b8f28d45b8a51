"""Putting another text in the place of wrangler.toml's: all of it, or none."""

import contextlib
import os
import tempfile
from pathlib import Path


class ChangedError(Exception):
    """Somebody else changed the file meanwhile."""


def replace_text(path: Path, before: str, after: str) -> None:
    """Put a text in the place of what was read `before`; mode and owner stay, and so does a link to it.

    Raises:
        ChangedError: it is not as it was read.
        OSError: it can't be written; then it is as it was.

    """
    real = path.resolve()
    # Who may write into the folder could replace a file that he may not write.
    with real.open("r+b"):
        found = real.stat()
    number, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(after.encode())
            file.flush()
            os.fchmod(file.fileno(), found.st_mode & 0o7777)
            with contextlib.suppress(PermissionError):
                os.fchown(file.fileno(), found.st_uid, found.st_gid)
            os.fsync(file.fileno())
        _check_same(real, before)
        Path(name).replace(real)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _check_same(path: Path, before: str) -> None:
    if path.read_bytes() != before.encode():
        raise ChangedError
