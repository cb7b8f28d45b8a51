"""Every setting that is documented is read, and does something to a message."""

import asyncio
import json

import pytest

from failover.settings import VARIABLES, Settings
from mail_failover.emulator.chat.webhook import Webhook
from standins.keys import PUBLIC_KEY
from standins.stage import Stage
from standins.virtual import timed
from standins.world import SENDER, play

EVERYTHING = {
    "FALLBACK_INBOXES": ["one@inbox.example", "two@inbox.example"],
    "FALLBACK_MODE": "all",
    "ROUTES": {"bert@example.com": "route@inbox.example"},
    "ALERT_DETAIL": "preview",
    "ALERT_CODES": "show",
    "ALERT_MINUTES": 0,
    "LANGUAGE": "de",
    "OUTAGE_QUIET_HOURS": 1,
    "QUIET": "12:00-12:10 Europe/Berlin",
    "QUIET_ALL": "true",
    "PRIMARY_CHECK": ["mail.example.com:465"],
    "PRIMARY_WATCH": "true",
    "PRIMARY_CHECK_MINUTES": 90,
    "WHEN_PRIMARY_ANSWERS": "defer",
    "SPOOL": "all",
    "SPOOL_TOKEN": "sEcReT-spool-token-of-more-than-thirty-two-bytes",
    "SPOOL_KEY": PUBLIC_KEY,
    "SPOOL_DAYS": 3,
    "SPOOL_MB": 1,
    "MUTE": "@news.example, bulk",
    "BLOCK": ["*@*.spam.example"],
    "BLOCK_TEXT": "Not here.",
    "ALERTS": {"bert@example.com": {"telegram": {"chat": "99"}}},
    "TELEGRAM_BOT_TOKEN": "123456789:sEcReT-telegram-token-0000000000000",
    "TELEGRAM_CHAT_ID": "4711",
    "TELEGRAM_THREAD_ID": 7,
    "TELEGRAM_API_URL": "https://telegram.test.example",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0000/B0000/sEcReT",
    "SLACK_BOT_TOKEN": "xoxb-0000000000-sEcReTbot",
    "SLACK_CHANNEL": "C0123456789",
    "SLACK_API_URL": "https://slack.test.example",
    "NTFY_URL": "https://ntfy.test.example/sEcReT-topic",
    "NTFY_TOKEN": "tk_sEcReT00000000000000000000000",
    "GOTIFY_URL": "https://gotify.test.example",
    "GOTIFY_TOKEN": "AsEcReT.gotify.0",
    "PUSHOVER_TOKEN": "asEcReTapplication000000000000",
    "PUSHOVER_USER": "usEcReTuser0000000000000000000",
    "PUSHOVER_API_URL": "https://pushover.test.example",
    "DISCORD_WEBHOOK_URL": f"https://discord.com/api/webhooks/1100000000000000001/{'sEcReT' * 12}",
    "DISCORD_THREAD_ID": "1200000000000000002",
    "MATTERMOST_WEBHOOK_URL": "https://chat.test.example/hooks/secretsecretsecretsecretse",
    "MATRIX_HOMESERVER": "https://matrix.test.example",
    "MATRIX_ROOM": "!alerts:test.example",
    "MATRIX_TOKEN": "syt_sEcReT_token",
    "WEBHOOK_URL": "https://webhook.test.example/alerts",
    "WEBHOOK_SECRET": Webhook.settings["WEBHOOK_SECRET"],
}
CONTENT = b"From: bank@bank.example\nSubject: Your code\n\nYour code is 739104.\n"


class Asked(dict):
    """Notes which names are asked for."""

    def __init__(self):
        self.names = set()

    def get(self, name, default=None):
        """Note the name."""
        self.names.add(name)
        return default


def test_every_variable_is_read_and_no_other():
    """What is not named there, the Worker never looks up."""
    env = Asked()
    Settings.from_env(env)
    assert env.names == {*VARIABLES} == {*EVERYTHING}
    assert len(VARIABLES) == len(EVERYTHING)


@pytest.mark.parametrize(
    "value",
    [10**400, -(10**400), [10**400], float("inf"), float("nan")],
    ids=["huge", "low", "listed", "inf", "nan"],
)
@pytest.mark.parametrize("name", VARIABLES)
def test_a_number_that_can_not_be_is_no_fault_of_ours(name, value):
    """Python reads one of a TOML file that JavaScript could not; it is a wrong value like any other."""
    settings = Settings.from_env(EVERYTHING | {name: value})
    assert {problem.variable for problem in settings.problems} <= {name, "ALERTS"}


def address(request):
    """Return where a request goes, without what is another's each time: the name of a transaction."""
    return str(request.url).partition("/send/")[0]


def body(request):
    """Return what a request says, but for when it was sent."""
    return {name: value for name, value in json.loads(request.content).items() if name != "timestamp"}


def outcomes(virtual, env):
    """Yield what became of each of four messages, the inboxes with it, the requests, and what was refused.

    Two are for other recipients, one is from a muted sender, and one from a blocked one. Then, what was kept
    of three; and of an outage of two messages, when the object made requests. What is quick comes first.
    """
    for recipient, sender in (
        ("anna@example.com", SENDER),
        ("bert@example.com", SENDER),
        ("anna@example.com", "weekly@news.example"),
        ("anna@example.com", "win@mail.spam.example"),
    ):
        played = virtual(play(env, recipient=recipient, sender=sender, content=CONTENT))
        requests = [(address(r), r.headers.get("authorization"), body(r)) for r in played.requests]
        inboxes = {inbox for inbox, got in played.inboxes.items() if got}
        yield played.status, inboxes, requests, played.seen.rejected
    yield virtual(kept(env))
    yield virtual(outage(env))


async def outage(env):
    """Let two messages come, and the primary answer for half an hour after the outage, but not later.

    Return in which seconds the object asked chats for something, and whether without sound.
    """
    stage = Stage(env)
    async with stage.open():
        await stage.mail(1)
        await asyncio.sleep(5)
        await stage.mail(2)
        await asyncio.sleep(5400)
        stage.greets = {"mail.example.com:465": b"220 ready"}
        await asyncio.sleep(1800)
        stage.greets = {}
        await asyncio.sleep(7200)
    return [(round(at), address(r), b"disable_notification" in r.content) for at, r in stage.requests]


async def kept(env):
    """Let a message come that inboxes take, and two that none takes, a small one and one of over a megabyte.

    Return what their senders are told, what chats show first of them, and how many copies there are.
    """
    stage = Stage(env)
    async with stage.open():
        await stage.mail(1, sender="")
        await asyncio.sleep(240)
        stage.fail("forward=permanent")
        await stage.mail(2, sender="")
        await stage.mail(3, sender="", body="x" * 10**6)
        await asyncio.sleep(60)
        told = [post.seen.splitlines() for _, post in stage.posts]
        async with stage.visit(env.get("SPOOL_TOKEN", "")) as door:
            answer = await door.get("/v1/spool")
            copies = answer.json()["copies"] if answer.status_code == 200 else []
        return [status for _, status in stage.replies], told, [copy["sealed"][:2] for copy in copies]


def test_all_settings_at_once_do_what_they_say(virtual, everything):
    """Two inboxes, a route, every service at an address of the owner's, a topic, a preview with its code."""
    # What is compared below differs by nothing else.
    assert [*outcomes(virtual, EVERYTHING)] == everything
    (status, inboxes, requests, _), bert, muted, blocked, (replies, told, copies), later = everything
    assert (status, inboxes) == ("accepted", {"one@inbox.example", "two@inbox.example"})
    assert bert[:2] == ("accepted", {"route@inbox.example"})
    assert muted == ("accepted", {"one@inbox.example", "two@inbox.example"}, [], None)
    assert blocked == ("rejected", set(), [], "Not here.")
    (telegram, _, message), (webhook, _, _), (bot, token, post), *others = requests
    assert telegram == (
        "https://telegram.test.example/bot123456789:sEcReT-telegram-token-0000000000000/sendMessage"
    )
    assert (message["chat_id"], message["message_thread_id"]) == ("4711", 7)
    assert webhook == "https://slack.test.example/services/T0000/B0000/sEcReT"
    assert bot == "https://slack.test.example/api/chat.postMessage"
    assert (token, post["channel"]) == ("Bearer xoxb-0000000000-sEcReTbot", "C0123456789")
    (
        (ntfy, ntfy_token, published),
        (gotify, _, _),
        (pushover, _, pushed),
        (discord, _, _),
        (mattermost, _, _),
        *others,
    ) = others
    assert (ntfy, ntfy_token) == ("https://ntfy.test.example/", "Bearer tk_sEcReT00000000000000000000000")
    assert published["topic"] == "sEcReT-topic"
    assert gotify == "https://gotify.test.example/message"
    assert pushover == "https://pushover.test.example/1/messages.json"
    assert (pushed["token"][:7], pushed["user"][:7]) == ("asEcReT", "usEcReT")
    assert discord == (
        f"https://discord.com/api/v10/webhooks/1100000000000000001/{'sEcReT' * 12}"
        "?wait=true&thread_id=1200000000000000002"
    )
    assert mattermost == "https://chat.test.example/hooks/secretsecretsecretsecretse"
    (room, access, _), (hook, _, event) = others
    assert room == "https://matrix.test.example/_matrix/client/v3/rooms/%21alerts%3Atest.example"
    assert access == "Bearer syt_sEcReT_token"
    assert (hook, event["type"]) == ("https://webhook.test.example/alerts", "mail.forwarded")
    assert all("739104" in json.dumps(body) for _, _, body in requests)
    # The second message waits until quiet hours are over, three minutes and twenty seconds after the first.
    assert {at for at, url, _ in later if "telegram" in url} >= {4, 200, 3606}
    assert (replies, copies) == (["accepted", "accepted", "deferred"], ["1.", "1."])
    assert "wird 3 Tage aufbewahrt" in str(told)


@pytest.fixture(scope="module")
def everything():
    """Play all settings at once, one time for all tests."""
    # Each play in a loop of its own: in one that goes on, it would be another time of the day.
    return [*outcomes(lambda played: timed(played)[0], EVERYTHING)]


@pytest.mark.parametrize("variable", VARIABLES)
def test_each_setting_changes_what_becomes_of_a_message(virtual, everything, variable):
    """None is only for show; after the first difference nothing more needs to be played."""
    less = {name: value for name, value in EVERYTHING.items() if name != variable}
    assert any(one != other for one, other in zip(outcomes(virtual, less), everything, strict=True))
