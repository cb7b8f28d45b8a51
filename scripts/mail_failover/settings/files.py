"""wrangler.toml and .dev.vars, read as wrangler reads them, and .env, in which it looks for its token."""

import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from mail_failover.errors import UsageError

from .chats import CHAT_SECRETS
from .place import beside, configuration, is_there, own

SPOOL_TOKEN = "SPOOL_TOKEN"  # noqa: S105 - the setting's name
"""The setting that opens the spool's door, and without which the Worker keeps nothing."""

SECRETS = (*CHAT_SECRETS, SPOOL_TOKEN)
"""The settings that are secrets."""

SETTINGS_FILE = ".dev.vars"
"""Settings and secrets of whoever runs this, beside wrangler.toml; git ignores it."""

ACCOUNT_FILE = ".env"
"""The token for Cloudflare's API and the account, beside it; wrangler reads it, too."""

TOKEN, ACCOUNT = "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID"
"""What wrangler and the commands here take from the environment, or else from that file."""

DOMAIN = "MAIL_FAILOVER_DOMAIN"
"""The domain that is meant where none is named, in that file or in the environment."""

DOOR = "SPOOL_DOOR"
"""Where the next deploy puts the spool's door; for the deploy alone, the Worker is not given it."""

# What wrangler accepts in these files, by dotenv: NAME=VALUE, quotes, comments, `export`. What that passes
# over, or guesses at, such as a backslash before the last quote, is no assignment here.
_ASSIGNMENT = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*(?P<written>
    (?P<quote>['"`])(?P<quoted>(?:\\(?P=quote)|(?!(?P=quote)).)*)(?<!\\)(?P=quote)|(?:[^\s#'"`][^#\r\n]*?)?)
    [ \t]*(?:\#[^\r\n]*)?(?:\r?\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_NOTHING = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r?\n|\Z)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Config:
    """The Worker's file, its settings, which are never shown, and its objects' classes by binding.

    `secrets` names what of .dev.vars is no plain setting of the Worker, be it known or not; `door` is what it
    says of SPOOL_DOOR. `document` is wrangler.toml as it stands.
    """

    main: Path
    variables: Mapping[str, Any] = field(repr=False)
    secrets: frozenset[str] = frozenset()
    objects: Mapping[str, str] = field(default_factory=dict)
    door: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read wrangler.toml at `path`, then `.dev.vars`, which wins; `overrides`, NAME=VALUE, win over both.

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
    beside_it, given = read_own(path), dict(map(_override, overrides))
    door = beside_it.pop(DOOR, "")
    worker, everything = path.parent / main, {**variables, **beside_it, **given}
    secrets = frozenset(beside_it) - (variables_of(worker) - {*SECRETS})
    return Config(worker, everything, secrets, _objects(path, document), door, document)


def read_own(path: Path) -> dict[str, str]:
    """Read `.dev.vars`, which belongs to the wrangler.toml at `path`; a file that is not there says nothing.

    Raises:
        UsageError: it can't be read; names the line, never a value.

    """
    return _dotenv(beside(path) / SETTINGS_FILE)


def sources(path: Path) -> str:
    """Say where the settings stand that belong to the wrangler.toml at `path`; the second wins."""
    name = "mail-failover's own wrangler.toml" if path is own() else str(path)
    file = beside(path) / SETTINGS_FILE
    return f"{name} and {file}" if is_there(file) else name


def environment(path: Path | None, env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment, with what it lacks of Cloudflare's and of the domain from `.env`, as wrangler.

    `.env.local` wins over it. What is empty lacks. `path` is the wrangler.toml that was given, if one was.

    Source: https://developers.cloudflare.com/workers/wrangler/system-environment-variables/

    Raises:
        UsageError: the file can't be read; names the line, never a value.

    """
    folder = beside(configuration(path))
    try:
        found = {**_dotenv(folder / ACCOUNT_FILE), **_dotenv(folder / f"{ACCOUNT_FILE}.local")}
    except UsageError as error:
        fix = "Correct it; if it is another program's, work in a folder of its own."
        raise UsageError(error.what, error.fix or fix) from error
    lacking = {name: value for name, value in found.items() if name.startswith(("CLOUDFLARE_", DOMAIN))}
    return {**lacking, **{name: value for name, value in env.items() if value or name not in lacking}}


def variables_of(main: Path) -> frozenset[str]:
    """Return the names of the settings of the Worker at `main`; of another than this project's none."""
    folder = main.resolve().parent
    if not (folder / "failover" / "settings.py").is_file():
        return frozenset()
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    from failover.settings import VARIABLES  # noqa: PLC0415 - found beside the Worker

    return frozenset(VARIABLES)


def parse_dotenv(text: str, name: str = SETTINGS_FILE) -> dict[str, str]:
    """Read NAME=VALUE lines.

    Raises:
        UsageError: a line is none; names the line.

    """
    return {each.name: each.value for each in assignments(text, name)}


class Assignment(NamedTuple):
    """A NAME=VALUE, and where in the text its line begins and ends, and the value as it is written there."""

    name: str
    value: str
    line: tuple[int, int]
    written: tuple[int, int]


def assignments(text: str, name: str = SETTINGS_FILE) -> Iterator[Assignment]:
    """Yield what is assigned, in its order.

    Raises:
        UsageError: a line is none; names the line.

    """
    place = len(text) - len(text.removeprefix("\ufeff"))
    while place < len(text):
        match = _NOTHING.match(text, place) or _ASSIGNMENT.match(text, place)
        if match is None:
            line = text.count("\n", 0, place) + 1
            raise UsageError(f"{name}, line {line}: not a NAME=VALUE, or its quotes do not match.")
        if match.re is _ASSIGNMENT:
            yield Assignment(match["name"], _value(match), match.span(), match.span("written"))
        place = match.end()


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


def _dotenv(path: Path) -> dict[str, str]:
    return parse_dotenv(read_text(path), str(path)) if is_there(path) else {}


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
        except (ValueError, RecursionError):
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
    if match["quote"] is None:
        return match["written"].strip()
    value = re.sub(r"\r\n?", "\n", match["quoted"])
    return value.replace(r"\n", "\n").replace(r"\r", "\r") if match["quote"] == '"' else value
