"""The webhook's stand-in: it takes what is signed, recent and well-formed, and each event once."""

import asyncio
import json
import time

import httpx
import pytest

from failover.settings import Settings
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.emulator.chat.webhook import Webhook as Receiver
from notify.alert import Alert
from notify.channel import Manner
from notify.webhook import Webhook, signature
from standins.stage import Stage

SETTINGS = Settings.from_env(Receiver.settings).webhook
HOOK = Webhook(SETTINGS.url, SETTINGS.secret)
ALERT = Alert("x", kind="forwarded", data={"subject": "Köln", "inboxes": [{"address": "a@b.example"}]})
EVENT = json.loads(HOOK.render(ALERT).body)


def ask(chat, request, body=None, **headers):
    """Send a request into the stand-in."""

    async def send():
        async with httpx.AsyncClient(transport=chat) as client:
            content = request.body if body is None else body
            return await client.post(request.url, content=content, headers={**request.headers, **headers})

    return asyncio.run(send())


def signed(body, at=None, name="1"):
    """Sign any body."""
    sent = f"{time.time() if at is None else at:.0f}"
    headers = {"webhook-id": name, "webhook-timestamp": sent}
    return headers | {"webhook-signature": signature(HOOK.secret, f"{name}.{sent}.{body}")}


def test_an_event_is_shown_once_whatever_its_tries_say():
    """As lines of its data, with whether people hear of it."""
    chat = ChatStandIn()
    for manner in (Manner(id="1"), Manner(id="1"), Manner(sound=False, id="2")):
        assert ask(chat, HOOK.render(ALERT, manner)).status_code == 204
    assert [(p.service, p.chat, p.live, p.sound) for p in chat.posts] == [
        ("webhook", "receiver", (), True),
        ("webhook", "receiver", (), False),
    ]
    assert chat.posts[0].seen == "mail.forwarded\nsubject: Köln\ninboxes.address: a@b.example"


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
        {"webhook-id": "2"},
        {"webhook-id": "a.b"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "1"},
    ],
)
def test_what_is_not_signed_is_not_taken(headers):
    """Another id, another time, nobody's signature."""
    chat = ChatStandIn()
    assert ask(chat, HOOK.render(ALERT), json.dumps(EVENT), **headers).status_code == 401
    assert chat.posts == []


@pytest.mark.parametrize("seconds", [-310, 310])
def test_what_is_not_recent_is_not_taken(seconds):
    """Though it is signed: somebody may have kept it."""
    chat, body = ChatStandIn(), json.dumps(EVENT)
    assert ask(chat, HOOK.render(ALERT), body, **signed(body, time.time() + seconds)).status_code == 401
    assert ask(chat, HOOK.render(ALERT), body, **signed(body)).status_code == 204


@pytest.mark.parametrize(
    "event",
    [
        *([], {}, "x", EVENT | {"version": 2}, EVENT | {"type": "Mail caught"}, EVENT | {"timestamp": "now"}),
        *(EVENT | {"sound": 1}, EVENT | {"repeat": ""}, EVENT | {"data": []}, EVENT | {"text": "x"}),
    ],
)
def test_a_body_that_is_not_as_documented_is_refused(event):
    """Though it is signed."""
    chat, body = ChatStandIn(), json.dumps(event)
    assert ask(chat, HOOK.render(ALERT), body, **signed(body)).status_code == 400
    assert chat.posts == []


def test_a_signature_among_others_will_do():
    """A secret may change while both are in use."""
    chat, request = ChatStandIn(), HOOK.render(ALERT)
    both = {"webhook-signature": f"v1,AAAA {request.headers['webhook-signature']}"}
    assert ask(chat, request, **both).status_code == 204


def test_what_got_no_answer_is_shown_once_and_what_was_given_up_is_said(virtual):
    """A day without an answer gives an event up; the next one counts it."""

    async def told():
        async with Stage({**Receiver.settings, "ALERT_MINUTES": 0}).open() as stage:
            stage.fail("webhook=lostx3")
            await stage.mail(1)
            await asyncio.sleep(600)
            stage.fail("webhook=410")
            await stage.mail(2)
            await asyncio.sleep(26 * 3600)
            stage.fail()
            await stage.mail(3)
            await asyncio.sleep(7200)
        return [post.seen.splitlines() for _, post in stage.posts]

    first, *others = virtual(told())
    assert first[0] == "mail.forwarded"
    assert "never_told_here: 1" in str(others)
