"""One caught message, in either of the shapes in which a Worker meets it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any, Literal

from .javascript import Headers
from .streams import ReadableStream

Shape = Literal["dict", "object"]
_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:[ \t]*(.*)$", re.DOTALL)
# Above the trace stands what whoever brings a message home has added.
_TOP = 8192
_TRACE = re.compile(
    rb"^Received: from sender \(127\.0\.0\.1\) by mx\.cloudflare\.net \(mail-failover emulator\)[^\n]*\n"
    rb"\t[^\n]*\nAuthentication-Results: mx\.cloudflare\.net; none\r\n",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Caught:
    """A message at the edge: its envelope, its bytes as they were sent, and the trace fields that it gets.

    Without a `trace` they are the emulator's own.
    """

    sender: str
    recipient: str
    content: bytes
    trace: bytes = b""


def traced(caught: Caught) -> bytes:
    """Return the message with the edge's own trace fields on top (RFC 5321, section 4.4; RFC 8601).

    Nothing was checked, and the Authentication-Results field says so.
    """
    if caught.trace:
        return caught.trace + caught.content
    recipient = field_text(caught.recipient)
    trace = (
        f"Received: from sender (127.0.0.1) by mx.cloudflare.net (mail-failover emulator) with ESMTP\r\n"
        f"\tfor <{recipient}>; {formatdate()}\r\n"
        "Authentication-Results: mx.cloudflare.net; none\r\n"
    )
    return trace.encode(errors="surrogateescape") + caught.content


def untraced(content: bytes) -> bytes:
    """Return a message as it was sent: what stands below the fields that `traced` put on top, if it did."""
    found = _TRACE.search(content, 0, _TOP)
    return content[found.end() :] if found else content


def present(
    caught: Caught,
    raw: bytes,
    stream: ReadableStream,
    shape: Shape,
    actions: dict[str, Callable[..., Any]],
) -> Any:
    """Build what the handler is given: a dict (`wrangler dev`) or an object with attributes (production).

    `raw` is the traced message, which `stream` gives; `actions` are forward, setReject, reply.
    """
    fields: dict[str, Any] = {
        "from": caught.sender,
        "to": caught.recipient,
        "headers": header_fields(raw),
        "raw": stream,
        "rawSize": len(raw),
        **actions,
    }
    return fields if shape == "dict" else SimpleNamespace(**fields)


def field_text(address: str) -> str:
    """Return the address as a trace field may hold it: without control characters."""
    return re.sub(r"[\x00-\x1f\x7f]", "", address)


def header_fields(raw: bytes) -> Headers:
    """Read the header section: unfolded, not RFC 2047-decoded; lines that are no field are left out."""
    end = re.search(rb"\r?\n\r?\n", raw)
    section = raw[: end.start()] if end else raw
    headers = Headers()
    for line in re.split(rb"\r?\n(?![ \t])", section):
        if match := _FIELD.match(line):
            value = re.sub(rb"[\r\n\0]+", b"", match[2]).decode(errors="replace")
            headers.append(match[1].decode("ascii"), value)
    return headers
