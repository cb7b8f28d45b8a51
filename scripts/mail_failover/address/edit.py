"""How wrangler.toml is changed so that the Worker has an address on the web, or none. Pure."""

import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MARK = "# set by `setup door`; its --off takes it back"
"""Stands behind the routes that are ours to take back."""

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_SWITCH = re.compile(r"([ \t]*workers_dev[ \t]*=[ \t]*)(true|false)([ \t]*(?:#[^\n]*?)?)(\r?\n)?")
_OURS = re.compile(
    rf'routes = \[\{{ pattern = "([a-z0-9.-]+)", custom_domain = true \}}\] {re.escape(MARK)}\r?\n?'
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which address the Worker is to have: one under workers.dev, or a `host` of the owner's, or none."""

    workers_dev: bool = False
    host: str = ""


class UnexpectedError(Exception):
    """The file is not as it has to be for this; the text says in what, the `fix` what to do."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


def edited(text: str, wish: Wish) -> str:
    """Return the text of wrangler.toml with that address, and nothing else changed.

    Raises:
        UnexpectedError: that can't be done without touching what is not ours.

    """
    before, lines = _parsed(text), _LINE.findall(text)
    place, ours = _places(before, lines)
    switch = _SWITCH.fullmatch(lines[place])
    assert switch is not None  # noqa: S101 - that is how it was found
    end = switch[4] or "\n"
    new = [f"{switch[1]}{str(wish.workers_dev).lower()}{switch[3]}{switch[4] or end * bool(wish.host)}"]
    if wish.host:
        new.append(f'routes = [{{ pattern = "{wish.host}", custom_domain = true }}] {MARK}{end}')
    kept = [line for number, line in enumerate(lines) if number not in ours]
    place -= sum(number < place for number in ours)
    after = "".join([*kept[:place], *new, *kept[place + 1 :]])
    # Lines are a guess at what the file means: what it means then is read, and compared.
    meant: dict[str, Any] = {name: value for name, value in before.items() if name != "routes"}
    meant["workers_dev"] = wish.workers_dev
    if wish.host:
        meant["routes"] = [{"pattern": wish.host, "custom_domain": True}]
    if not _means(after, meant):
        raise UnexpectedError("it can't be changed line by line", by_hand(wish))
    return after


def host_of(text: str) -> str:
    """Return the host that was set by this command, empty if there is none."""
    return next((match[1] for line in _LINE.findall(text) if (match := _OURS.fullmatch(line))), "")


def difference(before: str, after: str) -> Iterator[str]:
    """Yield the changed lines with two around them, each behind a sign as in a diff."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm="")
    yield from (line for line in lines if not line.startswith(("---", "+++", "@@")))


def by_hand(wish: Wish) -> str:
    """Say what to write in the file without this command."""
    line = f"workers_dev = {str(wish.workers_dev).lower()}"
    if wish.host:
        return (
            f'Write `{line}` and `routes = [{{ pattern = "{wish.host}", custom_domain = true }}]` yourself.'
        )
    return f"Write `{line}` yourself."


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnexpectedError(f"not valid TOML: {str(error).rstrip('.')}", "Correct it.") from None


def _means(text: str, meant: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == meant
    except tomllib.TOMLDecodeError:
        return False


def _places(before: dict[str, Any], lines: list[str]) -> tuple[int, list[int]]:
    """Return the number of the line that switches workers.dev, and of those with routes that are ours."""
    if "env" in before:
        raise UnexpectedError(
            "it has several environments ([env]), and which of them is meant is not ours to say",
            "Set workers_dev or routes there yourself.",
        )
    top = next((n for n, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    ours = [number for number in range(top) if _OURS.fullmatch(lines[number])]
    if "route" in before or ("routes" in before and not ours):
        raise UnexpectedError(
            "it has routes of your own, and they stay yours",
            "Add the door's host to them, or take it out, yourself.",
        )
    switches = [number for number in range(top) if _SWITCH.fullmatch(lines[number])]
    if len(switches) != 1:
        raise UnexpectedError(
            "`workers_dev` is not on a line of its own above the first table",
            "Write `workers_dev = false` there; then run this again.",
        )
    return switches[0], ours
