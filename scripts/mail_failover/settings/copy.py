"""wrangler's configuration for one run: the Worker's own, as JSON, with other variables. Pure.

wrangler reads JSON as it reads TOML, and finds the Worker's modules beside `main`, wherever the file lies. It
writes beside the file, what it writes.

Source: https://developers.cloudflare.com/workers/wrangler/configuration/
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def copy(path: Path, document: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return what wrangler.toml at `path` says, with the Worker's absolute path and these variables."""
    main = (path.parent / document.get("main", "src/entry.py")).resolve()
    return {**document, "main": str(main), "vars": dict(variables)}


def as_json(document: Mapping[str, Any]) -> str:
    """Return the text of the file; dates and times, which JSON lacks, become texts."""
    return json.dumps(document, ensure_ascii=False, default=str)
