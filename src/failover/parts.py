"""The parts of a message (RFC 2046): a text to preview, and the attachments."""

import re

from .body import (
    CALENDARS,
    Leaf,
    alike,
    charset_of,
    may_stand_for_html,
    size_of,
    stands_for_pictures,
    text_of,
)
from .charsets import codec_of
from .header import decode_words, parameters
from .message import Attachment
from .multipart import Defects, Part, Splitter, header_of
from .text import ELLIPSIS, clean, shorten_name

MAX_ATTACHMENTS = 6
"""How many attachments are listed; behind them, no more parts are looked at."""

_MAX_PARTS = 12
_MAX_DEPTH = 8
# How many leaves are looked at for one that says something.
_TRIED = 4
_OF_TYPE = frozenset({"boundary", "charset", "delsp", "method", "name"})
_OF_DISPOSITION = frozenset({"filename", "size"})
_WORDS_OF_A_NAME = 16
_NAME_LENGTH = 120
_VISIBLE = re.compile(rb"\S")
# A name that says no more than that it is one; "evil.exe" says more.
_PICTURE = re.compile(
    r"[^.]*|.*\.(?:avif|bmp|gif|heic|jfif|jpe?g|png|svg|tiff?|webp)", re.IGNORECASE | re.DOTALL
)
_MESSAGE = "message/rfc822"
# What these hold beside the text is another form of it, belongs to it, or says the same for machines.
_OF_THE_TEXT = frozenset({"multipart/alternative", "multipart/related", "multipart/report"})


class Contents:
    """What a walk through the parts finds: a text to preview, and attachments."""

    def __init__(self, data: bytes, defects: Defects) -> None:
        self.attachments: list[Attachment] = []
        self.unlisted = False
        self._data = data
        self._defects = defects
        self._splitter = Splitter(data, defects)
        self._parts = 0
        self._stopped = False
        self._charset = ""
        # The first leaves that the text may be in: plain or HTML, with a file name, of another type.
        self._texts: list[Leaf] = []
        self._named: list[Leaf] = []
        self._other: list[Leaf] = []
        self._calendars: list[Leaf] = []
        # What need not be listed where there is a text.
        self._passed: list[tuple[Leaf, str, str]] = []
        self._shown: str | None = None
        # What only says that there is a picture.
        self._stand_in = ""

    def walk(self, part: Part, depth: int, parent: str) -> None:
        """Look at one part, and into it if it is a multipart (RFC 2046, section 5.1).

        `parent` is the media type of what it is part of.
        """
        self._parts += 1
        header = part.header
        header.charset = self._charset
        kind, params = parameters(header.get("content-type"), _OF_TYPE)
        if "charset" in params and not header.is_ascii:
            header.charset = params["charset"]
            kind, params = parameters(header.get("content-type"), _OF_TYPE)
        if "/" not in kind:
            # RFC 2046, section 5.1.5.
            kind = _MESSAGE if parent == "multipart/digest" else "text/plain"
        if kind.startswith("multipart/") and depth < _MAX_DEPTH:
            found = False
            for inner in self._splitter.split(part, params.get("boundary", "")):
                found = True
                if self._parts >= _MAX_PARTS:
                    self._stop("more parts than were looked at")
                if self._stopped:
                    break
                self.walk(inner, depth + 1, kind)
            if found:
                return
            kind = "text/plain"
            self._defects.add("a multipart without its boundary")
        elif kind.startswith("multipart/"):
            self._defects.add("parts nested too deep")
            self.unlisted = True
            return
        self._leaf(Leaf(part, kind, params, parent))

    def finish(self) -> None:
        """List what a text would have shown, or said itself, where there is none."""
        self.unlisted |= self._splitter.unlisted
        if self._passed and not self._text():
            for leaf, name, claimed in self._passed:
                self._attach(leaf, name, claimed)

    def preview(self) -> str:
        """Return the beginning of the message's text, clean, else what it invites to; else nothing."""
        return self._text() or self._first(self._calendars)[0] or ("" if self.attachments else self._stand_in)

    def charset(self) -> str:
        """Return the charset that the message names for its text; empty where it names none."""
        html = (charset_of(leaf, self._data) for leaf in self._texts if leaf.is_html)
        return self._charset or next(html, "")

    def _text(self) -> str:
        if self._shown is None:
            self._shown = self._read()
        return self._shown

    def _read(self) -> str:
        text, leaf = self._first([*self._texts, *self._named, *self._other])
        if leaf and leaf.parent == "multipart/alternative" and may_stand_for_html(text):
            shown, _ = self._first([leaf for leaf in self._texts if leaf.is_html])
            return shown if shown and not alike(text, shown) else text
        return text

    def _first(self, leaves: list[Leaf]) -> tuple[str, Leaf | None]:
        """Return the text of the first leaf that has one, and that leaf."""
        for leaf in leaves[:_TRIED]:
            text = text_of(leaf, self._data, self._defects)
            if text and not stands_for_pictures(text):
                return text, leaf
            self._stand_in = self._stand_in or text
        return "", None

    def _leaf(self, leaf: Leaf) -> None:
        part, kind = leaf.part, leaf.kind
        disposition, disposed = parameters(part.header.get("content-disposition"), _OF_DISPOSITION)
        name = disposed.get("filename") or leaf.params.get("name") or ""
        claimed = disposed.get("size", "")
        shown = disposition != "attachment"
        if kind in CALENDARS:
            self._keep(leaf, self._calendars)
        elif kind.startswith("text/") and shown and self._is_text(leaf, name):
            return
        embedded = (
            kind.startswith("image/")
            and part.header.position("content-id") >= 0
            and not (part.header.clipped or name.endswith(ELLIPSIS))
            and _PICTURE.fullmatch(decode_words(name)) is not None
        )
        of_the_text = leaf.parent in _OF_THE_TEXT and (
            embedded if leaf.parent == "multipart/related" else kind.startswith("text/") and not name
        )
        if shown and of_the_text:
            self._passed.append((leaf, name, claimed))
        else:
            self._attach(leaf, name, claimed)

    def _is_text(self, leaf: Leaf, name: str) -> bool:
        """Take a leaf for the message's text if it may be; tell whether it need not be listed, too."""
        if codec_of(self._charset) in (None, "ascii"):
            self._charset = leaf.params.get("charset", "")
        common = leaf.kind in ("text/plain", "text/html")
        if not _VISIBLE.search(self._data, leaf.part.start, leaf.part.end):
            return common and not name
        if not common:
            self._keep(leaf, self._other)
            return not (leaf.parent or name)
        if name:
            self._keep(leaf, self._named)
            return False
        self._keep(leaf, self._texts)
        return True

    def _keep(self, leaf: Leaf, kind: list[Leaf]) -> None:
        if len(kind) < _TRIED:
            kind.append(leaf)

    def _attach(self, leaf: Leaf, name: str, claimed: str) -> None:
        if len(self.attachments) == MAX_ATTACHMENTS:
            self._stop("more attachments than are listed")
            return
        part = leaf.part
        if not name:
            name = self._title(leaf)
        name = shorten_name(decode_words(name, _WORDS_OF_A_NAME), _NAME_LENGTH)
        if part.header.clipped:
            # How it ends, and so what it is, can't be told.
            name = f"{name.removesuffix(ELLIPSIS)[: _NAME_LENGTH - 1]}{ELLIPSIS}"
        size = size_of(leaf, self._data) if part.closed else _number(claimed)
        self.attachments.append(Attachment(name, clean(leaf.kind, 80), size))

    def _title(self, leaf: Leaf) -> str:
        """Name what has no name by what it is about."""
        if leaf.kind == _MESSAGE:
            return header_of(self._data, leaf.part).get("subject")
        return self._first([leaf])[0] if leaf.kind in CALENDARS else ""

    def _stop(self, defect: str) -> None:
        self._defects.add(defect)
        self._stopped = self.unlisted = True


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
