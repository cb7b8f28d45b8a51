"""The stand-ins for ntfy, Gotify and Pushover: they take and refuse what the services do."""

import asyncio
import json

import httpx
import pytest

from failover.settings import Settings
from mail_failover.emulator.chat.failing import FaultyChat
from mail_failover.emulator.chat.further import KINDS as SERVICES
from mail_failover.emulator.chat.links import plain_links
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.emulator.faults import KINDS, Faults, parse_fault
from notify.alert import Alert, Field
from notify.channel import ALOUD, ChannelError, Manner, Response
from notify.gotify import Gotify
from notify.ntfy import Ntfy
from notify.pushover import Pushover

KEY = "x" * 30
SILENCE = ("timeout", "disconnect")
CHANNELS = {
    "ntfy": Ntfy("https://ntfy.example", "my-topic", "tk_abc"),
    "gotify": Gotify("https://gotify.example", "Aabcdefghijklmn"),
    "pushover": Pushover(KEY, KEY),
}
FIELDS = (Field("From", "Bank <https://evil.example> & Co"), Field("Subject", "evil.com *now* @all 10.0.0.1"))


def post(chat, request, **replaced):
    """Send a channel's request into the stand-in, with parts of its message replaced."""
    message = json.loads(request.body) | replaced
    content = json.dumps({name: value for name, value in message.items() if value is not None})
    return ask(chat, request.url, content, request.headers)


def ask(chat, url, content, headers):
    """Send one request into the stand-in."""

    async def send():
        async with httpx.AsyncClient(transport=chat) as client:
            return await client.post(url, content=content, headers=headers)

    return asyncio.run(send())


def deliver(chat, channel, alert, manner=ALOUD):
    """Send an alert through a channel; return what it makes of the answer."""
    answer = post(chat, channel.render(alert, manner))
    return channel.read(Response(answer.status_code, answer.text, answer.headers.get("retry-after", "")))


@pytest.mark.parametrize("service", CHANNELS)
def test_a_person_sees_every_fact_and_nothing_to_click(service):
    """And hears what is told aloud."""
    chat, channel = ChatStandIn(), CHANNELS[service]
    for manner in (ALOUD, Manner(sound=False)):
        assert deliver(chat, channel, Alert("No answer", FIELDS, "Hi", "Look.", kind="batch"), manner) == ""
    aloud, silent = chat.posts
    assert (aloud.service, aloud.sound, silent.sound) == (service, True, False)
    for words in ("No answer", "From: ", *(field.text for field in FIELDS), "> Hi", "Look."):
        assert words in aloud.seen
    assert aloud.live == silent.live == ()
    assert aloud.notice == aloud.seen


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see http://evil.example/a now", ["http://evil.example/a"]),
        ("evil.com, tel:112", ["evil.com", "tel:112"]),
        ("mailto:a@b 10.0.0.1", ["mailto:a@b", "10.0.0.1"]),
        ("evil\u3002com", ["evil\u3002com"]),
        ("At 19:59, 3.5 MB. Wait... From: Anna", []),
        ("http:\u200a//evil.\u200aexample", []),
    ],
)
def test_what_an_app_may_link_is_found(text, links):
    """Wider than any of them does."""
    assert [*plain_links(text)] == links


@pytest.mark.parametrize("service", CHANNELS)
def test_a_text_that_is_not_taken_apart_is_live(service):
    """So a slip of a channel's would show."""
    chat = ChatStandIn()
    assert post(chat, CHANNELS[service].render(Alert("x")), message="evil.com").status_code == 200
    assert chat.posts[0].live == ("evil.com",)


@pytest.mark.parametrize(
    ("service", "replaced", "status", "words"),
    [
        ("ntfy", {"topic": "my topic"}, 400, "40009"),
        ("ntfy", {"message": "x" * 4096}, 400, "attachments"),
        ("ntfy", {"message": "x" * 8192}, 413, "41303"),
        ("ntfy", {"message": None}, 400, "40017"),
        ("ntfy", {"priority": 6}, 400, "40007"),
        ("ntfy", {"click": "https://example.com"}, 400, "click"),
        ("gotify", {"message": ""}, 400, "required"),
        ("gotify", {"title": None}, 400, "unmarshal"),
        ("gotify", {"priority": 11}, 400, "unmarshal"),
        ("gotify", {"extras": {"client::display": {"contentType": "text/markdown"}}}, 400, "markup"),
        ("gotify", {"date": "now"}, 400, "date"),
        ("pushover", {"token": "x"}, 400, "application token is invalid"),
        ("pushover", {"user": "x"}, 400, "user identifier"),
        ("pushover", {"message": " "}, 400, "blank"),
        ("pushover", {"message": "x" * 1025}, 400, "too long"),
        ("pushover", {"title": "x" * 251}, 400, "too long"),
        ("pushover", {"priority": 2}, 400, "priority"),
        ("pushover", {"html": 1}, 400, "html"),
    ],
)
def test_a_message_that_the_service_would_not_take_is_refused(service, replaced, status, words):
    """And what we never send is a slip of ours."""
    chat = ChatStandIn()
    answer = post(chat, CHANNELS[service].render(Alert("x")), **replaced)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert chat.posts == []


@pytest.mark.parametrize("content", ["[]", "{", "[" * 5000])
@pytest.mark.parametrize("service", CHANNELS)
def test_what_is_no_message_is_refused(service, content):
    """Whatever it is."""
    request = CHANNELS[service].render(Alert("x"))
    assert ask(ChatStandIn(), request.url, content, request.headers).status_code == 400


@pytest.mark.parametrize(
    "channel", [Ntfy("https://ntfy.example", "t", "hush"), Gotify("https://g.example", "hush")]
)
def test_a_token_that_can_be_none_is_refused(channel):
    """As one that was taken back."""
    with pytest.raises(ChannelError, match="TOKEN"):
        deliver(ChatStandIn(), channel, Alert("x"))


@pytest.mark.parametrize(
    ("service", "kind"),
    [
        (service, kind)
        for service in CHANNELS
        for kind in KINDS[service]
        if kind not in ("timeout", "disconnect")
    ],
)
def test_each_fault_is_one_that_the_channel_understands(service, kind):
    """By its meaning."""
    errors = {"429": "RateLimited", "quota": "RateLimited", "500": "Unavailable"}
    if service == "pushover":
        # It says how long to wait then.
        errors["500"] = "RateLimited"
    chat = FaultyChat(
        ChatStandIn(), Faults([parse_fault(f"{service}={kind}:7" if kind == "429" else f"{service}={kind}")])
    )
    with pytest.raises(ChannelError) as caught:
        deliver(chat, CHANNELS[service], Alert("x"))
    assert type(caught.value).__name__ == errors.get(kind, "Misconfigured")


def test_the_made_up_settings_are_ones_that_the_worker_takes():
    """Each service has its own, and a host at which it is played."""
    for service in (make() for make in SERVICES):
        settings = Settings.from_env({"FALLBACK_INBOXES": "you@example.net", **service.settings})
        assert settings.problems == ()
        assert service.hosts
