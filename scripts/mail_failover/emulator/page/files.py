"""The page's own files, in memory: a browser asks for dozens at once, and a disk is read by threads."""

import mimetypes
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"


class Files:
    """The page and what it consists of, as they were when the server began."""

    def __init__(self) -> None:
        self._all = {file.name: (file.read_bytes(), _kind(file)) for file in STATIC.iterdir()}

    async def index(self, request: Request) -> Response:
        """Give the page."""
        del request
        return self._answer("index.html")

    async def one(self, request: Request) -> Response:
        """Give one of its files."""
        return self._answer(request.path_params["name"])

    def _answer(self, name: str) -> Response:
        if name not in self._all:
            raise HTTPException(404)
        content, kind = self._all[name]
        return Response(content, media_type=kind)


def _kind(file: Path) -> str | None:
    # What the machine's own tables say of JavaScript may be wrong, and a module of another type does not run.
    return "text/javascript" if file.suffix == ".js" else mimetypes.guess_type(file.name)[0]
