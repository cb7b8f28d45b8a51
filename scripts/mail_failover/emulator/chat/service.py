"""What a channel's stand-in is: one file per service beside this one, listed in `further.py`."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx


@dataclass(frozen=True, slots=True)
class Post:
    """One message as it stands in the chat, or stands there from now on.

    `seen` is the text a person reads there, without markup; `notice` what a notification shows of it;
    `live` whatever the reader could click or be called by. `sound` tells that they hear of it. `place` is
    what the chat knows it by, `thread` the place that it replies to, `edits` the one whose text it replaced;
    each is empty for none.
    """

    service: str
    chat: str
    seen: str
    live: tuple[str, ...] = ()
    notice: str = ""
    sound: bool = True
    place: str = ""
    thread: str = ""
    edits: str = ""


Show = Callable[[Post], None]
"""Takes note of what stands in a chat from now on."""


class Service(Protocol):
    """A service on this machine, with what was posted to it since it was made."""

    name: str
    """Its name in posts, in faults, and at the beginning of its settings' names."""
    title: str
    """Its name as people write it."""
    hosts: Collection[str]
    """The hosts whose requests come here where the emulator plays it, those of `settings` among them."""
    settings: Mapping[str, str]
    """Made-up settings in the service's own form."""

    def takes(self, request: httpx.Request) -> bool:
        """Tell by method and path whether a request is for it: all services may stand behind one host."""
        ...

    def edits(self, request: httpx.Request) -> bool:
        """Tell whether such a request edits a message."""
        ...

    def answer(self, request: httpx.Request, show: Show) -> httpx.Response:
        """Answer one request, whose body is read, as the service would."""
        ...

    def fail(self, kind: str, wait: int) -> httpx.Response:
        """Answer as the service does when it fails in a way that `emulator.faults` lists for it."""
        ...


def answer_json(answer: dict[str, Any], status: int = 200, **headers: str) -> httpx.Response:
    """Answer in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=answer, headers=named)
