"""What `wrangler dev` prints, read: the Worker's log lines, its exceptions, why there is no runtime."""

import json
import re
from collections.abc import Sequence

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_OWN = re.compile(r"\[wrangler:|[⎔⛅🪵✘▲╭│╰├┌└─]|Using (?:vars|secrets) defined in")
_NOISE = re.compile(
    r"""\W*$|env\.|at\s|Binding\s+Resource|Your\ Worker\ has\ access|Using\ (?:vars|secrets)|Runtime\ stderr:
    |\{"timestamp"|\W*Uncaught\ exception\W*$|.*Logs\ were\ written\ to|If\ you\ think\ this\ is\ a\ bug
    |Attaching\ additional\ modules|\[wrangler:warn\]|⎔|⛅|.*wrangler\ \d+\.\d+\.\d+|[│├┌└─]
    |The\ Workers\ runtime\ failed\ to\ start|.*ERR_IPC_CHANNEL_CLOSED|Traceback|File\ "|stderr:""",
    re.VERBOSE,
)
_ERROR = re.compile(r"\W*\[ERROR\]\s*")
_REASON_CHARACTERS = 400


class Output:
    """Turns the bytes that a process prints into lines of text without colours, as they come."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes; no data completes the last."""
        *whole, self._rest = (self._rest + (data or b"\n")).split(b"\n")
        return [_ANSI.sub("", line.decode(errors="replace")).rstrip() for line in whole]


def is_event(line: str) -> bool:
    """Tell whether this is the line that the Worker logs for each message."""
    if not line.startswith("{"):
        return False
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and "event" in record


class Serving:
    """What a runtime that serves tells in its lines, in however many pieces they come."""

    def __init__(self) -> None:
        self._block: list[str] = []
        self._own = False

    @property
    def unfinished(self) -> bool:
        """Tell whether an exception may have more lines."""
        return bool(self._block)

    def failures(self, lines: Sequence[str]) -> list[str]:
        """Return what the Worker raised, one line for each exception that ends: the type and its text."""
        found: list[str] = []
        for line in lines:
            # The same exception once more, from elsewhere, begins like the last.
            if line.startswith(("[wrangler:", "{")) or _ERROR.match(line):
                found += self.finish()
            if line.startswith("[wrangler:error]") and "Email handler rejected" not in line:
                self._block = [line.removeprefix("[wrangler:error]").strip()]
            elif self._block:
                self._block.append(line)
        return found

    def finish(self) -> list[str]:
        """Return the exception that was not known to have ended, if there is one."""
        block, self._block = self._block, []
        return [_last_word(block)] if block else []

    def from_worker(self, lines: Sequence[str]) -> list[str]:
        """Leave out wrangler's own messages and their indented continuation."""
        kept: list[str] = []
        for line in lines:
            self._own = bool(_OWN.match(line)) or (self._own and line.startswith(" "))
            if line and not self._own:
                kept.append(line)
        return kept


def reason(lines: Sequence[str]) -> str:
    """Say in one line why the runtime did not start: its errors, else its last words."""
    errors = [place for place, line in enumerate(lines) if _ERROR.match(line)]
    told = [_ERROR.sub("", line).strip() for line in (lines[errors[0] :] if errors else lines)]
    plain = list(dict.fromkeys(line for line in told if not _NOISE.match(line)))
    if not plain:
        # Then even what is usually noise says more than nothing.
        plain = [line for line in told if re.search(r"\w", line)]
    text = " ".join(plain[:4] if errors else plain[-3:])
    return text if len(text) <= _REASON_CHARACTERS else f"{text[:_REASON_CHARACTERS]}…"


def blames_worker(lines: Sequence[str]) -> bool:
    """Tell whether the runtime started and the Worker's own code stopped it."""
    return any(re.search(r"Traceback \(most recent|PythonError|Uncaught \w*Error\b", line) for line in lines)


def _last_word(block: Sequence[str]) -> str:
    """Pick the line that names the exception: a Python traceback's last, JavaScript's first."""
    said = [line for line in block if line and not line.startswith((" ", "\t"))]
    return said[-1] if said else block[0]
