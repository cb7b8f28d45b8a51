"""The report for people: a table on a terminal, a line per check in a pipe."""

from collections.abc import Iterator
from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mail_failover.console.text import printable

from .report import Check, Report, Status

_STYLES = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.SKIPPED: "dim"}


def show(report: Report, console: Console) -> None:
    """Print the report."""
    if console.is_terminal:
        console.print(_table(report))
        console.print(Text(summary(report)))
        return
    for line in lines(report):
        console.print(Text(line), soft_wrap=True)


def lines(report: Report) -> Iterator[str]:
    """Yield a line per check, ready for grep, and the summary."""
    for check in report.checks:
        fix = f" Fix: {check.fix}" if check.fix else ""
        words = _line(f"{check.title}: {check.found}.{fix}")
        yield f"{check.status.value:<7}  {check.id:<17}  {words}"
    yield summary(report)


def summary(report: Report) -> str:
    """Count in one sentence."""
    counts = report.counts
    text = (
        f"{report.domain}: {counts['pass']} passed, {counts['warn']} to look at, "
        f"{counts['fail']} failed, {counts['skipped']} skipped."
    )
    return f"{text} Cloudflare's API did not answer everything." if report.api_failed else text


def _table(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=f"mail-failover doctor: {report.domain}", title_justify="left")
    table.add_column("", no_wrap=True)
    table.add_column("Check", max_width=26)
    table.add_column("Found, and what to do", ratio=1)
    for titles, check in _merged(report):
        words = Text(_line(check.found))
        if check.fix:
            words.append(f"\n-> {_line(check.fix)}", style="bold" if check.status is Status.FAIL else "")
        style = _STYLES[check.status]
        table.add_row(Text(check.status.value, style=style), Text(_line(titles)), words)
    return table


def _merged(report: Report) -> Iterator[tuple[str, Check]]:
    """Join neighbours that were skipped for one reason."""
    for (status, found, _), group in groupby(report.checks, key=lambda c: (c.status, c.found, c.fix)):
        checks = list(group)
        if status is Status.SKIPPED and found:
            yield ", ".join(check.title for check in checks), checks[0]
        else:
            yield from ((check.title, check) for check in checks)


def _line(text: str) -> str:
    return printable(" ".join(text.split()))
