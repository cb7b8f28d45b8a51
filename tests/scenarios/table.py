"""What has to come of a message, as data: one table for every runtime.

A scenario is an envelope, a message, settings and faults; `expect` says what must come of it. The players
(CPython, Pyodide, the real runtime) bring back a `Played`, and `check` compares. To add a scenario, add data.
"""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from failover.delivery import mark_of, mark_of_copy
from failover.patterns import TEXT
from mail_failover.emulator.chat.webhook import Webhook as Receiver
from standins.judges import webhook_accepts
from standins.watch import Seen

ONE, TWO, ROUTE = "one@inbox.example", "two@inbox.example", "route@inbox.example"
VERIFIED = (ONE, TWO, ROUTE)
SENDER = "booking@hotel.example"
RECIPIENT = "anna@example.com"
SECRET = "sEcReT"
MEMORY = 1 << 19
"""What the Worker may take for a message of any size, in bytes."""

INBOXES: dict[str, Any] = {"FALLBACK_INBOXES": [ONE, TWO]}
TELEGRAM = {"TELEGRAM_BOT_TOKEN": "123456789:sEcReT-telegram-token-0000000000000", "TELEGRAM_CHAT_ID": "4711"}
WEBHOOK = {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0000/B0000/sEcReTwebhook000000000000"}
BOT = {"SLACK_BOT_TOKEN": "xoxb-0000000000-sEcReTbot", "SLACK_CHANNEL": "C0123456789"}
DISCORD = {
    "DISCORD_WEBHOOK_URL": f"https://discord.com/api/webhooks/1100000000000000001/{'sEcReT' * 11}",
    "DISCORD_THREAD_ID": "1200000000000000002",
}
MATTERMOST = {"MATTERMOST_WEBHOOK_URL": "https://chat.example.com/hooks/secretsecretsecretsecretse"}
MATRIX = {
    "MATRIX_HOMESERVER": "https://matrix.example.org",
    "MATRIX_ROOM": "!alerts:example.org",
    "MATRIX_TOKEN": "syt_sEcReT_token",
}
PROGRAM = {
    "WEBHOOK_URL": "https://webhook.example.org/sEcReT/alerts",
    "WEBHOOK_SECRET": Receiver.settings["WEBHOOK_SECRET"],
}
USUAL = INBOXES | TELEGRAM | WEBHOOK
NTFY = {"NTFY_URL": "https://ntfy.sh/sEcReT-topic", "NTFY_TOKEN": "tk_sEcReT00000000000000000000000"}
GOTIFY = {"GOTIFY_URL": "https://gotify.example", "GOTIFY_TOKEN": "AsEcReTsEcReT00"}
PUSHOVER = {
    "PUSHOVER_TOKEN": "asEcReT00000000000000000000000",
    "PUSHOVER_USER": "usEcReT00000000000000000000000",
}
PUSHED = NTFY | GOTIFY | PUSHOVER
SPOOL = {"SPOOL_TOKEN": "sEcReT-of-the-spool-which-is-long-enough-00000"}


_PATHS = {
    "/sendMessage": "telegram",
    "/": "ntfy",
    "/message": "gotify",
    "/messages.json": "pushover",
    "/alerts": "webhook",
}
_FOLDERS = {"webhooks": "discord", "hooks": "mattermost", "_matrix": "matrix"}


@dataclass(frozen=True)
class Expect:
    """What must come of a scenario.

    `inboxes` have the message, the others don't. `told` counts the posts that people see, by service;
    `seen` must stand in each of them, `unsent` in no request at all. `requests` counts what was sent, by
    service. `log` must be in the log line. `marks` are the recipients whose marks a forwarded copy carries.
    `raised` names the exception that makes the sender keep the message.
    """

    status: str = "accepted"
    inboxes: tuple[str, ...] = (ONE,)
    told: dict[str, int] = field(default_factory=lambda: {"telegram": 1, "slack": 1})
    requests: dict[str, int] | None = None
    seen: tuple[str, ...] = ()
    unsent: tuple[str, ...] = ()
    log: dict[str, Any] = field(default_factory=dict)
    marks: tuple[str, ...] = (RECIPIENT,)
    raised: str = ""


@dataclass(frozen=True)
class Scenario:
    """One message, and what must come of it.

    `slow` ones wait: a player may speed up its clock for them. `chunk` is the most that the message's stream
    hands over at once, in bytes, where a player decides that. `spool` names of which messages a copy is kept:
    that takes an object. `trace` is what the edge puts on top, if not what the emulator does.
    """

    name: str
    expect: Expect
    env: dict[str, Any] = field(default_factory=lambda: USUAL)
    content: bytes = b""
    sender: str = SENDER
    recipient: str = RECIPIENT
    faults: tuple[str, ...] = ()
    slow: bool = False
    chunk: int = 4096
    spool: str = ""
    trace: bytes = b""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Played:
    """What a player brings back.

    `reason` is what the handler raised, by name and in words; `requests` are URL and parsed body of what the
    Worker sent to chats; `seen` is missing where the player can't watch. `by_object` tells that an object
    told people.
    """

    status: str
    reason: str
    inboxes: dict[str, list[bytes]]
    requests: list[tuple[str, dict[str, Any]]]
    posts: list[Any]
    printed: list[str]
    rejected: str | None = None
    seen: Seen | None = None
    by_object: bool = False


def check(scenario: Scenario, played: Played) -> None:
    """Compare what came of a scenario with what must have come of it, and with what must hold for all."""
    expect = scenario.expect
    assert played.status == expect.status, played.reason
    # A rejection is none only if nobody asked for it, whatever else outweighed it.
    assert (played.rejected is None) == (expect.status != "rejected")
    assert played.reason.partition(":")[0].rpartition(".")[2] == expect.raised
    assert sorted(played.inboxes) == sorted(expect.inboxes)
    for inbox, [copy] in played.inboxes.items():
        assert copy.endswith(scenario.content)
        added = copy[: len(copy) - len(scenario.content)].lower().decode()
        [marks] = re.findall(r"\r\nx-mail-failover: ([0-9a-f ]+)\r\n", added)
        recipients, copies = marks.split()[: len(expect.marks)], marks.split()[len(expect.marks) :]
        assert recipients == list(map(mark_of, expect.marks))
        assert mark_of_copy(scenario.recipient, inbox) in copies

    lines = [json.loads(text) for text in played.printed]
    [line] = [line for line in lines if line["event"] == "message"]
    channels = [channel for each in lines for channel in each.get("channels", [])]
    line |= {"channels": channels}
    assert line | expect.log == line
    if blocked := line["outcome"] == "blocked":
        assert played.rejected == scenario.env.get("BLOCK_TEXT", TEXT)
        assert line["counted"] is played.by_object
    assert bool(line.get("outbox")) is (played.by_object and not blocked)
    assert bool(line.get("direct")) is not (played.by_object or blocked)
    assert {"event", "size", "message", "outcome", "counted" if blocked else "alert_ms"} <= line.keys()

    assert Counter(post.service for post in played.posts) == expect.told
    for post in played.posts:
        assert post.live == ()
        for text in expect.seen:
            assert text in post.seen
    sent = Counter(_service(url) for url, _ in played.requests)
    for url, body in played.requests:
        if _service(url) == "webhook":
            webhook_accepts(body)
    assert sent == (expect.told if expect.requests is None else expect.requests)
    assert len(played.requests) <= 20
    destinations = Counter((url, body.get("chat_id")) for url, body in played.requests)
    assert max(destinations.values(), default=0) <= 3
    bodies = json.dumps([body for _, body in played.requests], ensure_ascii=False)
    for text in expect.unsent:
        assert text not in bodies

    said = "".join(played.printed) + played.reason
    for text in (SECRET, "@", "Buchung", "freuen"):
        assert text not in said
    if played.seen:
        _check_seen(scenario, played.seen, line["size"])


def _service(url: str) -> str:
    """Name the service that a request is for, by a folder or the end of its path."""
    *folders, end = urlsplit(url).path.split("/")
    found = [_FOLDERS[folder] for folder in folders if folder in _FOLDERS]
    return found[0] if found else _PATHS.get(f"/{end}", "slack")


def _check_seen(scenario: Scenario, seen: Seen, size: int) -> None:
    # First the message is safe, then it is read, then people are told.
    steps = ["read", "forward", "request"] if scenario.spool == "all" else ["forward", "read", "request"]
    assert seen.order == sorted(seen.order, key=steps.index)
    if scenario.spool:
        assert seen.pulled == size
        return
    assert seen.pulled <= 64 * 1024 + scenario.chunk
    assert seen.called_off == (0 < seen.pulled < size)
    assert seen.peak < MEMORY


def hashed(message_id: str) -> str:
    """Return what the log line shows of a Message-ID."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:16]


def mail(number: int, *fields: str, body: str = "Wir freuen uns auf Sie.\r\n", **replaced: str) -> bytes:
    """Build a message with its own Message-ID; `fields` come on top, `replaced` replace."""
    usual = {
        "From": "=?utf-8?q?Hotel_L=C3=B6we?= <booking@hotel.example>",
        "To": "Anna <anna@example.com>",
        "Subject": "=?utf-8?q?Ihre_Buchung_in_K=C3=B6ln?=",
        "Date": "Tue, 24 Nov 2026 19:59:00 +0100",
        "Message-ID": f"<{number}@hotel.example>",
    } | replaced
    lines = [*fields, *(f"{name}: {value}" for name, value in usual.items()), "", body]
    return "\r\n".join(lines).encode()


def trace(mailfrom: str, dmarc: str = "") -> bytes:
    """Build what the edge puts on top of a message from the hotel: its verdicts, unless DMARC's is empty."""
    checks = (
        "mx.cloudflare.net;\r\n\tdkim=none;"
        f"\r\n\tdmarc={dmarc} header.from=hotel.example policy.dmarc=none;"
        f"\r\n\tspf=pass (mx.cloudflare.net: domain of {mailfrom}) smtp.mailfrom={mailfrom}"
    )
    lines = [
        "Received: from mail.example (192.0.2.1)\r\n\tby cloudflare-email.net (cloudflare) id GY1KdjWjOU9O",
        "\tfor <anna@example.com>; Tue, 24 Nov 2026 19:59:01 +0000",
    ]
    if dmarc:
        lines += [f"ARC-Authentication-Results: i=1; {checks}", f"Authentication-Results: {checks}"]
    return "".join(f"{line}\r\n" for line in lines).encode()


_MULTIPART = """\
--=_b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

V2lyIGZyZXVlbiB1bnMgYXVmIFNpZSBpbiBLw7Zsbi4=
--=_b
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename*=UTF-8''Best%C3%A4tigung.pdf

JVBERi0xLjQK
--=_b--
""".replace("\n", "\r\n")

_BLOCKING = USUAL | {"BLOCK": "booking@hotel.example"}
_CHATS_DOWN = {"telegram": 3, "slack": 3}
_PUSHED_ONCE = {"ntfy": 1, "gotify": 1, "pushover": 1}

SCENARIOS = [
    Scenario(
        "a message is forwarded and told",
        Expect(
            seen=(
                "Caught a message",
                RECIPIENT,
                "Hotel Löwe",
                "Ihre Buchung in Köln",
                "2026-11-24 19:59",
                ONE,
            ),
            unsent=("freuen",),
            log={"outcome": "forwarded", "inboxes": 1, "accepted": 1, "forwards": ["delivered"]},
        ),
        content=mail(1),
    ),
    Scenario(
        "every inbox gets it in mode all",
        Expect(inboxes=(ONE, TWO), log={"accepted": 2}),
        env=USUAL | {"FALLBACK_MODE": "all"},
        content=mail(2),
    ),
    Scenario(
        "a route wins over the fallback, and detail and case don't matter",
        Expect(inboxes=(ROUTE,), marks=("anna+urlaub@example.com",), seen=("Anna+Urlaub@Example.COM",)),
        env=USUAL | {"ROUTES": {RECIPIENT: ROUTE, "@example.com": [TWO]}},
        recipient="Anna+Urlaub@Example.COM",
        content=mail(3),
    ),
    Scenario(
        "settings may be texts instead of tables and lists",
        Expect(inboxes=(ROUTE,)),
        env=USUAL | {"FALLBACK_INBOXES": f"{ONE}, {TWO}", "ROUTES": json.dumps({"@example.com": ROUTE})},
        content=mail(4),
    ),
    Scenario(
        "a bounce has no sender",
        Expect(seen=("none: this is a bounce",)),
        sender="",
        content=mail(5),
    ),
    Scenario(
        "international addresses work",
        Expect(marks=("änne@münchen.example",), seen=("änne@münchen.example",)),
        sender="jürgen@müller.example",
        recipient="änne@münchen.example",
        content=mail(6),
    ),
    Scenario(
        "the second inbox takes what the first refuses",
        Expect(inboxes=(TWO,), log={"forwards": ["permanent", "delivered"]}, seen=("permanent error (550)",)),
        faults=("forward=permanent:x1",),
        content=mail(7),
    ),
    Scenario(
        "an inbox that has the message already counts as delivered",
        Expect(log={"forwards": ["already delivered"], "accepted": 1}),
        faults=("forward=already",),
        content=mail(8),
    ),
    Scenario(
        "when no inbox accepts, the sender keeps it",
        Expect(
            "deferred",
            inboxes=(),
            seen=("Could not hand on a message", "The sender will retry"),
            log={"outcome": "deferred", "forwards": ["temporary", "temporary"], "accepted": 0},
            raised="DeliveryError",
        ),
        faults=("forward=transient",),
        content=mail(9),
    ),
    Scenario(
        "an unverified inbox defers and says what to do",
        Expect(
            "deferred",
            inboxes=(),
            seen=("verification mail",),
            log={"forwards": ["misconfigured"] * 2},
            raised="DeliveryError",
        ),
        faults=("forward=unverified",),
        content=mail(10),
    ),
    Scenario(
        "inboxes that hang defer in time",
        Expect(
            "deferred",
            inboxes=(),
            seen=("no answer within 11 s",),
            log={"forwards": ["no answer"] * 2},
            raised="DeliveryError",
        ),
        faults=("forward=hang",),
        content=mail(11),
        slow=True,
    ),
    Scenario(
        "an inbox that is slower than its share is waited for",
        Expect(seen=("Caught a message",), log={"outcome": "forwarded", "accepted": 1}),
        env=USUAL | {"FALLBACK_INBOXES": [ONE, "x@inbox.example", "y@inbox.example"]},
        faults=("forward=late:9:x1", "forward=hang"),
        content=mail(30),
        slow=True,
    ),
    Scenario(
        "a message that comes back is accepted and stops",
        Expect(inboxes=(), seen=("came back",), log={"outcome": "returned"}),
        content=mail(12, f"X-Mail-Failover: {mark_of(RECIPIENT)}"),
    ),
    Scenario(
        "another recipient's mark does not stop it",
        Expect(marks=("bert@example.org", RECIPIENT)),
        content=mail(13, f"X-Mail-Failover: {mark_of('bert@example.org')}"),
    ),
    Scenario(
        "a message that comes back from the first inbox goes to the second",
        Expect(inboxes=(TWO,), marks=(RECIPIENT,), log={"outcome": "forwarded", "inboxes": 1}),
        content=mail(34, f"X-Mail-Failover: {mark_of(RECIPIENT)} {mark_of_copy(RECIPIENT, ONE)}"),
    ),
    Scenario(
        "a message that comes back from every inbox is accepted and stops",
        Expect(inboxes=(), seen=("came back",), log={"outcome": "returned"}),
        content=mail(
            35,
            f"X-Mail-Failover: {mark_of(RECIPIENT)} {mark_of_copy(RECIPIENT, ONE)}",
            f"X-Mail-Failover: {mark_of_copy(RECIPIENT, TWO)}",
        ),
    ),
    Scenario(
        "settings of chats and wording that are wrong hold no mail up, and whoever can be told is",
        Expect(
            told={"slack": 1},
            seen=(
                *("Caught a message", "ALERT_CODES", "FALLBACK_MODE", "TELEGRAM_BOT_TOKEN"),
                "correct .dev.vars or wrangler.toml, then: mail-failover deploy",
            ),
            log={
                "outcome": "forwarded",
                "misconfigured": ["ALERT_CODES", "FALLBACK_MODE", "TELEGRAM_BOT_TOKEN"],
            },
        ),
        env=INBOXES | WEBHOOK | {"FALLBACK_MODE": "both", "ALERT_CODES": "hide", "TELEGRAM_CHAT_ID": 4711},
        content=mail(14),
    ),
    Scenario(
        "a detail that is none shows the least",
        Expect(seen=("booking@hotel.example", "ALERT_DETAIL"), unsent=("Buchung", "freuen")),
        env=USUAL | {"ALERT_DETAIL": "subjekt"},
        content=mail(36),
    ),
    Scenario(
        "a topic that is none is left out, and the chat is told",
        Expect(seen=("Caught a message", "TELEGRAM_THREAD_ID")),
        env=USUAL | {"TELEGRAM_THREAD_ID": "#general"},
        content=mail(37),
    ),
    Scenario(
        "without a chat that can be used mail is forwarded, and the log says why nobody is told",
        Expect(told={}, log={"outcome": "forwarded", "misconfigured": ["TELEGRAM_CHAT_ID"], "channels": []}),
        env=INBOXES | TELEGRAM | {"TELEGRAM_CHAT_ID": ""},
        content=mail(38),
    ),
    Scenario(
        "of several inboxes those that can be used are",
        Expect(inboxes=(TWO,), seen=("FALLBACK_INBOXES",), log={"misconfigured": ["FALLBACK_INBOXES"]}),
        env=USUAL | {"FALLBACK_INBOXES": ["one.inbox.example", TWO]},
        content=mail(39),
    ),
    Scenario(
        "a wrong entry of the routes makes its own recipient's mail wait",
        Expect(
            "deferred",
            inboxes=(),
            seen=("Mail waits", "ROUTES"),
            unsent=("Buchung",),
            log={"outcome": "deferred", "misconfigured": ["ROUTES"], "inboxes": 0},
            raised="DeliveryError",
        ),
        env=USUAL | {"ROUTES": {RECIPIENT: "route", "@example.com": ROUTE}},
        content=mail(40),
    ),
    Scenario(
        "a wrong entry of the routes leaves all other mail alone",
        Expect(inboxes=(ROUTE,), marks=("bert@example.com",), seen=("ROUTES",)),
        env=USUAL | {"ROUTES": {RECIPIENT: "none", "@example.com": ROUTE}},
        recipient="bert@example.com",
        content=mail(41),
    ),
    Scenario(
        "without an inbox that can be used mail waits, and whoever can be told is",
        Expect(
            "deferred",
            inboxes=(),
            told={"slack": 1},
            seen=("Mail waits", "FALLBACK_INBOXES", "TELEGRAM_CHAT_ID"),
            log={"outcome": "deferred", "misconfigured": ["FALLBACK_INBOXES", "TELEGRAM_CHAT_ID"]},
            raised="DeliveryError",
        ),
        env=WEBHOOK | TELEGRAM | {"FALLBACK_INBOXES": "nonsense", "TELEGRAM_CHAT_ID": "me and you"},
        content=mail(42),
    ),
    Scenario(
        "without a channel mail is forwarded all the same",
        Expect(told={}, log={"channels": []}),
        env=INBOXES,
        content=mail(15),
    ),
    Scenario(
        "the detail sender tells nothing of the content",
        Expect(seen=("booking@hotel.example",), unsent=("Buchung", "freuen")),
        env=USUAL | {"ALERT_DETAIL": "sender"},
        content=mail(16),
    ),
    Scenario(
        "a preview shows text and attachments",
        Expect(seen=("Wir freuen uns auf Sie in Köln.", "Bestätigung.pdf")),
        env=USUAL | {"ALERT_DETAIL": "preview"},
        content=mail(17, 'Content-Type: multipart/mixed; boundary="=_b"', body=_MULTIPART),
    ),
    Scenario(
        "codes and links are masked",
        Expect(seen=("•••",), unsent=("482913", "evil.example")),
        env=USUAL | {"ALERT_DETAIL": "preview"},
        content=mail(18, Subject="Your code is 482913", body="Go to https://evil.example/482913 now.\r\n"),
    ),
    Scenario(
        "a hostile message stays text",
        Expect(seen=("<!channel> <b>x</b> @anna",)),
        content=mail(19, Subject="<!channel> <b>x</b> @anna \u202e`*_~", From='"a@b.example" <c@d.example>'),
    ),
    Scenario(
        "a large message is read no further than its beginning",
        Expect(seen=("MB",)),
        content=mail(20, body="x" * 1_500_000 + "\r\n"),
    ),
    Scenario(
        "of a large piece of a message no more is taken than its beginning",
        Expect(seen=("MB",)),
        content=mail(31, body="x" * 3_000_000 + "\r\n"),
        chunk=1 << 21,
    ),
    Scenario(
        "a bot posts to its channel",
        Expect(told={"slack": 1}, seen=("Ihre Buchung in Köln",)),
        env=INBOXES | BOT,
        content=mail(21),
    ),
    Scenario(
        "several chats are several destinations",
        Expect(told={"telegram": 3}),
        env=INBOXES | TELEGRAM | {"TELEGRAM_CHAT_ID": [1, "2", -100333]},
        content=mail(22),
    ),
    Scenario(
        "refused markup is sent again without",
        Expect(requests={"telegram": 2, "slack": 2}, seen=("Ihre Buchung in Köln",)),
        faults=("telegram=badhtml:x1", "slack=badblocks:x1"),
        content=mail(23),
    ),
    Scenario(
        "a topic that is gone is left out",
        Expect(requests={"telegram": 2, "slack": 1}, seen=("Ihre Buchung in Köln",)),
        env=USUAL | {"TELEGRAM_THREAD_ID": 42},
        faults=("telegram=thread",),
        content=mail(34),
    ),
    Scenario(
        'the topic "General" needs no name',
        Expect(seen=("Ihre Buchung in Köln",)),
        env=USUAL | {"TELEGRAM_THREAD_ID": 1},
        content=mail(35),
    ),
    Scenario(
        "webhooks of Discord and Mattermost show the same facts, and a hostile message stays text",
        Expect(
            told={"discord": 1, "mattermost": 1},
            seen=("Caught a message", "@everyone <b>x</b>", RECIPIENT, ONE),
            log={"outcome": "forwarded", "accepted": 1},
        ),
        env=INBOXES | DISCORD | MATTERMOST,
        content=mail(43, Subject="@everyone <b>x</b> || [a](http://evil.example) discord.gg/x"),
    ),
    Scenario(
        "a thread of Discord's that is gone is left out, and what is broken for good is asked once",
        Expect(told={"discord": 1}, requests={"discord": 2, "mattermost": 1}),
        env=INBOXES | DISCORD | MATTERMOST,
        faults=("discord=thread", "mattermost=disabled"),
        content=mail(44),
    ),
    Scenario(
        "Discord names a short wait in fractions of a second, Mattermost in seconds",
        Expect(told={"discord": 1, "mattermost": 1}, requests={"discord": 2, "mattermost": 2}),
        env=INBOXES | DISCORD | MATTERMOST,
        faults=("discord=429:1:x1", "mattermost=429:1:x1"),
        content=mail(45),
        slow=True,
    ),
    Scenario(
        "a wrong token is asked once and reported",
        Expect(told={}, requests={"telegram": 1, "slack": 1}),
        faults=("telegram=401", "slack=403"),
        content=mail(24),
    ),
    Scenario(
        "a short wait is waited",
        Expect(requests={"telegram": 2, "slack": 2}),
        faults=("telegram=429:1:x1", "slack=429:1:x1"),
        content=mail(25),
        slow=True,
    ),
    Scenario(
        "a long wait is not",
        Expect(told={}, requests={"telegram": 1, "slack": 1}),
        faults=("telegram=429:300", "slack=429:300"),
        content=mail(26),
    ),
    Scenario(
        "a broken service is asked three times",
        Expect(told={}, requests=_CHATS_DOWN),
        faults=("telegram=500", "slack=500"),
        content=mail(27),
        slow=True,
    ),
    Scenario(
        "a broken connection is tried again",
        Expect(requests={"telegram": 2, "slack": 2}),
        faults=("telegram=disconnect:x1", "slack=disconnect:x1"),
        content=mail(28),
        slow=True,
    ),
    Scenario(
        "silence is asked again, and the repeat says so",
        Expect(requests={"telegram": 2, "slack": 2}, seen=("This may be a repeat",)),
        faults=("telegram=timeout:x1", "slack=timeout:x1"),
        content=mail(29),
        slow=True,
    ),
    Scenario(
        "apps that show plain text get nothing that they could make a link of",
        Expect(
            told=_PUSHED_ONCE,
            seen=("Caught a message", "evil.example <b>x</b> @anna", ONE),
            unsent=("evil.example",),
        ),
        env=INBOXES | PUSHED,
        content=mail(43, Subject="evil.example <b>x</b> @anna"),
    ),
    Scenario(
        "apps whose settings their service does not accept are asked once",
        Expect(told={}, requests=_PUSHED_ONCE),
        env=INBOXES | PUSHED,
        faults=("ntfy=403", "gotify=401", "pushover=401"),
        content=mail(44),
    ),
    Scenario(
        "apps that take no more for the day or the month are asked once",
        Expect(told={}, requests=_PUSHED_ONCE),
        env=INBOXES | PUSHED,
        faults=("ntfy=quota", "gotify=429:300", "pushover=429"),
        content=mail(45),
    ),
    Scenario(
        "apps are told in the end, whatever failed first",
        Expect(told=_PUSHED_ONCE, requests={"ntfy": 2, "gotify": 2, "pushover": 2}),
        env=INBOXES | PUSHED,
        faults=("ntfy=500:x1", "gotify=disconnect:x1", "pushover=timeout:x1"),
        content=mail(46),
        slow=True,
    ),
    Scenario(
        "a Matrix room and a program are told",
        Expect(told={"matrix": 1, "webhook": 1}, seen=("Ihre Buchung in Köln", ONE), unsent=("freuen",)),
        env=INBOXES | MATRIX | PROGRAM,
        content=mail(47),
    ),
    Scenario(
        "who tells tries of one alert from another takes it once, though its answer was lost",
        Expect(told={"matrix": 1, "webhook": 1}, requests={"matrix": 2, "webhook": 2}),
        env=INBOXES | MATRIX | PROGRAM,
        faults=("matrix=lost:x1", "webhook=lost:x1"),
        content=mail(48),
        slow=True,
    ),
    Scenario(
        "a homeserver and a program that are busy, and then out of order, are asked again",
        Expect(told={"matrix": 1, "webhook": 1}, requests={"matrix": 3, "webhook": 3}),
        env=INBOXES | MATRIX | PROGRAM,
        faults=("matrix=429:1:x1", "matrix=500:x1", "webhook=429:1:x1", "webhook=500:x1"),
        content=mail(49),
        slow=True,
    ),
    Scenario(
        "a room that the account is not in and a program that wants no more are asked once and reported",
        Expect(told={}, requests={"matrix": 1, "webhook": 1}),
        env=INBOXES | MATRIX | PROGRAM,
        faults=("matrix=403", "webhook=410"),
        content=mail(50),
    ),
    Scenario(
        "a message without a header is told by its envelope",
        Expect(seen=(RECIPIENT, SENDER), log={"message": ""}),
        content=b"\r\njust text\r\n",
    ),
    # The Message-ID is what the Worker takes from the runtime's headers, the Subject what it reads itself.
    Scenario(
        "header fields in raw UTF-8 are read as such",
        Expect(
            seen=("Buchung in Köln für 90 €", "Hotel Löwe"),
            log={"message": hashed("<32.köln@hotel.example>")},
        ),
        content=mail(
            32,
            **{
                "Subject": "Buchung in Köln für 90 €",
                "From": "Hotel Löwe <booking@hotel.example>",
                "Message-ID": "<32.köln@hotel.example>",
            },
        ),
    ),
    Scenario(
        "header fields in another 8-bit charset are read as well as they can be",
        Expect(seen=("Buchung in Köln",), log={"message": hashed("<33.k\ufffdln@hotel.example>")}),
        content=mail(33, **{"Subject": "Buchung in Köln", "Message-ID": "<33.köln@hotel.example>"})
        .decode()
        .encode("latin-1"),
    ),
    Scenario(
        "a message that no inbox takes is held",
        Expect(
            inboxes=(),
            seen=("No inbox took a message: it is held", "Buchung in Köln", "Not accepted by"),
            log={"outcome": "held", "spool": "kept", "forwards": ["temporary", "temporary"]},
        ),
        env=USUAL | SPOOL,
        content=mail(34),
        faults=("forward=transient",),
        spool="held",
    ),
    Scenario(
        "a message for which no inbox is set is held",
        Expect(
            inboxes=(),
            seen=("No inbox took a message: it is held", "Buchung in Köln", "No inbox is set"),
            log={"outcome": "held", "spool": "kept", "forwards": []},
        ),
        env=TELEGRAM | WEBHOOK | SPOOL | {"ROUTES": {"@elsewhere.example": ONE}},
        content=mail(35),
        spool="held",
    ),
    Scenario(
        "a copy is kept before the message is forwarded, where all are",
        Expect(
            seen=("Caught a message", "Buchung in Köln", ONE),
            log={"outcome": "forwarded", "spool": "kept"},
        ),
        env=USUAL | SPOOL | {"SPOOL": "all"},
        content=mail(36, body="x" * 2_500_000),
        spool="all",
    ),
    Scenario(
        "a blocked envelope sender is refused for good, and nobody is told",
        Expect("rejected", inboxes=(), told={}, log={"outcome": "blocked", "by": "envelope"}),
        env=USUAL | {"BLOCK": ["*@*.shop.example", "@hotel.example"], "BLOCK_TEXT": "Not here, thank you."},
        content=mail(37),
    ),
    Scenario(
        "a blocked From is refused where the edge vouches for it",
        Expect("rejected", inboxes=(), told={}, log={"outcome": "blocked", "by": "from"}),
        env=_BLOCKING,
        content=mail(38),
        sender="bounce@mailer.example",
        trace=trace("bounce@mailer.example", "pass"),
    ),
    Scenario(
        "a blocked From is forwarded where DMARC fails",
        Expect(log={"outcome": "forwarded"}),
        env=_BLOCKING,
        content=mail(39),
        sender="bounce@mailer.example",
        trace=trace("bounce@mailer.example", "fail"),
    ),
    Scenario(
        "a blocked From is forwarded where its sender vouches for it",
        Expect(log={"outcome": "forwarded"}),
        env=_BLOCKING,
        content=trace("bounce@mailer.example", "pass") + mail(40),
        sender="bounce@mailer.example",
    ),
    Scenario(
        "a blocked From is forwarded where the edge says nothing, and only its sender does",
        Expect(log={"outcome": "forwarded"}),
        env=_BLOCKING,
        content=mail(41, "Authentication-Results: mx.cloudflare.net; dmarc=pass header.from=hotel.example"),
        sender="bounce@mailer.example",
        trace=trace("bounce@mailer.example"),
    ),
    Scenario(
        "an empty message is forwarded",
        Expect(seen=(RECIPIENT, SENDER)),
        content=b"\r\n",
    ),
]
