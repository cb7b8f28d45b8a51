"""Wrangler, Cloudflare's own tool, in the version that package.json pins."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from mail_failover.errors import UsageError
from mail_failover.settings.place import own

from .cache import bring, place, run
from .node import Node, node

_SCRIPT = Path("node_modules", "wrangler", "bin", "wrangler.js")
# Neither the tests' interpreters nor scripts of the packages: wrangler and its runtime need none.
_NPM = (
    "ci",
    "--omit=dev",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
)


def wrangler(say: Callable[[str], None], environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the words that start wrangler: its own command and options come after them.

    It is what $WRANGLER names, or that of the checkout's node_modules, or is brought into the cache; `say`
    is told before each download. The words need nothing of $PATH.

    Raises:
        UsageError: it, or Node, is not there and could not be brought; names what helps.

    """
    if named := environ.get("WRANGLER"):
        if (found := shutil.which(named, path=environ.get("PATH"))) is None:
            raise UsageError(f"{named} is not there: $WRANGLER has to name an executable.")
        return [str(Path(found).absolute())]
    engine, top = node(say, environ), own().parent
    if not (top / _SCRIPT).is_file():
        top = _brought(top, engine, say, environ)
    return [engine.executable, str((top / _SCRIPT).absolute())]


def _brought(top: Path, engine: Node, say: Callable[[str], None], environ: Mapping[str, str]) -> Path:
    """Let npm bring what the lock file says, by its hashes."""
    manifest, lock = top / "package.json", top / "package-lock.json"
    version = json.loads(manifest.read_bytes())["dependencies"]["wrangler"]
    known = hashlib.sha256(lock.read_bytes()).hexdigest()[:8]
    target = place(f"wrangler-{version}-{known}", environ)

    def make(folder: Path) -> None:
        for file in (manifest, lock):
            shutil.copy(file, folder)
        run("npm ci", [*engine.npm, *_NPM], folder, environ, "Look at the network, then run this again.")

    if not target.is_dir():
        size = "80 MB, 230 MB on the disk"
        say(f"Bringing wrangler {version} from the npm registry into {target}, once: {size}.")
        bring(target, make)
    if not (target / _SCRIPT).is_file():
        raise UsageError(f"{target}: is not whole.", "Remove it, then run this again.")
    return target
