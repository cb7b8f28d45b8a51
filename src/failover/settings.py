"""Every setting of the Worker: its variables and secrets, checked once, all problems at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from . import alerts, chats, patterns
from .address import canonical, is_address
from .alerts import Audience, Detail
from .chats import (
    DiscordSettings,
    GotifySettings,
    MatrixSettings,
    MattermostSettings,
    NtfySettings,
    PushoverSettings,
    SlackSettings,
    TelegramSettings,
    WebhookSettings,
)
from .primary import Target
from .reading import Problem, Reader, parsed_json
from .zone import Quiet

VARIABLES = (
    "FALLBACK_INBOXES",
    "FALLBACK_MODE",
    "ROUTES",
    "ALERTS",
    "ALERT_DETAIL",
    "ALERT_CODES",
    "ALERT_MINUTES",
    "LANGUAGE",
    "OUTAGE_QUIET_HOURS",
    "QUIET",
    "QUIET_ALL",
    "PRIMARY_CHECK",
    "PRIMARY_WATCH",
    "PRIMARY_CHECK_MINUTES",
    "WHEN_PRIMARY_ANSWERS",
    "SPOOL",
    "SPOOL_TOKEN",
    "SPOOL_KEY",
    "SPOOL_DAYS",
    "SPOOL_MB",
    *patterns.VARIABLES,
    *chats.VARIABLES,
)
"""The names that `Settings.from_env` reads; whoever has the environment need not offer more."""

Mode = Literal["first", "all"]
Language = Literal["en", "de", "fr", "es"]
Kept = Literal["off", "held", "all"]

MAX_TARGETS = 3
"""How many of the primary's ports and pages are asked: each may take its time."""

# 32 random bytes have 43 characters in base64url, and 64 in hex.
# An RSA key of 3072 bits has 564 characters.
_SPOOL_KEY = re.compile(r"MII[A-Za-z0-9+/]{300,1500}={0,2}")
_SPOOL_TOKEN = re.compile(r"[\w-]{43,250}", re.ASCII)
_TARGET = re.compile(
    r"(?P<host>[a-z0-9][a-z0-9.-]{0,252}):(?P<port>[1-9][0-9]{0,4})"
    r"|(?P<https>https://)(?P<name>[a-z0-9][a-z0-9.-]{0,252})(?::[0-9]{1,5})?(?:/[!-~]{0,200})?"
)
_PRIVATE = re.compile(
    r"localhost|.*\.(?:local|lan|internal|home\.arpa)|(?:10|127|0)\..*|192\.168\..*|169\.254\..*"
    r"|172\.(?:1[6-9]|2[0-9]|3[01])\..*|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\..*"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The owner's choices, as far as they can be used, and the `problems` with the others.

    `routes` is keyed by canonical addresses and `@domain`s; one without inboxes has none that can be used.
    `alert_minutes` is the least time between two alerts of messages with sound, `language` what they are
    said in, `quiet_hours` how long nothing is caught before an outage counts as over. In the `quiet` hours
    nothing but an outage's beginning is told with sound, and with `quiet_all` not even that. `primary` is
    what is asked whether the primary is up; with `watch_minutes` it is asked at all times, and told of when
    it did not answer for so long. `defers` tells that a message is deferred once while it answers. `spool`
    tells of which messages a copy is kept, for `spool_days` and within `spool_bytes` a domain, for whoever
    has the `spool_token`; with a `spool_key` only who has the private one can read them. `mute` and `block`
    are patterns of senders, `mute_kinds` kinds of mail: what is muted is not told while an inbox has it, who
    is blocked is refused with `block_text`. `alerts` is keyed like `routes`, and says who is told of whose
    mail; it is None if it can't be read.
    """

    inboxes: tuple[str, ...] = ()
    mode: Mode = "first"
    routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    detail: Detail = "subject"
    show_codes: bool = False
    alert_minutes: int = 10
    language: Language = "en"
    quiet_hours: int = 6
    quiet: Quiet | None = None
    quiet_all: bool = False
    primary: tuple[Target, ...] = ()
    watch_minutes: int | None = None
    defers: bool = False
    spool: Kept = "off"
    spool_token: str = field(default="", repr=False)
    spool_key: str = field(default="", repr=False)
    spool_days: int = 30
    spool_bytes: int = 2000 * 10**6
    mute: tuple[str, ...] = ()
    mute_kinds: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    block_text: str = patterns.TEXT
    telegram: TelegramSettings | None = None
    slack: SlackSettings | None = None
    ntfy: NtfySettings | None = None
    gotify: GotifySettings | None = None
    pushover: PushoverSettings | None = None
    discord: DiscordSettings | None = None
    mattermost: MattermostSettings | None = None
    matrix: MatrixSettings | None = None
    webhook: WebhookSettings | None = None
    alerts: Mapping[str, Audience] | None = field(default_factory=dict)
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
        mute, mute_kinds = patterns.read_mute(reader)
        settings = cls(
            inboxes=inboxes,
            mode=cast("Mode", reader.choice("FALLBACK_MODE", "first", "all")),
            routes=routes,
            detail=cast(
                "Detail", reader.choice("ALERT_DETAIL", "subject", "sender", "preview", wrong="sender")
            ),
            show_codes=reader.choice("ALERT_CODES", "mask", "show") == "show",
            alert_minutes=reader.number("ALERT_MINUTES", 10, 0, 1440),
            language=cast("Language", reader.choice("LANGUAGE", "en", "de", "fr", "es")),
            quiet_hours=reader.number("OUTAGE_QUIET_HOURS", 6, 1, 168),
            quiet=reader.quiet(),
            quiet_all=reader.quiet_all(),
            primary=reader.primary(),
            watch_minutes=reader.watch(),
            defers=reader.defers(),
            spool="off" if spool_key is None else reader.spool(spool_token),
            spool_token=spool_token,
            spool_key=spool_key or "",
            spool_days=reader.number("SPOOL_DAYS", 30, 1, 365),
            spool_bytes=reader.number("SPOOL_MB", 2000, 1, 9000) * 10**6,
            mute=mute,
            mute_kinds=mute_kinds,
            block=patterns.read_block(reader),
            block_text=patterns.read_block_text(reader),
            telegram=chats.read_telegram(reader),
            slack=chats.read_slack(reader),
            ntfy=chats.read_ntfy(reader),
            gotify=chats.read_gotify(reader),
            pushover=chats.read_pushover(reader),
            discord=chats.read_discord(reader),
            mattermost=chats.read_mattermost(reader),
            matrix=chats.read_matrix(reader),
            webhook=chats.read_webhook(reader),
        )
        told = alerts.read_alerts(reader, settings.services, settings.detail)
        return replace(settings, alerts=told, problems=tuple(reader.problems))

    @property
    def services(self) -> Mapping[str, object]:
        """Return the settings of each service that can tell, None where there are none."""
        return {name: getattr(self, name) for name in alerts.SERVICES}


class _Reader(Reader):
    """Reads what is not a channel's."""

    def primary(self) -> tuple[Target, ...]:
        """Read what is asked whether the primary is up: `host:port` or https addresses."""
        targets = []
        entries = self.entries("PRIMARY_CHECK", self.value("PRIMARY_CHECK"))
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

    def quiet(self) -> Quiet | None:
        """Read when nobody wants to be woken; None for never. Whether there is such a zone is not asked."""
        text = self.text("QUIET")
        quiet = Quiet.read(text)
        if text and quiet is None:
            fix = "must be from one time of the day to another, and a time zone; until then it is never quiet"
            self.problem("QUIET", f'{fix}: QUIET="22:00-07:00 Europe/Berlin"')
        return quiet

    def quiet_all(self) -> bool:
        """Read whether not even an outage's beginning is told with sound in quiet hours."""
        everything = self.flag("QUIET_ALL")
        if everything and not self.has("QUIET"):
            self.problem("QUIET", 'is missing: name the hours: QUIET="22:00-07:00 Europe/Berlin"')
        return everything

    def watch(self) -> int | None:
        """Read after how many minutes of silence the primary is told of without mail; None for never."""
        minutes = self.number("PRIMARY_CHECK_MINUTES", 15, 5, 1440)
        watch = self.flag("PRIMARY_WATCH")
        if watch and not self.value("PRIMARY_CHECK"):
            self.problem("PRIMARY_CHECK", 'is missing: name what to watch, like "mail.example.com:465"')
        return minutes if watch else None

    def defers(self) -> bool:
        """Read whether a message is deferred once while the primary answers."""
        defers = self.choice("WHEN_PRIMARY_ANSWERS", "forward", "defer") == "defer"
        if defers and not self.value("PRIMARY_CHECK"):
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
        if kept != "off" and not token and not self.value("SPOOL_TOKEN"):
            self.problem("SPOOL_TOKEN", "is missing, so nothing is kept: mail-failover setup door makes one")
        return cast("Kept", kept) if token else "off"

    def inboxes(self) -> tuple[str, ...]:
        entries = self.entries("FALLBACK_INBOXES", self.value("FALLBACK_INBOXES"))
        for number, entry in enumerate(entries, 1):
            if not is_address(entry):
                fix = f"entry {number} is not a mail address; write it like you@example.net"
                self.problem("FALLBACK_INBOXES", fix)
        return _addresses(entries)

    def routes(self) -> dict[str, tuple[str, ...]]:
        table = self.value("ROUTES")
        if isinstance(table, str) and table.strip():
            table = parsed_json(table)
        if not table:
            return {}
        if not isinstance(table, Mapping):
            fix = 'must be a table: ROUTES=\'{"@example.com": "you@example.net"}\''
            self.problem("ROUTES", fix)
            return {}
        routes: dict[str, tuple[str, ...]] = {}
        for number, (key, value) in enumerate(table.items(), 1):
            name = canonical(str(key))
            entries = self.entries("ROUTES", value)
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


def _addresses(entries: Sequence[str]) -> tuple[str, ...]:
    """Keep the addresses among the entries, each once."""
    found: dict[str, str] = {}
    for entry in filter(is_address, entries):
        found.setdefault(canonical(entry), entry)
    return tuple(found.values())
