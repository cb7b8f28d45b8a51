"""Every setting of the Worker: its variables and secrets, checked once, all problems at once."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from .address import canonical, is_address
from .primary import Target

VARIABLES = (
    "FALLBACK_INBOXES",
    "FALLBACK_MODE",
    "ROUTES",
    "ALERT_DETAIL",
    "ALERT_CODES",
    "ALERT_MINUTES",
    "OUTAGE_QUIET_HOURS",
    "PRIMARY_CHECK",
    "PRIMARY_WATCH",
    "PRIMARY_CHECK_MINUTES",
    "WHEN_PRIMARY_ANSWERS",
    "SPOOL",
    "SPOOL_TOKEN",
    "SPOOL_KEY",
    "SPOOL_DAYS",
    "SPOOL_MB",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_CHAT_ID",
    "TELEGRAM_THREAD_ID",
    "TELEGRAM_API_URL",
    "SLACK_WEBHOOK_URL",
    "SLACK_BOT_TOKEN",
    "SLACK_CHANNEL",
    "SLACK_API_URL",
)
"""The names that `Settings.from_env` reads; whoever has the environment need not offer more."""

MAX_CHATS = 10
"""How many Telegram chats one alert may go to, so that it stays within a message's subrequests."""

Mode = Literal["first", "all"]
Detail = Literal["sender", "subject", "preview"]
Kept = Literal["off", "held", "all"]

MAX_TARGETS = 3
"""How many of the primary's ports and pages are asked: each may take its time."""

_SLACK = "https://slack.com"
# 32 random bytes have 43 characters in base64url, and 64 in hex.
# An RSA key of 3072 bits has 564 characters.
_SPOOL_KEY = re.compile(r"MII[A-Za-z0-9+/]{300,1500}={0,2}")
_SPOOL_TOKEN = re.compile(r"[\w-]{43,250}", re.ASCII)
_TOKEN = re.compile(r"[1-9][0-9]{0,19}:[A-Za-z0-9_-]{8,60}")
_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{4,64}")
_SLACK_CHANNEL = re.compile(r"[#@]?[\w.-]{1,80}")
_WEBHOOK = re.compile(r"https://hooks\.slack(?:-gov)?\.com(/services/[\w/-]{1,200})")
_TARGET = re.compile(
    r"(?P<host>[a-z0-9][a-z0-9.-]{0,252}):(?P<port>[1-9][0-9]{0,4})"
    r"|(?P<https>https://)(?P<name>[a-z0-9][a-z0-9.-]{0,252})(?::[0-9]{1,5})?(?:/[!-~]{0,200})?"
)
_PRIVATE = re.compile(
    r"localhost|.*\.(?:local|lan|internal|home\.arpa)|(?:10|127|0)\..*|192\.168\..*|169\.254\..*"
    r"|172\.(?:1[6-9]|2[0-9]|3[01])\..*|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\..*"
)
_LOOPBACK = r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?"
_LOOPBACK_WEBHOOK = re.compile(_LOOPBACK + r"/[\w/.-]{1,200}")
_API_URL = re.compile(rf"(?:https://[A-Za-z0-9.\[\]:-]{{1,255}}|{_LOOPBACK})(?:/[\w/.~%-]{{0,200}})?")


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """A bot and the chats it writes to."""

    token: str = field(repr=False)
    chats: tuple[str, ...]
    thread: str = ""
    api_url: str = field(default="https://api.telegram.org", repr=False)


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """A webhook's URL, or a bot's token and the channel it posts to; or both."""

    webhook_url: str = field(default="", repr=False)
    bot_token: str = field(default="", repr=False)
    channel: str = ""
    api_url: str = field(default=_SLACK, repr=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one variable, and how to mend it. It never quotes the value."""

    variable: str
    fix: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.fix}"


@dataclass(frozen=True, slots=True)
class Settings:
    """The owner's choices, as far as they can be used, and the `problems` with the others.

    `routes` is keyed by canonical addresses and `@domain`s; one without inboxes has none that can be used.
    `alert_minutes` is the least time between two alerts of messages with sound, `quiet_hours` how long
    nothing is caught before an outage counts as over. `primary` is what is asked whether the primary is up;
    with `watch_minutes` it is asked at all times, and told of when it did not answer for so long. `defers`
    tells that a message is deferred once while it answers. `spool` tells of which messages a copy is kept,
    for `spool_days` and within `spool_bytes` a domain, for whoever has the `spool_token`; with a `spool_key`
    only who has the private one can read them.
    """

    inboxes: tuple[str, ...] = ()
    mode: Mode = "first"
    routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    detail: Detail = "subject"
    show_codes: bool = False
    alert_minutes: int = 10
    quiet_hours: int = 6
    primary: tuple[Target, ...] = ()
    watch_minutes: int | None = None
    defers: bool = False
    spool: Kept = "off"
    spool_token: str = field(default="", repr=False)
    spool_key: str = field(default="", repr=False)
    spool_days: int = 30
    spool_bytes: int = 2000 * 10**6
    telegram: TelegramSettings | None = None
    slack: SlackSettings | None = None
    problems: tuple[Problem, ...] = ()

    @classmethod
    def from_env(cls, env: Mapping[str, object]) -> "Settings":
        """Read the settings from plain values: strings, numbers, lists and tables. Never raises.

        What can't be used is left out, or is what shows the least, and is one of the `problems`.
        """
        reader = _Reader(env)
        inboxes = reader.inboxes()
        routes = reader.routes()
        if not (inboxes or routes or reader.problems):
            reader.problem("FALLBACK_INBOXES", "name at least one inbox: FALLBACK_INBOXES=you@example.net")
        spool_token, spool_key = reader.spool_token(), reader.spool_key()
        settings = cls(
            inboxes=inboxes,
            mode=cast("Mode", reader.choice("FALLBACK_MODE", "first", "all")),
            routes=routes,
            detail=cast(
                "Detail", reader.choice("ALERT_DETAIL", "subject", "sender", "preview", wrong="sender")
            ),
            show_codes=reader.choice("ALERT_CODES", "mask", "show") == "show",
            alert_minutes=reader.number("ALERT_MINUTES", 10, 0, 1440),
            quiet_hours=reader.number("OUTAGE_QUIET_HOURS", 6, 1, 168),
            primary=reader.primary(),
            watch_minutes=reader.watch(),
            defers=reader.defers(),
            spool="off" if spool_key is None else reader.spool(spool_token),
            spool_token=spool_token,
            spool_key=spool_key or "",
            spool_days=reader.number("SPOOL_DAYS", 30, 1, 365),
            spool_bytes=reader.number("SPOOL_MB", 2000, 1, 9000) * 10**6,
            telegram=reader.telegram(),
            slack=reader.slack(),
        )
        return replace(settings, problems=tuple(reader.problems))


class _Reader:
    """Reads variables one by one and collects what is wrong with them."""

    def __init__(self, env: Mapping[str, object]) -> None:
        self.problems: list[Problem] = []
        self._env = env

    def problem(self, variable: str, fix: str) -> None:
        self.problems.append(Problem(variable, fix))

    def text(self, variable: str) -> str:
        value = self._env.get(variable)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return f"{value:.0f}"
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

    def primary(self) -> tuple[Target, ...]:
        """Read what is asked whether the primary is up: `host:port` or https addresses."""
        targets = []
        entries = self._list("PRIMARY_CHECK", self._env.get("PRIMARY_CHECK"))
        if len(entries) > MAX_TARGETS:
            self.problem("PRIMARY_CHECK", f"names more than {MAX_TARGETS}, and only the first are asked")
        for entry in entries[:MAX_TARGETS]:
            match = _TARGET.fullmatch(entry.lower())
            if match is None or int(match["port"] or 443) > 65535:
                self.problem(
                    "PRIMARY_CHECK", 'must be like "mail.example.com:465" or "https://mail.example.com/"'
                )
                continue
            host, port = match["host"] or match["name"], int(match["port"] or 443)
            if port == 25:
                fix = "port 25 is closed to Workers; name 465, 587 or 993, or a page of the server"
                self.problem("PRIMARY_CHECK", fix)
            elif _PRIVATE.fullmatch(host):
                fix = "private addresses are closed to Workers; name a host that the internet can reach"
                self.problem("PRIMARY_CHECK", fix)
            else:
                targets.append(Target(host, port, entry if match["https"] else ""))
        return tuple(targets)

    def watch(self) -> int | None:
        """Read after how many minutes of silence the primary is told of without mail; None for never."""
        minutes = self.number("PRIMARY_CHECK_MINUTES", 15, 5, 1440)
        wanted = self._env.get("PRIMARY_WATCH")
        watch = (
            wanted if isinstance(wanted, bool) else self.choice("PRIMARY_WATCH", "false", "true") == "true"
        )
        if watch and not self._env.get("PRIMARY_CHECK"):
            self.problem("PRIMARY_CHECK", 'is missing: name what to watch, like "mail.example.com:465"')
        return minutes if watch else None

    def defers(self) -> bool:
        """Read whether a message is deferred once while the primary answers."""
        defers = self.choice("WHEN_PRIMARY_ANSWERS", "forward", "defer") == "defer"
        if defers and not self._env.get("PRIMARY_CHECK"):
            self.problem("PRIMARY_CHECK", 'is missing: name what tells, like "mail.example.com:465"')
        return defers

    def spool_token(self) -> str:
        """Read what opens the door to the spool; empty if nothing does."""
        token = self.text("SPOOL_TOKEN")
        if not token or _SPOOL_TOKEN.fullmatch(token):
            return token
        fix = "must be 32 random bytes or more, in letters, digits, - and _; make one: openssl rand -hex 32"
        self.problem("SPOOL_TOKEN", fix)
        return ""

    def spool_key(self) -> str | None:
        """Read whose key copies are encrypted for, empty for nobody's; None if it can't be used."""
        key = self.text("SPOOL_KEY")
        if not key or _SPOOL_KEY.fullmatch(key):
            return key
        self.problem("SPOOL_KEY", "is no public key, so nothing is kept; make one: mail-failover spool key")
        return None

    def spool(self, token: str) -> Kept:
        """Read of which messages a copy is kept: of none that could not be fetched."""
        usual = "held" if token else "off"
        kept = self.choice("SPOOL", usual, *sorted({"held", "all", "off"} - {usual}))
        if kept != "off" and not token and not self._env.get("SPOOL_TOKEN"):
            self.problem("SPOOL_TOKEN", "is missing, so nothing is kept: mail-failover setup door makes one")
        return cast("Kept", kept) if token else "off"

    def inboxes(self) -> tuple[str, ...]:
        entries = self._list("FALLBACK_INBOXES", self._env.get("FALLBACK_INBOXES"))
        for number, entry in enumerate(entries, 1):
            if not is_address(entry):
                fix = f"entry {number} is not a mail address; write it like you@example.net"
                self.problem("FALLBACK_INBOXES", fix)
        return _addresses(entries)

    def routes(self) -> dict[str, tuple[str, ...]]:
        table = self._env.get("ROUTES")
        if isinstance(table, str) and table.strip():
            table = _json(table)
        if not table:
            return {}
        if not isinstance(table, Mapping):
            fix = 'must be a table: ROUTES=\'{"@example.com": "you@example.net"}\''
            self.problem("ROUTES", fix)
            return {}
        routes: dict[str, tuple[str, ...]] = {}
        for number, (key, value) in enumerate(table.items(), 1):
            name = canonical(str(key))
            entries = self._list("ROUTES", value)
            if not is_address(f"anyone{name}" if name.startswith("@") else name):
                self.problem("ROUTES", f"entry {number} must be an address, or @ and a domain: @example.com")
                continue
            if name in routes:
                self.problem(
                    "ROUTES", f"entry {number} says again where an earlier one's mail goes; keep one"
                )
                continue
            routes[name] = _addresses(entries)
            if not entries:
                self.problem("ROUTES", f"entry {number} names no inbox; give it one, or remove it")
            elif not all(map(is_address, entries)):
                self.problem("ROUTES", f"entry {number} names an inbox that is not a mail address")
        return routes

    def telegram(self) -> TelegramSettings | None:
        """Read Telegram's settings; without a token and a chat that can be used there are none."""
        token, thread = self.text("TELEGRAM_BOT_TOKEN"), self.text("TELEGRAM_THREAD_ID")
        named = tuple(dict.fromkeys(self._list("TELEGRAM_CHAT_ID", self._env.get("TELEGRAM_CHAT_ID"))))
        api_url = self._api_url("TELEGRAM_API_URL", "https://api.telegram.org")
        if not token and not named and not thread:
            return None
        if not token:
            self.problem("TELEGRAM_BOT_TOKEN", "is missing: mail-failover chats telegram")
        elif not _TOKEN.fullmatch(token):
            self.problem(
                "TELEGRAM_BOT_TOKEN", "is not a bot's token; set it again as BotFather gave it: 123456789:AA…"
            )
            token = ""
        chats = tuple(filter(_CHAT.fullmatch, named))
        if not named:
            self.problem("TELEGRAM_CHAT_ID", "is missing: TELEGRAM_CHAT_ID=123456789")
        elif chats != named:
            self.problem("TELEGRAM_CHAT_ID", "must be numbers or @names of chats, separated by commas")
        elif len(chats) > MAX_CHATS:
            self.problem(
                "TELEGRAM_CHAT_ID",
                f"names more than {MAX_CHATS} chats, and only so many are told; use a group",
            )
        if thread and not re.fullmatch(r"[0-9]{1,15}", thread):
            self.problem(
                "TELEGRAM_THREAD_ID", "must be a topic's number; leave it out for a chat without topics"
            )
            thread = ""
        return TelegramSettings(token, chats[:MAX_CHATS], thread, api_url) if token and chats else None

    def slack(self) -> SlackSettings | None:
        webhook, token = self.text("SLACK_WEBHOOK_URL"), self.text("SLACK_BOT_TOKEN")
        channel = self.text("SLACK_CHANNEL")
        api_url = self._api_url("SLACK_API_URL", _SLACK).removesuffix("/api")
        match = _WEBHOOK.fullmatch(webhook)
        if match and api_url != _SLACK:
            webhook = api_url + match[1]
        elif webhook and not match and not _LOOPBACK_WEBHOOK.fullmatch(webhook):
            self.problem(
                "SLACK_WEBHOOK_URL",
                "must start with https://hooks.slack.com/services/; copy it again from Slack",
            )
            webhook = ""
        if channel and not token:
            self.problem("SLACK_BOT_TOKEN", "is missing: mail-failover chats slack, or remove SLACK_CHANNEL")
        elif token and not re.fullmatch(r"xox[a-z][\w.-]{5,250}", token):
            self.problem("SLACK_BOT_TOKEN", "is not a bot's token; set it again, it starts with xoxb-")
            token = ""
        elif token and not _SLACK_CHANNEL.fullmatch(channel):
            self.problem(
                "SLACK_CHANNEL",
                "must be the id of the channel the bot posts to: SLACK_CHANNEL=C0123456789",
            )
            token = ""
        return SlackSettings(webhook, token, channel, api_url) if webhook or token else None

    def _api_url(self, variable: str, default: str) -> str:
        value = self.text(variable).rstrip("/")
        if not value:
            return default
        if not _API_URL.fullmatch(value):
            self.problem(
                variable, "must be an https:// address without a query; plain http:// only on this machine"
            )
            return default
        return value

    def _list(self, variable: str, value: object) -> list[str]:
        """Read a list, or text with commas between its entries: both are how people write these variables."""
        if isinstance(value, str):
            parsed = _json(value) if value.lstrip().startswith("[") else None
            value = parsed if isinstance(parsed, list) else re.split(r"[,\s]+", value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            value = [f"{value:.0f}"]
        if value is None:
            return []
        if not isinstance(value, (list, tuple)):
            self.problem(variable, "must be a list, or a text with commas between its entries")
            return []
        texts = [f"{v:.0f}" if isinstance(v, (int, float)) else str(v).strip() for v in value]
        return [text for text in texts if text]


def _addresses(entries: Sequence[str]) -> tuple[str, ...]:
    """Keep the addresses among the entries, each once."""
    found: dict[str, str] = {}
    for entry in filter(is_address, entries):
        found.setdefault(canonical(entry), entry)
    return tuple(found.values())


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
