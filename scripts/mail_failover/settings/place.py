"""Where the Worker's files are: in this folder, in the checkout that this runs from, or in the package."""

import os
from pathlib import Path

DEFAULT = Path("wrangler.toml")
STATE = Path(".mail-failover")
"""Where commands keep what they know, in the folder of the settings."""

_HERE = Path(__file__).resolve()
_CHECKOUT, _PACKAGE = _HERE.parents[3] / "wrangler.toml", _HERE.parents[1] / "worker" / "wrangler.toml"


def configuration(given: Path | None = None) -> Path:
    """Return the wrangler.toml that is meant: the given one, that of this folder, or this program's own."""
    if given is not None or is_there(DEFAULT):
        return given or DEFAULT
    return own()


def own() -> Path:
    """Return the wrangler.toml of the Worker that came with this program."""
    return _PACKAGE if _PACKAGE.is_file() else _CHECKOUT


def beside(path: Path) -> Path:
    """Return the folder of .dev.vars, .env and what commands keep; for this program's own Worker this one."""
    # The same path, but named by --config, means the folder that it is in.
    return Path() if path is own() else path.parent


def is_there(path: Path) -> bool:
    """Tell whether there is such a file, as far as this user may see."""
    # Path.exists raises where one may not look, before Python 3.14.
    return os.path.exists(path)  # noqa: PTH110
