"""A Maildir as a person reads it: what lies in it, and what one message says.

Mail is anybody's: whatever its bytes, reading it neither fails nor takes long.
"""

import heapq
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypedDict

from .charset import TEXT_BYTES, decoded
from .fields import Notes, header
from .markup import text_of
from .parts import Found, Part, take_apart

TEXT = 200_000
"""How many characters of a text are shown."""

BEGINNING = 64 * 1024
"""How many bytes of a message are looked at for its line in a list."""

Row = TypedDict("Row", {"name": str, "from": str, "subject": str, "date": str, "size": int})


class Reading(TypedDict):
    """What a message says; `clipped` if not all of it is here."""

    headers: list[tuple[str, str]]
    text: str
    attachments: list[dict[str, Any]]
    defects: list[str]
    size: int
    clipped: bool


def listing(folder: Path, most: int = 100) -> list[Row]:
    """List the newest messages of a Maildir, newest first, by the beginning of each."""
    newest = heapq.nlargest(most, _files(folder), key=lambda file: (file[1].st_mtime_ns, file[0].name))
    rows: list[Row] = []
    for path, stat in newest:
        try:
            with path.open("rb") as file:
                beginning = file.read(BEGINNING)
        except OSError:
            # Somebody took it away, or moved it.
            continue
        rows.append(row(path.name, beginning, stat.st_size))
    return rows


def row(name: str, beginning: bytes, size: int) -> Row:
    """Return a message's line in a list, by the beginning of it."""
    pairs, _ = header(beginning, 0, len(beginning), Notes())
    sender, subject, date = (_first(pairs, field) for field in ("from", "subject", "date"))
    return {"name": name, "from": sender, "subject": subject, "date": date, "size": size}


def path_of(folder: Path, name: str) -> Path | None:
    """Return the file of a message in a Maildir; none for a name that no file there has.

    A name is looked for among those that are there, so that none leads anywhere else.
    """
    return next((path for path, _ in _files(folder) if path.name == name), None)


def reading(content: bytes) -> Reading:
    """Read a message: its plain text, or else the text of its HTML, and what is attached."""
    found = take_apart(content)
    text = _joined(_texts(found, "text/plain"))
    only_markup = not text
    if only_markup:
        text = _joined(map(text_of, _texts(found, "text/html")))
    return {
        "headers": found.header,
        "text": text[:TEXT],
        "attachments": [
            {"name": part.fields.name, "type": part.fields.type, "size": len(part.content)}
            for part in found.parts
            if not _is_said(part, only_markup=only_markup)
        ],
        "defects": found.defects,
        "size": len(content),
        "clipped": found.clipped or len(text) > TEXT,
    }


def _files(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """Return what lies in a Maildir: files, no links to others, under names that can be shown."""
    found: list[tuple[Path, os.stat_result]] = []
    for part in ("new", "cur"):
        try:
            with os.scandir(folder / part) as entries:
                found += [
                    (Path(entry.path), entry.stat(follow_symlinks=False))
                    for entry in entries
                    if entry.is_file(follow_symlinks=False) and entry.name.isprintable()
                ]
        except OSError:
            # There is no such folder, or a file went away: the next look tells.
            continue
    return found


def _first(pairs: list[tuple[str, str]], wanted: str) -> str:
    return next((value[:500] for name, value in pairs if name.lower() == wanted), "")


def _is_shown(part: Part, kind: str) -> bool:
    return part.fields.type == kind and not part.fields.attached


def _is_said(part: Part, *, only_markup: bool) -> bool:
    """Tell whether the text that is shown says what a part does, so that nobody misses it."""
    another_form = only_markup or part.within == "multipart/alternative"
    return not part.fields.name and (
        _is_shown(part, "text/plain") or (_is_shown(part, "text/html") and another_form)
    )


def _texts(found: Found, kind: str) -> Iterator[str]:
    """Yield the texts of a kind that are to be read, and of all together only so much."""
    room = TEXT_BYTES
    for part in found.parts:
        if _is_shown(part, kind):
            text, wrong = decoded(part.content, part.fields.charset, room)
            found.wrong(wrong)
            found.clipped |= len(part.content) > room
            room = max(room - len(part.content), 0)
            yield text.replace("\r\n", "\n").replace("\r", "\n")


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(text for text in texts if text.strip())
