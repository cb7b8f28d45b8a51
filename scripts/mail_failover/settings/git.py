"""Whether git would publish what only its owner may read."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .files import ACCOUNT_FILE, SETTINGS_FILE
from .place import STATE, is_there

_PRIVATE = (SETTINGS_FILE, ACCOUNT_FILE, str(STATE))
_SECONDS = 10.0


def warning(folder: Path, names: Sequence[str]) -> list[str]:
    """Return what is said of names that are `exposed`: that, and the line that mends it; nothing for none."""
    if not names:
        return []
    ignore = f"printf '%s\\n' {shlex.join(names)} >> {shlex.quote(str(folder / '.gitignore'))}"
    return [f"Note: git does not ignore {', '.join(names)} here, so a commit publishes it:", f"  {ignore}"]


def exposed(folder: Path) -> list[str]:
    """Return the names of what is private in a folder and what its repository does not ignore.

    Nothing where there is no git, or no repository that it would look into.

    Source: https://git-scm.com/docs/git-check-ignore
    """
    there = [name for name in _PRIVATE if is_there(folder / name)]
    try:
        done = subprocess.run(  # noqa: S603 - its words are ours
            ["git", "-C", str(folder), "check-ignore", *there],  # noqa: S607 - that of the owner's $PATH
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    # 1: none is ignored; more is an error.
    return [name for name in there if name not in done.stdout.split()] if done.returncode < 2 else []
