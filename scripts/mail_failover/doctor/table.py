"""The report for people: columns on a terminal, a line per check in a pipe."""

from collections.abc import Iterable, Iterator
from itertools import groupby, zip_longest

from rich.cells import set_cell_size
from rich.text import Text

from mail_failover.console.layout import wrapped
from mail_failover.console.text import printable
from mail_failover.console.voice import Voice

from .report import Check, Report, Status

_STYLES = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.SKIPPED: "dim"}
_STATUS, _ABOUT, _NARROW = 9, 28, 36


def show(report: Report, voice: Voice) -> None:
    """Print the report."""
    room = voice.width - _STATUS - _ABOUT
    if room < _NARROW:
        for line in lines(report):
            voice.say(line)
        return
    voice.say(f"mail-failover doctor: {report.domain}")
    voice.say("")
    for titles, check in _merged(report.checks):
        voice.show(_row(titles, check, room))
    voice.say("")
    voice.say(summary(report))


def lines(report: Report) -> Iterator[str]:
    """Yield a line per check, ready for grep, and the summary."""
    for check in report.checks:
        yield _in_a_line(check.title, check)
    yield summary(report)


def show_problems(report: Report, voice: Voice) -> None:
    """Print a line for each check that made the exit code another than 0, and the summary."""
    for titles, check in _merged(report.problems):
        voice.say(_in_a_line(titles, check))
    voice.say(summary(report))


def summary(report: Report) -> str:
    """Count in one sentence."""
    counts = report.counts
    text = (
        f"{report.domain}: {counts['pass']} passed, {counts['warn']} to look at, "
        f"{counts['fail']} failed, {counts['skipped']} skipped."
    )
    return f"{text} Cloudflare's API did not answer everything." if report.api_failed else text


def _row(titles: str, check: Check, room: int) -> Text:
    """Lay a check out in three columns: its status, what it is about, what was found and what to do."""
    found = wrapped(_line(check.found), room).split("\n")
    fix = wrapped(f"-> {_line(check.fix)}", room).split("\n") if check.fix else []
    about = wrapped(_line(titles), _ABOUT - 2).split("\n")
    row = Text()
    for number, (title, words) in enumerate(zip_longest(about, [*found, *fix], fillvalue="")):
        status = "" if number else check.status.value
        bold = check.status is Status.FAIL and number >= len(found)
        row.append(f"\n{status:<{_STATUS}}", _STYLES[check.status])
        row.append(set_cell_size(title, _ABOUT) if words else title).append(words, "bold" if bold else "")
    return row[1:]


def _in_a_line(titles: str, check: Check) -> str:
    fix = f" Fix: {check.fix}" if check.fix else ""
    end = "" if check.found.endswith(".") else "."
    words = _line(f"{titles}: {check.found}{end}{fix}")
    return f"{check.status.value:<7}  {check.id:<17}  {words}"


def _merged(checks: Iterable[Check]) -> Iterator[tuple[str, Check]]:
    """Join neighbours that were skipped for one reason."""
    for (status, found, _), group in groupby(checks, key=lambda c: (c.status, c.found, c.fix)):
        alike = list(group)
        if status is Status.SKIPPED and found:
            yield ", ".join(check.title for check in alike), alike[0]
        else:
            yield from ((check.title, check) for check in alike)


def _line(text: str) -> str:
    return printable(" ".join(text.split()))
