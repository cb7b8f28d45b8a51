"""Changing NAME=VALUE lines of .dev.vars and .env: the ones that are meant, for the owner's eyes alone."""

from collections.abc import Mapping
from pathlib import Path

from mail_failover.disk import replace_whole
from mail_failover.errors import UsageError

from .files import assignments, parse_dotenv, read_text

_QUOTES = "\"'`"


def set_values(path: Path, values: Mapping[str, str | None]) -> None:
    """Give the names these values, in a file that others can't read; None takes a name out.

    Other lines, comments and the order stay. A file that is a link stays one. A crash leaves it old or new.

    Raises:
        UsageError: the file can't be read, understood or written; or a value can't stand in it. No value is
            quoted.

    """
    real = path.resolve()
    before = read_text(path) if path.exists() else ""
    after = edited(before, values, str(path))
    try:
        replace_whole(real, after)
    except OSError as error:
        fix = "It is as it was; mend that and run this again."
        raise UsageError(f"{path}: can't be written: {error.strerror}.", fix) from error


def edited(text: str, values: Mapping[str, str | None], place: str = ".dev.vars") -> str:
    """Return the text with the names set; of a name that stands there twice, the last place is kept.

    Raises:
        UsageError: a line is no assignment, or a value can't be written; no value is quoted.

    """
    found = list(assignments(text, place))
    last = {each.name: each.start for each in found}
    parts, end = [], 0
    for each in found:
        if each.name in values:
            parts.append(text[end : each.start])
            value = values[each.name]
            if value is not None and last[each.name] == each.start:
                parts.append(f"{assignment(each.name, value)}\n")
            end = each.end
    parts.append(text[end:])
    kept = "".join(parts)
    new = [name for name, value in values.items() if name not in last and value is not None]
    kept += "\n" if new and kept and not kept.endswith("\n") else ""
    after = kept + "".join(f"{assignment(name, values[name] or '')}\n" for name in new)
    # Lines are a guess at what the file means: what it means then is read, and compared.
    meant = {name: v for name, v in {**parse_dotenv(text, place), **values}.items() if v is not None}
    if parse_dotenv(after, place) != meant:
        raise UsageError(
            f"{place}: can't be changed line by line.", f"Set {', '.join(values)} there yourself."
        )
    return after


def assignment(name: str, value: str) -> str:
    """Write NAME=VALUE so that whoever reads .dev.vars reads this value.

    Raises:
        UsageError: the value can't be written there; it is not quoted.

    """
    for quote in _QUOTES:
        # Between double quotes, a backslash means something.
        if quote not in value and not (quote == '"' and "\\" in value):
            return f"{name}={quote}{value}{quote}"
    raise UsageError(f"{name}: holds every kind of quote, which .dev.vars can't; use another value.")
