"""What a Matrix homeserver takes and refuses, and what the room's members see of it.

Sources: https://spec.matrix.org/latest/client-server-api/ (instant messaging, event replacements, threading),
and Synapse's own words where that leaves them open.
"""

import base64
import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

import httpx

from .links import LINKED, plain_links
from .service import Post, Show, answer_json

MAX_EVENT = 65_536
"""In bytes, with what the homeserver adds: here, without."""

TAGS = {
    *("del", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "p", "a", "ul", "ol", "sup", "sub", "li"),
    *("b", "i", "u", "strong", "em", "s", "code", "hr", "br", "div", "table", "thead", "tbody", "tr", "th"),
    *("td", "caption", "pre", "span", "img", "details", "summary"),
}
"""What clients are asked to show of HTML."""

_PATH = re.compile(r"(?:.*)?/_matrix/client/v3/rooms/([^/]+)/send/m\.room\.message/([^/]+)")
_ROOM = re.compile(r"![!-~]{1,254}")
# Stricter than a homeserver, which takes any content: here what is not known is a slip of ours.
_SAID = {"msgtype", "body", "format", "formatted_body", "m.mentions"}
_RELATIONS = {
    "m.thread": {"rel_type", "event_id", "m.in_reply_to", "is_falling_back"},
    "m.replace": {"rel_type", "event_id"},
}
_FAILURES = {
    "429": (429, "M_LIMIT_EXCEEDED", "Too Many Requests"),
    "500": (500, "M_UNKNOWN", "Internal server error"),
    "401": (401, "M_UNKNOWN_TOKEN", "Invalid access token passed."),
    "403": (403, "M_FORBIDDEN", "User @alerts:example.org not in room"),
    "404": (404, "M_UNRECOGNIZED", "Unrecognized request"),
    "gone": (400, "M_UNKNOWN", "Can't send relation to unknown event"),
}


class _Refusal(Exception):
    def __init__(self, status: int, code: str, error: str) -> None:
        super().__init__(error)
        self.status, self.code, self.error = status, code, error


class Matrix:
    """A homeserver with every room, each unencrypted, whose members see all that is sent there."""

    name = "matrix"
    title = "Matrix"
    hosts: Collection[str] = ("matrix.example.org",)
    settings: Mapping[str, str] = {
        "MATRIX_HOMESERVER": "https://matrix.example.org",
        "MATRIX_ROOM": "!standin:example.org",
        "MATRIX_TOKEN": "syt_standin_of_the_emulator",
    }

    def __init__(self) -> None:
        self._sent: dict[tuple[str, ...], str] = {}
        self._posts: dict[tuple[str, str], Post] = {}

    def takes(self, request: httpx.Request) -> bool:
        """Tell whether it is for the client-server API."""
        return "/_matrix/" in request.url.path

    def edits(self, request: httpx.Request) -> bool:
        """Tell whether it replaces an event."""
        return b'"m.replace"' in request.content

    def answer(self, request: httpx.Request, show: Show) -> httpx.Response:
        """Take an event once for its transaction; another time, name the event that there is."""
        try:
            return answer_json({"event_id": self._send(request, show)})
        except _Refusal as refusal:
            return answer_json({"errcode": refusal.code, "error": refusal.error}, refusal.status)

    def fail(self, kind: str, wait: int) -> httpx.Response:
        """Answer with one of the standard errors."""
        status, code, error = _FAILURES[kind]
        answer: dict[str, Any] = {"errcode": code, "error": error}
        if status != 429:
            return answer_json(answer, status)
        return answer_json(answer | {"retry_after_ms": 1000 * wait}, status, Retry_After=str(wait))

    def _send(self, request: httpx.Request, show: Show) -> str:
        found = _PATH.fullmatch(request.url.raw_path.decode())
        if request.method != "PUT" or not found:
            raise _Refusal(404, "M_UNRECOGNIZED", "Unrecognized request")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise _Refusal(401, "M_MISSING_TOKEN", "Missing access token")
        room, transaction = map(unquote, found.groups())
        if not _ROOM.fullmatch(room):
            raise _Refusal(404, "M_NOT_FOUND", "Unknown room")
        if known := self._sent.get((token, room, transaction)):
            return known
        content = _content(request.content)
        event = f"${base64.urlsafe_b64encode(hashlib.sha256(b'%d' % len(self._sent)).digest()).decode()[:43]}"
        show(self._post(room, content, event))
        self._sent[token, room, transaction] = event
        return event

    def _post(self, room: str, content: dict[str, Any], event: str) -> Post:
        relation = content.get("m.relates_to", {})
        kind, root = relation.get("rel_type", ""), relation.get("event_id", "")
        old = self._posts.get((room, root))
        if kind and old is None:
            raise _Refusal(400, "M_UNKNOWN", "Can't send relation to unknown event")
        if kind == "m.replace" and old:
            shown = content["m.new_content"]
            live = (*_live(shown), *_live(content))
            post = replace(old, seen=_seen(shown), live=live, notice="", sound=False, edits=root)
            self._posts[room, root] = post
            return post
        if old and old.thread:
            raise _Refusal(400, "M_UNKNOWN", "Cannot start threads from an event with a relation")
        sound = content["msgtype"] != "m.notice"
        seen, live = _seen(content), _live(content)
        post = Post(self.name, room, seen, live, content["body"], sound, place=event, thread=root)
        self._posts[room, event] = post
        return post


def _content(body: bytes) -> dict[str, Any]:
    """Read an event's content, and check all of it."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise _Refusal(400, "M_NOT_JSON", "Content not JSON.") from None
    if not isinstance(content, dict):
        raise _Refusal(400, "M_BAD_JSON", "Content must be a JSON object.")
    if (
        len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace"))
        > MAX_EVENT
    ):
        raise _Refusal(413, "M_TOO_LARGE", "event too large")
    relation = content.get("m.relates_to")
    kind = relation.get("rel_type") if isinstance(relation, dict) else None
    edit = {"m.new_content"} if kind == "m.replace" else set()
    _check(content, _SAID | edit | {"m.relates_to"})
    if relation is not None and not _is_relation(relation):
        raise _Refusal(400, "M_BAD_JSON", "Bad relation")
    if edit:
        _check(content.get("m.new_content"), _SAID)
    return content


def _check(said: Any, names: set[str]) -> None:
    formatted = isinstance(said, dict) and "format" in said
    if (
        not isinstance(said, dict)
        or not said.keys() <= names
        or said.get("msgtype") not in ("m.text", "m.notice")
        or not (isinstance(said.get("body"), str) and said["body"].strip())
        or (formatted and said["format"] != "org.matrix.custom.html")
        or isinstance(said.get("formatted_body"), str) != formatted
        or not isinstance(said.get("m.mentions", {}), dict)
    ):
        raise _Refusal(400, "M_BAD_JSON", "Bad content of an m.room.message")


def _is_relation(relation: Any) -> bool:
    names = _RELATIONS.get(relation.get("rel_type", "")) if isinstance(relation, dict) else None
    if names is None or relation.keys() != names or not isinstance(relation["event_id"], str):
        return False
    reply = relation.get("m.in_reply_to", {"event_id": relation["event_id"]})
    return bool(reply == {"event_id": relation["event_id"]} and relation.get("is_falling_back", True) is True)


def _seen(said: dict[str, Any]) -> str:
    seen = _Reader(said["formatted_body"]).seen if "format" in said else str(said["body"])
    return seen.replace("\u200a", "")


def _live(said: dict[str, Any]) -> tuple[str, ...]:
    """List links, and whom the event calls: by its own word, or else by any name in its text."""
    named = said.get("m.mentions", {"room": "by a word of the text"})
    called = [str(each) for each in named.values() if each]
    if "format" in said:
        reader = _Reader(said["formatted_body"])
        shown = (*plain_links(reader.inside), *plain_links(said["body"]))
        return (*called, *reader.live, *LINKED.findall(reader.outside), *shown)
    return (*called, *LINKED.findall(said["body"]))


class _Reader(HTMLParser):
    """Shows HTML as Element does: other tags than TAGS are gone.

    What is `inside` code it leaves as it is on the web, and makes links of addresses there on Android.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen = self.inside = self.outside = ""
        self.live: tuple[str, ...] = ()
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.seen = self.seen.strip("\n")

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note a tag, and what it links to or loads."""
        self.live += tuple(value or name for name, value in attributes if name in ("href", "src"))
        if tag in ("br", "pre", "p", "div"):
            self.seen += "\n"
            self.outside += "\n"
        if tag in TAGS and tag not in ("br", "hr", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag."""
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag in ("pre", "p", "div"):
            self.seen += "\n"

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.seen += data
        coded = bool({"code", "pre"} & {*self._open})
        self.inside += data if coded else " "
        self.outside += " " if coded else data
