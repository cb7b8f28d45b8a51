"""Who is told of whose mail: the table ALERTS."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from . import chats
from .address import canonical, is_address
from .reading import Reader, parsed_json, word

Detail = Literal["sender", "subject", "preview"]
"""What an alert shows of a message, the least first."""

DETAILS: tuple[Detail, ...] = get_args(Detail)

_EXAMPLE = 'ALERTS=\'{"anna@example.com": {"telegram": {"chat": "123456789"}}}\''

_Change = tuple[re.Pattern[str], str, Callable[[Any, str], Any]]


@dataclass(frozen=True, slots=True)
class _Service:
    """What a service `needs` before it can tell anybody, and what can be other for some recipients.

    Of each such: what it must look like, in a pattern and in words, and the service's settings with it.
    """

    needs: str
    changes: Mapping[str, _Change] = field(default_factory=dict)


# In the order in which they are made: another chat has none of the usual one's topics.
_SERVICES = {
    "telegram": _Service(
        "TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID",
        {
            "chat": (chats.TELEGRAM_CHAT, "123456789", lambda s, to: replace(s, chats=(to,), thread="")),
            "topic": (chats.TELEGRAM_TOPIC, "7", lambda s, to: replace(s, thread=to)),
        },
    ),
    "slack": _Service(
        "SLACK_BOT_TOKEN and SLACK_CHANNEL, or SLACK_WEBHOOK_URL",
        {"chat": (chats.SLACK_CHANNEL, "C0123456789", lambda s, to: replace(s, channel=to, webhook_url=""))},
    ),
    "ntfy": _Service(
        "NTFY_URL", {"chat": (chats.NTFY_TOPIC, "annas-topic", lambda s, to: replace(s, topic=to))}
    ),
    "gotify": _Service("GOTIFY_URL and GOTIFY_TOKEN"),
    "pushover": _Service("PUSHOVER_TOKEN and PUSHOVER_USER"),
    "discord": _Service(
        "DISCORD_WEBHOOK_URL",
        {"topic": (chats.DISCORD_THREAD, "1234567890123456789", lambda s, to: replace(s, thread=to))},
    ),
    "mattermost": _Service("MATTERMOST_WEBHOOK_URL"),
    "matrix": _Service(
        "MATRIX_HOMESERVER, MATRIX_ROOM and MATRIX_TOKEN",
        {"chat": (chats.MATRIX_ROOM, "!room:matrix.example", lambda s, to: replace(s, room=to))},
    ),
    "webhook": _Service("WEBHOOK_URL and WEBHOOK_SECRET"),
}
SERVICES = tuple(_SERVICES)
"""What can tell, by the names of their settings."""


@dataclass(frozen=True, slots=True)
class Way:
    """One service that tells, by its name, with its settings, and the most that it shows."""

    name: str
    settings: Any
    detail: Detail


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told of some recipients' mail, and by which ways.

    The `name` is their keys in the table, with blanks between them, empty for who is told of all mail that
    the table does not name. `lost` tells that there should be a way, and none can be used.
    """

    name: str = ""
    ways: tuple[Way, ...] = ()
    lost: bool = False


def read_alerts(reader: Reader, services: Mapping[str, Any], detail: Detail) -> Mapping[str, Audience] | None:
    """Read who is told of whose mail, by canonical addresses and `@domain`s; None for a table that is none.

    `services` are their settings by name, `detail` is what is shown where nothing else is said. Whose alerts
    go to the same places are one audience, and have one name. A rule that can't be used is a rule all the
    same: who is told of its mail is nobody, never somebody else. A key that is no address may be anybody's,
    and the table is none.
    """
    table = reader.value("ALERTS")
    if table is None or (isinstance(table, str) and not table.strip()):
        return {}
    if isinstance(table, str):
        table = parsed_json(table)
    if not isinstance(table, Mapping):
        reader.problem("ALERTS", f"must be a table, and until then nobody is told: {_EXAMPLE}")
        return None
    found: dict[str, Audience] = {}
    is_whole = True
    for number, (key, value) in enumerate(table.items(), 1):
        rule, name = _Rule(reader, number, services, detail), canonical(str(key))
        if not is_address(f"anyone{name}" if name.startswith("@") else name):
            rule.problem("must be for an address, or @ and a domain; until then nobody is told: @example.com")
            is_whole = False
        elif name in found:
            rule.problem("says again who is told of an earlier one's mail; keep one")
        else:
            ways = tuple(rule.ways(value))
            found[name] = Audience(name, ways, lost=not ways and value != [])
    return _together(found, everybody(services, detail)) if is_whole else None


def everybody(services: Mapping[str, Any], detail: Detail) -> tuple[Way, ...]:
    """Return each way that the settings name, as it stands there."""
    return tuple(Way(name, settings, detail) for name, settings in services.items() if settings)


def _together(found: Mapping[str, Audience], usual: tuple[Way, ...]) -> Mapping[str, Audience]:
    """Make those one audience who are told in the same places.

    One without ways shares with nobody: when it is mended, what waited for it is its own.
    """
    keys: dict[frozenset[Way], list[str]] = {}
    for key, audience in found.items():
        keys.setdefault(frozenset(audience.ways), []).append(key)
    named = {ways: Audience(" ".join(those), found[those[0]].ways) for ways, those in keys.items()}
    named[frozenset(usual)] = Audience("", usual)
    return {key: named[frozenset(each.ways)] if each.ways else each for key, each in found.items()}


@dataclass(frozen=True, slots=True)
class _Rule:
    """One entry of the table that is being read."""

    reader: Reader
    number: int
    services: Mapping[str, Any]
    detail: Detail

    def problem(self, fix: str, needs: str = "") -> None:
        """Take note of what is wrong with it."""
        self.reader.problem("ALERTS", f"entry {self.number} {fix}", needs)

    def ways(self, value: object) -> Iterator[Way]:
        """Yield the ways that it names, as far as they can be used as they were meant."""
        if isinstance(value, Mapping):
            wanted: dict[str, object] = {str(name): changes for name, changes in value.items()}
        else:
            wanted = {name: {} for name in self.reader.entries("ALERTS", value)}
        if not wanted and value != []:
            self.problem(f"names no channel: {_EXAMPLE}; or [] for nobody")
        for name, changes in wanted.items():
            service, settings = _SERVICES.get(name.lower()), self.services.get(name.lower())
            if service is None:
                self.problem(f"names what is no channel; there are {', '.join(_SERVICES)}")
            elif settings is None:
                self.problem(f"names {name.lower()}, which is not set up: set {service.needs}", name.lower())
            elif not isinstance(changes, Mapping):
                self.problem(f"must say in a table what is other for a channel: {_EXAMPLE}")
            elif (changed := self._changed(name.lower(), service, changes)) is not None:
                yield Way(name.lower(), changed, self._detail(changes))

    def _changed(self, name: str, service: _Service, changes: Mapping[object, object]) -> Any:
        """Return a service's settings with what is other here; None if it can't be."""
        settings = self.services[name]
        if changes.keys() - service.changes.keys() - {"detail"}:
            allowed = " and ".join(f'"{each}"' for each in (*service.changes, "detail"))
            self.problem(f"changes what can't be other for {name}; only {allowed} can")
            return None
        for key, (pattern, like, changed) in service.changes.items():
            text = word(changes[key]) if key in changes else None
            if text is not None and not pattern.fullmatch(text):
                self.problem(f'must give {name} a {key} like "{like}"')
                return None
            if text is not None and name == "slack" and not settings.bot_token:
                fix = "gives slack a channel, and only a bot has several: set SLACK_BOT_TOKEN"
                self.problem(fix, name)
                return None
            settings = settings if text is None else changed(settings, text)
        return settings

    def _detail(self, changes: Mapping[object, object]) -> Detail:
        wanted = word(changes["detail"]).lower() if "detail" in changes else self.detail
        if wanted in DETAILS:
            return wanted
        allowed = " or ".join(f'"{each}"' for each in DETAILS)
        self.problem(f'must have {allowed} as its detail; until then it is "{DETAILS[0]}"')
        return DETAILS[0]
