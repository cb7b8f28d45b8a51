"""Mattermost's stand-in: it takes and refuses what a webhook does, and reads Slack's markup first."""

import asyncio
import json

import httpx
import pytest

from mail_failover.emulator.chat.failing import FaultyChat
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.emulator.faults import Faults, parse_fault

HOOK = "https://chat.example.com/hooks/examplesecretexamplesecret"


def ask(chat, form, url=HOOK, method="POST"):
    """Send one request into a transport."""
    content = form if isinstance(form, str) else json.dumps(form)

    async def send():
        async with httpx.AsyncClient(transport=chat) as client:
            return await client.request(method, url, content=content)

    return asyncio.run(send())


def test_a_post_is_answered_with_ok():
    """And is aloud, without a place."""
    chat = ChatStandIn()
    answer = ask(chat, {"text": "**Hi** `x`"})
    assert (answer.status_code, answer.text) == (200, "ok")
    [post] = chat.posts
    assert (post.service, post.seen, post.notice, post.live) == ("mattermost", "Hi x", "Hi x", ())
    assert (post.sound, post.place, post.thread, post.edits) == (True, "", "", "")


def test_a_long_text_becomes_several_posts():
    """Each of what the database takes."""
    chat = ChatStandIn()
    ask(chat, {"text": "x" * 16_384})
    assert [len(post.seen) for post in chat.posts] == [16_383, 1]


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ("text=x", 400, "web.incoming_webhook.parse.app_error"),
        ([], 400, "web.incoming_webhook.parse.app_error"),
        ({"text": "x", "chanel": "y"}, 400, "web.incoming_webhook.parse.app_error"),
        ({"text": ""}, 400, "web.incoming_webhook.text.app_error"),
        ({"text": 5}, 400, "web.incoming_webhook.text.app_error"),
        ({}, 400, "web.incoming_webhook.text.app_error"),
    ],
)
def test_mattermost_refuses_by_ids(form, status, error):
    """And nothing is posted."""
    chat = ChatStandIn()
    answer = ask(chat, form)
    assert (answer.status_code, answer.json()["id"], answer.json()["status_code"]) == (status, error, status)
    assert chat.posts == []


@pytest.mark.parametrize(
    ("url", "method", "status"),
    [(HOOK, "GET", 405), (HOOK[:-1], "POST", 400), (HOOK.replace("hooks", "hook"), "POST", 404)],
)
def test_other_calls_are_not_taken(url, method, status):
    """Another method, no webhook of that name, another address."""
    assert ask(ChatStandIn(), {"text": "x"}, url, method).status_code == status


@pytest.mark.parametrize(
    ("text", "seen", "live"),
    [
        ("`<!here>`", "@here", ()),
        ("<!channel>", "@channel", ("@channel",)),
        ("<@abc12>", "@abc12", ("@abc12",)),
        (
            "<http://x.example|Bank>",
            "[Bank](http://x.example)",
            ("[Bank](http://x.example)", "[Bank](http://x.example"),
        ),
        ("`<http://x.example|Bank>`", "[Bank](http://x.example)", ()),
        ("`a <b`\n`c|d`\n`e>`", "a [d\ne](b\nc)", ()),
        ("`@all #tag :tada: $x$ evil.com`", "@all #tag :tada: $x$ evil.com", ()),
        ("see evil.com", "see evil.com", ("evil.com",)),
    ],
)
def test_slacks_markup_is_read_before_markdown(text, seen, live):
    """In code as elsewhere, and across lines, where it would exchange what facts say."""
    chat = ChatStandIn()
    ask(chat, {"text": text})
    [post] = chat.posts
    assert (post.seen, post.live) == (seen, live)


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("401", 401, "api.context.session_expired.app_error"),
        ("403", 403, "web.incoming_webhook.permissions.app_error"),
        ("404", 404, "app.channel.get.existing.app_error"),
        ("500", 500, "app.post.save.app_error"),
        ("invalid", 400, "web.incoming_webhook.invalid.app_error"),
        ("disabled", 501, "web.incoming_webhook.disabled.app_error"),
    ],
)
def test_a_fault_is_answered_in_json(kind, status, error):
    """With an id."""
    chat = ChatStandIn()
    answer = ask(FaultyChat(chat, Faults([parse_fault(f"mattermost={kind}")])), {"text": "x"})
    assert (answer.status_code, answer.json()["id"], chat.posts) == (status, error, [])


def test_the_time_to_wait_is_told_in_a_header():
    """In seconds."""
    answer = ask(FaultyChat(ChatStandIn(), Faults([parse_fault("mattermost=429:7")])), {"text": "x"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
