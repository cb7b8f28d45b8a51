"""The Worker's handlers: the edge of the house, and the only file that knows JavaScript.

What the runtime passes in and what it raises is translated here, once. See docs/decisions for the shapes
that `wrangler dev` and production give the same things. JavaScript's names are looked up where they are used:
what is bound at import ends up in the deploy-time snapshot.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import js
from pyodide.ffi import JsException
from workers import Response, WorkerEntrypoint, fetch

from failover.delivery import LOOP_FIELD, ForwardError
from failover.handle import Caught, Ports, handle
from failover.message import Envelope
from failover.settings import VARIABLES
from notify.channel import NoAnswer, Request
from notify.channel import Response as Answer

_ANSWER_CHARACTERS = 4096
_CANCEL_SECONDS = 0.5
# A line's length (RFC 5322, section 2.1.1). What is longer costs time before the message is forwarded.
_ID_CHARACTERS = 998
_ERROR_NAME = re.compile(r"^\w*Error: ")


class Default(WorkerEntrypoint):
    """What Cloudflare calls."""

    async def email(self, message: Any, env: Any = None, ctx: Any = None) -> None:  # noqa: ARG002 given or not
        """Handle one caught message. Returning accepts it; an exception makes its sender keep it."""
        headers = _get(message, "headers")
        envelope = Envelope(
            _text(_get(message, "from")), _text(_get(message, "to")), int(_get(message, "rawSize") or 0)
        )
        caught = Caught(
            envelope, _header(headers, LOOP_FIELD), _header(headers, "message-id")[:_ID_CHARACTERS]
        )
        ports = Ports(
            forward=_forward_port(message),
            read=_read_port(message),
            send=_send,
            later=self.ctx.waitUntil,
            log=_log,
        )
        await handle(caught, self._settings(), ports)

    async def fetch(self, request: Any) -> Response:  # noqa: ARG002 there is nothing to ask for
        """Answer the web with nothing."""
        return Response("", status=404)

    def _settings(self) -> dict[str, object]:
        values = {name: getattr(self.env, name, None) for name in VARIABLES}
        return {name: _python(value) for name, value in values.items()}


def _forward_port(message: Any) -> Any:
    forward = _get(message, "forward")

    async def port(inbox: str, fields: Mapping[str, str]) -> None:
        try:
            # Only a promise that was kept says that the inbox has the message: anything else raises here.
            await forward(inbox, js.Headers.new(list(fields.items())))
        except JsException as error:
            raise ForwardError(_ERROR_NAME.sub("", str(error))) from None

    return port


def _read_port(message: Any) -> Any:
    async def port(limit: int) -> bytes:
        reader = _get(message, "raw").getReader()
        prefix = b""
        while len(prefix) < limit:
            part = await reader.read()
            if part.done:
                return prefix
            # Cut before it is copied: a chunk may be as large as the message.
            prefix += part.value.subarray(0, limit - len(prefix)).to_bytes()
        # Whether the rest can be called off does not matter: what was wanted is here.
        with suppress(JsException, TimeoutError):
            await asyncio.wait_for(reader.cancel(), _CANCEL_SECONDS)
        return prefix

    return port


async def _send(request: Request) -> Answer:
    try:
        response = await fetch(
            request.url, method="POST", headers=dict(request.headers), body=request.body, redirect="manual"
        )
    except (OSError, JsException):
        # The runtime's own words may quote the URL, and with it a token.
        raise NoAnswer("the connection failed; the alert may have arrived") from None
    try:
        body = await response.text()
    except (OSError, JsException):
        # The status has come, and says most of it.
        body = ""
    return Answer(response.status, body[:_ANSWER_CHARACTERS], _text(response.headers.get("retry-after")))


def _log(record: Mapping[str, object]) -> None:
    print(json.dumps(record))  # noqa: T201 what a Worker prints is its log


def _get(message: Any, name: str) -> Any:
    """Read a field of the message: an object in production, a dict under `wrangler dev`."""
    return message.get(name) if isinstance(message, dict) else getattr(message, name, None)


def _header(headers: Any, name: str) -> str:
    # A missing header is JavaScript's null: false, but not None.
    return _text(headers.get(name.lower())) if hasattr(headers, "get") else ""


def _text(value: Any) -> str:
    return str(value) if value else ""


def _python(value: Any) -> object:
    return value.to_py() if hasattr(value, "to_py") else value or None
