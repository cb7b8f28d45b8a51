"""Changing NAME=VALUE lines of .dev.vars and .env: the ones that are meant, for the owner's eyes alone."""

import re
from collections.abc import Mapping
from pathlib import Path

from mail_failover.disk import one_by_one, replace_whole
from mail_failover.errors import UsageError

from .files import SETTINGS_FILE, assignments, parse_dotenv, read_text
from .place import is_there


def set_values(path: Path, values: Mapping[str, str | None]) -> None:
    """Give the names these values, in a file that others can't read; None takes a name out.

    Other lines, comments and the order stay. A file that is a link stays one. A crash leaves it old or new;
    of two who do this at once, one waits for the other.

    Raises:
        UsageError: the file can't be read, understood or written; or a value can't stand in it. No value is
            quoted.

    """
    real = path.resolve()
    try:
        with one_by_one(real.parent):
            before = read_text(path) if is_there(path) else ""
            replace_whole(real, edited(before, values, str(path)))
    except OSError as error:
        fix = "It is as it was; mend that and run this again."
        raise UsageError(f"{path}: can't be written: {error.strerror}.", fix) from error


def edited(text: str, values: Mapping[str, str | None], place: str = SETTINGS_FILE) -> str:
    """Return the text with the names set; of a name that stands there twice, the last place is kept.

    Raises:
        UsageError: a line is no assignment, or a value can't be written; no value is quoted.

    """
    found = list(assignments(text, place))
    last = {each.name: each for each in found}
    parts, end = [], 0
    for each in found:
        if each.name not in values:
            continue
        value = values[each.name]
        stays = value is not None and each is last[each.name]
        start, stop = each.written if stays else each.line
        parts += [text[end:start], _quoted(each.name, value or "") if stays else ""]
        end = stop
    after = "".join([*parts, text[end:]])
    for name, value in values.items():
        if name not in last and value is not None:
            line_end = "\n" if after and not after.endswith("\n") else ""
            after += f"{line_end}{assignment(name, value)}\n"
    # Lines are a guess at what the file means: what it means then is read, and compared.
    meant = {name: v for name, v in {**parse_dotenv(text, place), **values}.items() if v is not None}
    if parse_dotenv(after, place) != meant:
        raise UsageError(
            f"{place}: can't be changed line by line.", f"Set {', '.join(values)} there yourself."
        )
    return after


def assignment(name: str, value: str) -> str:
    """Write NAME=VALUE so that whoever reads such a file reads this value.

    Raises:
        UsageError: the value can't be written there; it is not quoted.

    """
    return f"{name}={_quoted(name, value)}"


def _quoted(name: str, value: str) -> str:
    for quote in "\"'`":
        # Between double quotes, a backslash before these letters stands for a line end.
        means_more = quote == '"' and re.search(r"\\[nr]", value)
        if not (quote in value or "\r" in value or value.endswith("\\") or means_more):
            return f"{quote}{value}{quote}"
    what = f"{name}: its quotes, backslashes or line ends can't stand in {SETTINGS_FILE}."
    raise UsageError(what, "Use another value.")
