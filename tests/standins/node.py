"""Node as the project's environment brings it, and what runs there: both Pyodides, and Cloudflare's SDK."""

import os
import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
VERSIONS = ["3.13", "3.14"]
"""The versions of Python that there is a Pyodide of."""


def node_command(*arguments: Any) -> list[Any]:
    """Return the command that runs Node with these arguments."""
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [shutil.which("node", path=path), *arguments]


def pyodide(version: str) -> str:
    """Return the name of the npm package with this version of Python."""
    package = f"pyodide-{version}"
    assert (ROOT / "node_modules" / package).exists(), "run this through: make test"
    return package


def sdk() -> Any:
    """Return the folder that holds the SDK's `workers` package.

    Asked of the installed package: in this process, `workers` may be the emulator's stand-in.
    """
    return distribution("workers-runtime-sdk").locate_file("")
