"""The mailboxes, as the page reads them."""

import asyncio
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from mail_failover.emulator.experiment import Experiment
from mail_failover.emulator.reader.mailbox import listing, path_of, reading
from mail_failover.emulator.routing.inbox import MaildirInboxes

# Text, whatever it says that it is, and nothing that runs.
_RAW = {"Content-Type": "text/plain; charset=utf-8", "Content-Security-Policy": "sandbox; default-src 'none'"}


def box_routes(experiment: Experiment) -> list[Route]:
    """Return the routes to an experiment's mailboxes."""
    boxes = _Boxes(experiment)
    return [
        Route("/api/mail", boxes.all),
        Route("/api/mail/{place:path}/{name}/raw", boxes.raw),
        Route("/api/mail/{place:path}/{name}", boxes.one),
    ]


class _Boxes:
    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    async def all(self, request: Request) -> Response:
        """List the newest of each mailbox."""
        del request
        folders = self._folders().items()
        return JSONResponse(await asyncio.to_thread(lambda: [_listed(*each) for each in folders]))

    async def one(self, request: Request) -> Response:
        """Give a message as a person reads it."""
        file = self._file(request)
        return JSONResponse(await asyncio.to_thread(lambda: reading(file.read_bytes())))

    async def raw(self, request: Request) -> Response:
        """Give a message byte for byte."""
        return FileResponse(self._file(request), headers=_RAW)

    def _folders(self) -> dict[str, Path]:
        folders = {"primary": self._experiment.primary.folder}
        inboxes = self._experiment.emulator.edge.inboxes
        if isinstance(inboxes, MaildirInboxes):
            named = self._experiment.feed.states["inboxes"]
            folders |= {each["address"]: inboxes.folder(each["address"]) for each in named}
        return folders

    def _file(self, request: Request) -> Path:
        folder = self._folders().get(request.path_params["place"])
        file = path_of(folder, request.path_params["name"]) if folder else None
        if file is None:
            raise HTTPException(404)
        return file


def _listed(place: str, folder: Path) -> dict[str, object]:
    return {"place": place, "messages": listing(folder)}
