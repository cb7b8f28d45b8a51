"""wrangler.toml and .dev.vars, read as wrangler reads them."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mail_failover.errors import UsageError

CHAT_SECRETS = ("TELEGRAM_BOT_TOKEN", "SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN")
"""The settings of the channels that are secrets."""

SECRETS = (*CHAT_SECRETS, "SPOOL_TOKEN")
"""The settings that are secrets."""

# What `wrangler dev` accepts in .dev.vars: NAME=VALUE, quotes, comments, `export`.
_ASSIGNMENT = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*=[ \t]*
    (?:'(?P<single>[^']*)'|"(?P<double>(?:\\.|[^"\\])*)"|`(?P<back>[^`]*)`|(?P<bare>(?:[^#\r\n'"`][^#\r\n]*?)?))
    [ \t]*(?:\#[^\r\n]*)?(?:\r?\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_NOTHING = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Config:
    """The Worker's file, its vars and secrets, which are never shown, and its objects' classes by binding.

    `variables` is what it finds on this machine, `uploaded` what a deploy gives it: `vars` of wrangler.toml.
    """

    main: Path
    variables: Mapping[str, Any] = field(repr=False)
    secrets: frozenset[str] = frozenset()
    objects: Mapping[str, str] = field(default_factory=dict)
    uploaded: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read wrangler.toml at `path` and `.dev.vars` beside it; `overrides` are texts NAME=VALUE and win.

    Raises:
        UsageError: a file or an override can't be read; names the place, never a value.

    """
    try:
        document = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    variables, main = document.get("vars", {}), document.get("main", "src/entry.py")
    if not isinstance(variables, dict) or not isinstance(main, str):
        raise UsageError(f"{path}: `vars` must be a table and `main` a text.")
    dotenv = path.parent / ".dev.vars"
    secrets = parse_dotenv(read_text(dotenv), str(dotenv)) if dotenv.exists() else {}
    given = dict(map(_override, overrides))
    everything = {**variables, **secrets, **given}
    return Config(path.parent / main, everything, frozenset(secrets), _objects(path, document), variables)


def parse_dotenv(text: str, name: str = ".dev.vars") -> dict[str, str]:
    """Read NAME=VALUE lines.

    Raises:
        UsageError: a line is none; names the line.

    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _NOTHING.match(text, place) or _ASSIGNMENT.match(text, place)
        if match is None:
            line = text.count("\n", 0, place) + 1
            raise UsageError(f"{name}, line {line}: not a NAME=VALUE, or its quotes do not match.")
        if match.re is _ASSIGNMENT:
            found[match["name"]] = _value(match)
        place = match.end()
    return found


def read_text(path: Path) -> str:
    """Return the file's text, line ends and all.

    Raises:
        UsageError: it can't be read.

    """
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise UsageError(
            f"{path}: can't be read: {error.strerror}.", "Name another file with --config."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text.") from error


def addresses(*values: Any) -> list[str]:
    """Return every address in the values of settings such as FALLBACK_INBOXES and ROUTES, each once."""
    return list(dict.fromkeys(address for value in values for address in _addresses(value)))


def _objects(path: Path, document: Mapping[str, Any]) -> dict[str, str]:
    try:
        bindings = document.get("durable_objects", {}).get("bindings", [])
        return {str(each["name"]): str(each["class_name"]) for each in bindings}
    except (AttributeError, KeyError, TypeError):
        raise UsageError(
            f"{path}: each of [[durable_objects.bindings]] must have a `name` and a `class_name`."
        ) from None


def _addresses(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}:
        try:
            yield from _addresses(json.loads(value))
        except ValueError:
            return
    elif isinstance(value, str):
        yield from (part for part in re.split(r"[\s,;]+", value) if "@" in part)
    elif isinstance(value, list):
        for item in value:
            yield from _addresses(item)


def _override(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not _NAME.fullmatch(name):
        shown = name if equals and len(name) < 40 else "..."
        raise UsageError(f"--var {shown}: write NAME=VALUE, the name of letters, digits and _.")
    return name, value


def _value(match: re.Match[str]) -> str:
    if (double := match["double"]) is not None:
        return re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r", "t": "\t"}.get(m[1], m[1]), double)
    return next(value for part in ("single", "back", "bare") if (value := match[part]) is not None).rstrip()
