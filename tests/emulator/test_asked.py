"""Whoever watches is told of each request of the Worker, whatever came of it, and nothing secret."""

import asyncio
import contextlib

import httpx
import pytest

from mail_failover.emulator.chat.asked import Asked
from mail_failover.emulator.chat.failing import FaultyChat
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.emulator.faults import Faults, parse_fault
from mail_failover.emulator.services import PLAYABLE

TELEGRAM = "https://api.telegram.org/bot1:secret/sendMessage?secret=secret"


def told(*requests, faults=(), inner=None):
    """Send requests one after the other, each for 50 ms at most; return what was told of them."""
    heard = []

    async def run():
        stands = inner or httpx.MockTransport(lambda _: httpx.Response(204))
        faulty = FaultyChat(stands, Faults(map(parse_fault, faults)))
        asked = Asked(faulty, lambda *what: heard.append(what))
        async with httpx.AsyncClient(transport=asked) as client:
            for method, url, headers in requests:
                with contextlib.suppress(TimeoutError, httpx.ConnectError):
                    sending = client.request(method, url, headers=headers, content=b"secret")
                    await asyncio.wait_for(sending, 0.05)

    asyncio.run(run())
    assert all(0 <= seconds < 5 for *_, seconds in heard)
    return [what[:-1] for what in heard]


CALLS = [
    ("telegram", "POST", TELEGRAM),
    ("telegram", "POST", "http://127.0.0.1:81/bot1:secret/editMessageText"),
    ("slack", "POST", "https://hooks.slack.com/services/T0/B0/secret"),
    ("slack", "POST", "https://slack.com/api/chat.update"),
    ("ntfy", "POST", "https://ntfy.sh/"),
    ("gotify", "POST", "https://push.example.org/message"),
    ("pushover", "POST", "https://api.pushover.net/1/messages.json"),
    ("discord", "PATCH", "https://discord.com/api/v10/webhooks/1/secret/messages/2"),
    ("mattermost", "POST", "https://chat.example.org/hooks/aaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("matrix", "PUT", "https://matrix.example.org/_matrix/client/v3/rooms/!x/send/m.room.message/1"),
    ("webhook", "POST", "https://anna:secret@webhook.example.org/secret"),
    ("", "GET", "https://mail.example.com/secret"),
]


@pytest.mark.parametrize(("service", "method", "url"), CALLS)
def test_a_request_is_told_by_whom_it_is_for_and_where_it_goes(service, method, url):
    """Neither its path nor its query, its fields, its body."""
    signed = {"webhook-signature": "secret"} if service == "webhook" else {}
    [what] = told((method, url, signed))
    assert what == (service, method, httpx.URL(url).host, 204)


def test_these_are_all_services():
    """Nobody's requests are nameless because nobody thought of them."""
    assert {service for service, *_ in CALLS} == {"", *PLAYABLE}


@pytest.mark.parametrize(
    ("fault", "status"),
    [("500", 500), ("429:7", 429), ("disconnect", 0), ("timeout", 0)],
)
def test_a_fault_is_told_as_the_worker_meets_it(fault, status):
    """An answer, a broken connection, one that the Worker gave up; the next request is another one."""
    again = ("POST", TELEGRAM, {})
    host = "api.telegram.org"
    assert told(again, again, faults=[f"telegram={fault}:x1"]) == [
        ("telegram", "POST", host, status),
        ("telegram", "POST", host, 204),
    ]


def test_what_the_stand_in_refuses_is_told_with_its_status():
    """As an answer."""
    assert told(("POST", TELEGRAM, {}), inner=ChatStandIn()) == [
        ("telegram", "POST", "api.telegram.org", 400)
    ]


def test_an_error_of_ours_is_told_as_no_answer_and_stays_an_error():
    """Whoever asked has to hear of it."""
    heard = []

    def fail(_request):
        raise ZeroDivisionError

    async def run():
        asked = Asked(httpx.MockTransport(fail), lambda *what: heard.append(what[:-1]))
        async with httpx.AsyncClient(transport=asked) as client:
            await client.get("https://example.org/")

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())
    assert heard == [("", "GET", "example.org", 0)]
