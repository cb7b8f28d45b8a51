"""What the emulator says of a message, a chat, its settings, as lines of text."""

import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mail_failover.console.text import byte_count, printable
from mail_failover.door.answers import MalformedError, standing_from
from mail_failover.door.standing import standing_lines
from mail_failover.emulator.chat.service import Post
from mail_failover.emulator.routing.edge import Outcome
from mail_failover.settings.chats import ADDRESS, CHATS, is_of
from mail_failover.settings.files import SECRETS

if TYPE_CHECKING:
    from failover.settings import Settings


def outcome_line(sender: str, recipient: str, size: int, outcome: Outcome, seconds: float) -> str:
    """Say what became of a message."""
    clock = time.strftime("%H:%M:%S")
    parts = [", ".join(outcome.inboxes), outcome.reason]
    result = ": ".join([outcome.status.value, "; ".join(filter(None, parts))]).removesuffix(": ")
    line = f"{clock}  <{sender}> to <{recipient}>  {byte_count(size)}  {seconds:.2f} s  {result}"
    return printable(" ".join(line.splitlines()))


def chat_lines(post: Post) -> Iterator[str]:
    """Show what a chat shows, and what a reader could click, if anything."""
    how = ", in place of the outage's first alert" if post.edits else "" if post.sound else ", without sound"
    yield f"{CHATS[post.service].title} shows{how}:"
    for line in printable(post.seen).split("\n"):
        yield f"  | {line}".rstrip()
    if post.live:
        yield f"  Live in it: {printable(', '.join(post.live))}"


def status_lines(status: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Say how each domain stands: its last outage, what its chats were not told yet, its spool."""
    if not status:
        yield "Status: no object has written anything down yet."
    for domain, facts in status.items():
        first, *rest = standing_told(facts)
        yield f"Status of {printable(domain)}: {first}"
        yield from (f"  {line}" for line in rest)


def standing_told(facts: Mapping[str, Any]) -> Iterator[str]:
    """Say how a domain stands, by what its object says of itself; of one that failed there are no facts."""
    if not facts:
        yield "its object failed when it was asked."
        return
    try:
        lines = list(standing_lines(standing_from(facts), _moment))
    except MalformedError as error:
        lines = [f'what its object says has no usable "{error}".']
    yield from map(printable, lines)


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def is_hidden(name: str, secrets: Collection[str]) -> bool:
    """Tell whether a setting may hold a secret; in ALERTS it is a topic of ntfy's."""
    known = name in secrets or name in SECRETS
    return known or bool(re.search(r"TOKEN|SECRET|KEY|PASS|URL|ALERTS", name.upper()))


def shown(value: Any) -> str:
    """Write a setting's value on one line."""
    return printable(json.dumps(value, ensure_ascii=False, default=str))


def settings_lines(variables: Mapping[str, Any], secrets: Collection[str]) -> Iterator[str]:
    """List the settings; of those that may hold a secret only that they are set."""
    for name, value in sorted(variables.items()):
        yield f"  {name} = {'(set, not shown)' if is_hidden(name, secrets) else shown(value)}"


def problem_lines(settings: "Settings | None") -> Iterator[str]:
    """Say what the Worker can't use of its settings, if anything."""
    if settings and settings.problems:
        yield "What the Worker can't use of them:"
        yield from (f"  {printable(str(problem))}" for problem in settings.problems)


def service_lines(
    variables: Mapping[str, Any], settings: "Settings | None", playing: Collection[str]
) -> Iterator[str]:
    """Say of each chat who answers for it; `settings` is what the Worker makes of its variables.

    `playing` are those that are played here: all that are used, if any is.
    """
    unused = []
    for service, chat in CHATS.items():
        if service in playing:
            told = "played here, since no chat's secret is set; its messages are shown below"
        elif settings:
            told = _told(service, settings, variables)
        elif any(map(variables.get, chat.secrets)):
            told = "asked if the Worker does; its settings are not this project's, so nobody checked them"
        else:
            told = ""
        if told:
            yield f"{chat.title}: {told}"
        else:
            unused.append(chat.title)
    if unused:
        yield f"Not used, since no secret of theirs is set: {', '.join(unused)}"


def _told(service: str, settings: "Settings", variables: Mapping[str, Any]) -> str:
    """Say where the Worker goes for a service, or why it does not; nothing for one that nobody wants."""
    if getattr(settings, service):
        own = {name: str(value) for name, value in variables.items() if is_of(service, name)}
        elsewhere = any(n.endswith(ADDRESS) or v.startswith("http://") for n, v in own.items())
        return "another server in its place, as the settings say" if elsewhere else "the real service"
    wrong = [problem.variable for problem in settings.problems if is_of(service, problem.variable)]
    return f"tells nobody: {', '.join(dict.fromkeys(wrong))} can't be used, see below" if wrong else ""
