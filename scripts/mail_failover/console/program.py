"""How the user called this program."""

import shlex
import shutil
import sys
from pathlib import Path

from .next_step import PROGRAM


def program() -> str:
    """Return what has to be typed to call it again from the same folder, ready for a shell."""
    called = Path(sys.argv[0])
    if called.parts[-2:] == ("mail_failover", "__main__.py"):
        return f"{shlex.quote(sys.orig_argv[0])} -m mail_failover"
    if called.name != PROGRAM or shutil.which(PROGRAM) == sys.argv[0]:
        return PROGRAM
    return shlex.quote(sys.argv[0])
