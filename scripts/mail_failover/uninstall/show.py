"""What is about to go, and in the end what stays and how it is removed. Words only."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mail_failover.cloudflare.errors import TOKENS_PAGE
from mail_failover.console.voice import Line, Voice
from mail_failover.door.options import KEYS
from mail_failover.door.standing import spool_line
from mail_failover.settings.files import ACCOUNT_FILE, SETTINGS_FILE

from .domains import Domain, ours
from .look import Seen
from .removal import Removal

UP = (
    "Do this while your server is up: other servers remember the edge as an MX for a while, and it takes no"
    " mail for you then."
)


CONNECTED = {
    "telegram": ("The Telegram bot", "/deletebot, sent to @BotFather"),
    "slack": ("The Slack app", "delete it at https://api.slack.com/apps"),
    "ntfy": ("The topic of ntfy", "unsubscribe in the app; on a server of yours, revoke its token"),
    "discord": ("Discord's webhook", "delete it in the channel's settings, Integrations"),
    "matrix": ("Matrix's account", "log it out, which ends its token, or deactivate it"),
    "mattermost": ("Mattermost's webhook", "delete it under Integrations, Incoming Webhooks"),
    "gotify": ("Gotify's application", "delete it under Apps"),
    "pushover": ("Pushover's application", "delete it at https://pushover.net"),
    "webhook": ("What the webhook's address leads to", "take it off, and forget its secret"),
}
"""What was made for each service, and how it goes."""


def show_plan(removal: Removal, domains: Sequence[Domain], seen: Seen) -> None:
    """Show what goes, in its order."""
    voice, mine = removal.voice, [each for each in domains if ours(removal, each) and each.steps]
    parts = [*(_off(removal, each) for each in mine)]
    if seen.there:
        parts.append(_away(removal, seen))
    elif seen.hosts:
        parts.append([(f"Detach {', '.join(seen.hosts)}, which led to the Worker {removal.worker}", "bold")])
    for number, ((title, style), *rest) in enumerate(parts, 1):
        voice.say(f"{number}. {title}", style)
        voice.lines((f"   {text}", style) for text, style in rest)
    show_others(removal, domains)
    if mine:
        voice.say(UP, "yellow")


def show_others(removal: Removal, domains: Sequence[Domain]) -> None:
    """Show which domains are another Worker's."""
    for each in domains:
        if not ours(removal, each) and each.worker:
            removal.voice.say(f"{each.name} is set up for another Worker, {each.worker}: it stays as it is.")


def _off(removal: Removal, domain: Domain) -> list[Line]:
    undo = replace(removal.again, domain=domain.name).setup("undo")
    return [(f"Take {domain.name} off the Worker: `{undo}`", "bold"), *((f"- {s}", "") for s in domain.steps)]


def _away(removal: Removal, seen: Seen) -> list[Line]:
    """Say what goes with the Worker."""
    lines = [(f"Delete the Worker {removal.worker} and what it remembers, once no mail comes to it", "bold")]
    if seen.secrets:
        lines.append((f"- its secrets: {', '.join(seen.secrets)}", ""))
    if seen.hosts:
        lines.append((f"- its address: {', '.join(seen.hosts)}", ""))
    for name, standing in seen.kept.standings.items():
        lines.append((f"- {name}, {spool_line(standing.spool) or 'spool: empty'}", ""))
        if standing.outage and not standing.outage.ended:
            lines.append((f"- {name}: nobody has told the Worker that your server is back", "yellow"))
        if untold := standing.untold + sum(channel.waiting for channel in standing.outbox):
            lines.append((f"- {name}: {untold} yet to be told in a chat, which never will be", "yellow"))
    return lines


def show_rest(removal: Removal, domains: Sequence[Domain], seen: Seen) -> list[str]:
    """Show what stays, and how it is removed, and return it."""
    rest = [*_rest(removal, domains, seen)]
    removal.voice.say("What stays, and how it is removed:", "bold")
    _list(removal.voice, rest)
    return rest


def _list(voice: Voice, texts: Sequence[str]) -> None:
    voice.lines((f"- {text}.", "") for text in texts)


def _rest(removal: Removal, domains: Sequence[Domain], seen: Seen) -> Iterator[str]:
    for each in domains:
        if ours(removal, each):
            yield from (f"{each.name}: {text.rstrip('.')}" for text in each.left)
    for way in seen.ways.found:
        yield f"{way}, which is off, names the Worker: delete it under Email Routing, Routing rules"
    if seen.inboxes:
        yield (
            f"The destination addresses {', '.join(seen.inboxes)}: what no other rule uses, delete in the"
            " dashboard under Email Routing, Destination addresses"
        )
    yield f"The token for Cloudflare's API: delete it at {TOKENS_PAGE}"
    yield from _chats(removal)
    yield from _files(removal)
    yield "Where `replay --watch` runs, on your mail server: end it, and delete its copy of the spool's token"


def _chats(removal: Removal) -> Iterator[str]:
    if removal.local is None:
        yield "What you made for chats, a bot, an app, a webhook, if it is for this alone: delete it there"
        return
    for service, (what, how) in CONNECTED.items():
        if getattr(removal.local.settings, service):
            yield f"{what}, if it is for this alone: {how}"


def _files(removal: Removal) -> Iterator[str]:
    there = [removal.folder / name for name in (ACCOUNT_FILE, SETTINGS_FILE)]
    if found := [path for path in there if path.exists()]:
        yield f"{' and '.join(map(str, found))}, with your token, settings and secrets: delete them"
    if (keys := removal.state / KEYS).is_dir():
        yield (
            f"{keys}, with the private keys of the spool: what is encrypted for a key that is lost, is lost;"
            " keep them until you miss no mail"
        )
    if removal.state.is_dir():
        yield f"{removal.state}, with what `setup` and `replay` wrote down: delete it when all is well"
