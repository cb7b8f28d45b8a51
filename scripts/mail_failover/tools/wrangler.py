"""Where wrangler is found, and the Node that it needs."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from mail_failover.errors import UsageError
from mail_failover.settings.place import own

_SCRIPT = Path("node_modules") / "wrangler" / "bin" / "wrangler.js"


def wrangler(say: Callable[[str], None], environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the words that start wrangler; its own command and options come after them.

    Raises:
        UsageError: Node or wrangler is not there; names what helps.

    """
    del say
    if named := environ.get("WRANGLER", ""):
        found = shutil.which(named)
        if found is None:
            raise UsageError(f"{named} is not there.", "$WRANGLER has to name an executable.")
        return [str(Path(found).absolute())]
    script = own().parent / _SCRIPT
    if not script.is_file():
        raise UsageError(f"{script} is not there.", "Run `make deploy`, which brings it.")
    beside = f"{Path(sys.executable).parent}{os.pathsep}{environ.get('PATH', os.defpath)}"
    node = shutil.which("node", path=beside)
    if node is None:
        raise UsageError("Node is not there.", "Install Node 22 or newer, or run `make deploy`.")
    return [node, str(script)]
