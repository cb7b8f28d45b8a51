"""Reading variables one by one, and collecting what is wrong with them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

_PORT = "(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6(?:[0-4][0-9]{3}|5(?:[0-4][0-9]{2}|5(?:[0-2][0-9]|3[0-5])))))?"
LOOPBACK = rf"http://(?:127\.0\.0\.1|localhost|\[::1\]){_PORT}"
"""What a plain http:// address may begin with: this machine."""

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = rf"https://{_LABEL}(?:\.{_LABEL}){{0,40}}\.?{_PORT}"
HOST = rf"(?:{_NAME}|{LOOPBACK})"
"""What the address of a server with a name begins with: of any other one a request would never end well."""

# From here on JavaScript's numbers have gaps.
_EXACT = 2**53
_ADDRESS = re.compile(rf"(?:{HOST}|https://\[[0-9A-Fa-f:.]{{2,45}}\]{_PORT})(?:/[\w/.~%-]{{0,200}})?")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one variable, and how to mend it. It never quotes the value.

    `needs` names the service that has to be set up before the variable can be used.
    """

    variable: str
    fix: str
    needs: str = ""

    def __str__(self) -> str:
        return f"{self.variable}: {self.fix}"


class Reader:
    """The variables of one environment, and the `problems` that were found so far."""

    def __init__(self, env: Mapping[str, object]) -> None:
        self.problems: list[Problem] = []
        self._env = env

    def problem(self, variable: str, fix: str, needs: str = "") -> None:
        """Take note of what is wrong."""
        self.problems.append(Problem(variable, fix, needs))

    def value(self, variable: str) -> object:
        """Return what stands there; None if nothing does."""
        return self._env.get(variable)

    def has(self, variable: str) -> bool:
        """Tell whether anything stands there."""
        return bool(str(self.value(variable) or "").strip())

    def text(self, variable: str) -> str:
        """Read a text, which a number may stand for; empty where there is none."""
        value = self.value(variable)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _digits(value)
        if value is None or isinstance(value, str):
            return (value or "").strip()
        self.problem(variable, "must be a text")
        return ""

    def choice(self, variable: str, default: str, *others: str, wrong: str = "") -> str:
        """Read one of a few words; `wrong` is what stands in for another one, the default if it is empty."""
        before = len(self.problems)
        value = self.text(variable).lower() or default
        if len(self.problems) > before:
            return wrong or default
        if value in (default, *others):
            return value
        allowed = " or ".join(f'"{c}"' for c in (default, *others))
        self.problem(variable, f'must be {allowed}; until then it is "{wrong or default}"')
        return wrong or default

    def flag(self, variable: str) -> bool:
        """Read whether something is wanted, which it is not without a word."""
        value = self.value(variable)
        return value if isinstance(value, bool) else self.choice(variable, "false", "true") == "true"

    def number(self, variable: str, default: int, least: int, most: int) -> int:
        """Read a whole number within bounds; the default stands in for another one."""
        before = len(self.problems)
        value = self.text(variable)
        if not value or len(self.problems) > before:
            return default
        if value.isascii() and value.isdigit() and len(value) < 6 and least <= int(value) <= most:
            return int(value)
        self.problem(variable, f"must be a whole number from {least} to {most}; until then it is {default}")
        return default

    def address(self, variable: str, default: str = "") -> str:
        """Read where a server is asked, without a last slash; the default stands in for a wrong one."""
        value = self.text(variable).rstrip("/")
        if not value:
            return default
        if not _ADDRESS.fullmatch(value):
            self.problem(
                variable, "must be an https:// address without a query; plain http:// only on this machine"
            )
            return default
        return value

    def entries(self, variable: str, value: object) -> list[str]:
        """Read a list, or text with commas between its entries: both are how people write these variables."""
        if isinstance(value, str):
            parsed = parsed_json(value) if value.lstrip().startswith("[") else None
            value = parsed if isinstance(parsed, list) else re.split(r"[,\s]+", value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            value = [_digits(value)]
        if value is None:
            return []
        if not isinstance(value, (list, tuple)):
            self.problem(variable, "must be a list, or a text with commas between its entries")
            return []
        texts = [_digits(v) if isinstance(v, (int, float)) else str(v).strip() for v in value]
        return [text for text in texts if text]


def word(value: object) -> str:
    """Return a text, or a number as one while that is exact; empty for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:.0f}" if abs(value) < _EXACT else ""
    return value.strip() if isinstance(value, str) else ""


def _digits(number: float) -> str:
    """Return a number as a text; one that no float holds is none that anybody means."""
    try:
        return f"{number:.0f}"
    except OverflowError:
        return "inf"


def parsed_json(text: str) -> object:
    """Read JSON; a text that is none stands for itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
