"""What is brought from a registry: once, whole or not at all, into a cache that may be removed any time."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mail_failover.console.text import printable
from mail_failover.disk import alone, sync
from mail_failover.errors import UsageError

SECONDS = 1800.0
"""How long one download may take."""
_NEW = ".new-"
_ERROR = re.compile(r"(npm )?error\b", re.IGNORECASE)
_SAID_LINES = 4
_SAID_CHARACTERS = 400


def place(name: str, environ: Mapping[str, str]) -> Path:
    """Return where in the cache a thing lies, or will.

    Source: https://specifications.freedesktop.org/basedir-spec/latest/

    Raises:
        UsageError: nothing says where this user's files are.

    """
    named = Path(environ.get("XDG_CACHE_HOME", ""))
    try:
        cache = named if named.is_absolute() else Path.home() / ".cache"
    except RuntimeError as error:
        raise UsageError(
            "This user has no home folder to keep downloads in.", "Set $XDG_CACHE_HOME."
        ) from error
    return cache / "mail-failover" / name


def bring(target: Path, make: Callable[[Path], None]) -> None:
    """Let `make` fill an empty folder, which becomes `target` when it is whole.

    Whatever ends it before, `target` is not there; what a kill leaves is removed by the next one.

    Raises:
        UsageError: the folder can't be written, or another process brings something into it.

    """
    cache = target.parent
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with alone(cache / ".lock", "Another mail-failover brings Node or wrangler"):
            if target.exists():
                return
            for left in cache.glob(f"{_NEW}*"):
                shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=_NEW, dir=cache, ignore_cleanup_errors=True) as folder:
                new = Path(folder) / target.name
                new.mkdir()
                make(new)
                new.rename(target)
            sync(cache)
    except OSError as error:
        fix = "Set $XDG_CACHE_HOME to a folder that has room for it."
        raise UsageError(f"{cache}: can't be used: {error.strerror}.", fix) from error


def run(what: str, words: Sequence[str], folder: Path, environ: Mapping[str, str], fix: str) -> None:
    """Run a program of others in a folder, without Cloudflare's token; if it fails, its error is told.

    Raises:
        UsageError: it can't be run, failed, or did not end in time.

    """
    try:
        done = subprocess.run(  # noqa: S603
            words,
            cwd=folder,
            env={name: value for name, value in environ.items() if not name.startswith("CLOUDFLARE_")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"{what} did not end within {SECONDS:g} s.", fix) from error
    except OSError as error:
        raise UsageError(f"{what}: {words[0]} can't be run: {error.strerror}.", fix) from error
    if done.returncode:
        raise UsageError(f"{what} failed: {_reason(done.stdout) or f'exit code {done.returncode}'}.", fix)


def _reason(output: bytes) -> str:
    """Return the first lines that are marked as errors, as npm and pip do, or else the first ones."""
    lines = [line.strip() for line in printable(output.decode(errors="replace")).split("\n")]
    said = list(filter(_ERROR.match, lines)) or [line for line in lines if line]
    return " ".join(said[:_SAID_LINES])[:_SAID_CHARACTERS].rstrip(".")
