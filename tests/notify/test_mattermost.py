"""Mattermost: what is sent, and what its answers mean."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify.alert import Alert, Field
from notify.channel import (
    ALOUD,
    ChannelError,
    Manner,
    Misconfigured,
    NoAnswer,
    RateLimited,
    Refused,
    Response,
    Unavailable,
    units,
)
from notify.mattermost import Mattermost
from standins.judges import REPEATED, alerts, live_parts, mattermost_accepts

KEY = "examplesecretexamplesecret"
HOOK = Mattermost(f"https://chat.example.com/hooks/{KEY}")
ALERT = Alert(
    headline="Your mail server did not answer",
    fields=(
        Field("From", "Bank <a@b.example> & `Co`"),
        Field("Subject", "<!channel> *Hi*"),
        Field("Sent", ""),
    ),
    preview="see http://evil.example",
    advice="It waits in your fallback inbox.",
)


def text(alert):
    """Render an alert and return its text."""
    return json.loads(HOOK.render(alert).body)["text"]


def refusal(error, status=400, said="This is why"):
    """Build Mattermost's refusal."""
    answer = {"id": error, "message": said, "detailed_error": "", "request_id": "x", "status_code": status}
    return Response(status, json.dumps(answer))


def test_the_name_is_the_services_and_the_key_tells_webhooks_apart():
    """All of a webhook's address is secret, so it is told by a hash."""
    assert HOOK.name == "mattermost"
    assert HOOK.key == Mattermost(HOOK.url).key != Mattermost(f"{HOOK.url[:-1]}x").key
    assert HOOK.key.startswith("mattermost ")
    assert not {*HOOK.key.split()} & {KEY, HOOK.url}


def test_the_webhook_gets_one_text():
    """Untrusted text stands in code, with look-alikes for what the server would turn into its own markup."""
    request = HOOK.render(ALERT)
    assert (request.method, request.url) == ("POST", HOOK.url)
    assert request.headers == {"Content-Type": "application/json"}
    assert json.loads(request.body) == {
        "text": "**Your mail server did not answer**\n"
        "**From**  `Bank <a@b.example> & ˋCoˋ`\n**Subject**  `‹!channel> *Hi*`\n\n"
        "```\nsee http://evil.example\n```\n\n"
        "It waits in your fallback inbox."
    }
    mattermost_accepts(request, ALERT)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<!here> <!all>", "‹!here> ‹!all>"),
        ("<@abc123>", "‹@abc123>"),
        ("<https://evil.example|Bank>", "<https://evil.example∣Bank>"),
        ("<<a|b>>", "<<a∣b>>"),
        ("Anna <anna@b.example>", "Anna <anna@b.example>"),
        ("a < b > c", "a < b > c"),
        ("&lt;!here&gt;", "&lt;!here&gt;"),
    ],
)
def test_slacks_markup_stays_text(said, shown):
    """The server reads it in code as elsewhere."""
    alert = Alert("x", (Field("Subject", said),), preview=said)
    assert text(alert) == f"**x**\n**Subject**  `{shown}`\n\n```\n{shown}\n```"
    mattermost_accepts(HOOK.render(alert), alert)


def test_no_link_spans_two_facts():
    """Older servers look for the end of one across lines, and with it for the ends of code."""
    alert = Alert("x", (Field("From", "a <b"), Field("Subject", "c|http://evil.example"), Field("To", "d>")))
    mattermost_accepts(HOOK.render(alert), alert)
    assert live_parts(HOOK.render(alert)) == []


@pytest.mark.parametrize("manner", [Manner(sound=False), Manner(thread="x"), Manner(edits="x")])
def test_a_webhook_knows_one_manner(manner):
    """It can neither reply nor edit, and tells no places."""
    assert not HOOK.keeps_place
    assert HOOK.render(ALERT, manner) == HOOK.render(ALERT, ALOUD)


def test_what_an_alert_does_not_say_leaves_no_gap():
    """Nor an empty line."""
    assert text(Alert("Headline")) == "**Headline**"
    assert text(Alert("Headline").as_repeat(REPEATED)).startswith("This may be a repeat")


def test_our_own_words_are_escaped_too():
    """No name of a setting could turn into markup."""
    alert = Alert("A*B", (Field("DISCORD_THREAD_ID", "x"),), advice="C_D [E]")
    assert text(alert) == "**A\\*B**\n**DISCORD\\_THREAD\\_ID**  `x`\n\nC\\_D \\[E\\]"
    mattermost_accepts(HOOK.render(alert), alert)


@given(alerts())
@settings(deadline=None)
def test_hostile_alerts_are_accepted_with_nothing_live(alert):
    """Whatever a message says, only our words stand outside code, and nothing of Slack's is left."""
    request = HOOK.render(alert)
    mattermost_accepts(request, alert)
    assert live_parts(request) == []


def test_long_texts_are_shortened_not_cut():
    """Into what every server's database takes, so that one alert is one post."""
    fields = tuple(Field(f"Field {n}", "😀" * 600) for n in range(15))
    said = text(Alert("Headline", fields, preview="<" * 600, advice="a" * 200))
    assert 2000 < units(said) <= 4000
    assert said.count("…`") == 15


def test_a_webhook_says_ok_and_no_more():
    """Where the post stands, it does not tell."""
    assert HOOK.read(Response(200, "ok")) == HOOK.read(Response(200, "ok\n")) == ""


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (refusal("web.incoming_webhook.invalid.app_error"), Misconfigured, "set MATTERMOST_WEBHOOK_URL"),
        (refusal("web.incoming_webhook.disabled.app_error", 501), Misconfigured, "admin"),
        (refusal("web.incoming_webhook.channel.app_error", 404), Misconfigured, "gone or archived"),
        (refusal("app.channel.get.existing.app_error", 404), Misconfigured, "gone or archived"),
        (refusal("api.post.create_post.can_not_post_to_deleted.error"), Misconfigured, "gone or archived"),
        (refusal("web.incoming_webhook.user.app_error", 403), Misconfigured, "may not post"),
        (refusal("web.incoming_webhook.user.app_error", 400), Misconfigured, "may not post"),
        (refusal("web.incoming_webhook.permissions.app_error", 403), Misconfigured, "may not post"),
        (refusal("web.incoming_webhook.channel_locked.app_error", 403), Misconfigured, "may not post"),
        (refusal("api.post.create_post.town_square_read_only", 403), Misconfigured, "may not post"),
        (refusal("another.error", 403), Misconfigured, "may not post"),
        (refusal("another.error", 401), Misconfigured, "set MATTERMOST_WEBHOOK_URL"),
        (Response(404, "<html>"), Misconfigured, "set MATTERMOST_WEBHOOK_URL"),
        (Response(429, "limit exceeded", "2"), RateLimited, "slow"),
        (refusal("app.post.save.app_error", 500), Unavailable, "500"),
        (Response(501, "Not Implemented"), Unavailable, "501"),
        (Response(502, "<html>"), Unavailable, "502"),
        (Response(408), Unavailable, "408"),
        (Response(301), Misconfigured, "check MATTERMOST_WEBHOOK_URL"),
        (Response(200, "<html>Welcome to the hotel</html>"), NoAnswer, "MATTERMOST_WEBHOOK_URL"),
        (Response(200, ""), NoAnswer, "MATTERMOST_WEBHOOK_URL"),
        (
            refusal("web.incoming_webhook.text.app_error"),
            Refused,
            "Mattermost refused the alert (400): web.incoming_webhook.text.app_error This is why",
        ),
        (refusal("web.incoming_webhook.parse.app_error"), Refused, "parse.app_error"),
        (Response(413, "too large"), Refused, "Mattermost refused the alert (413): no reason given"),
        (Response(400, '{"id": ["x"], "message": null}'), Refused, "400"),
    ],
)
def test_every_answer_has_a_meaning(response, error, words):
    """An error says whose turn it is, and to an owner what to do."""
    with pytest.raises(ChannelError) as caught:
        HOOK.read(response)
    assert type(caught.value) is error
    assert words in caught.value.reason
    if error is Misconfigured and "app_error" in response.body:
        assert caught.value.reason.endswith(f"({json.loads(response.body)['id']})")


def test_the_time_to_wait_is_in_the_header():
    """In seconds."""
    with pytest.raises(RateLimited) as caught:
        HOOK.read(Response(429, "limit exceeded", "2"))
    assert caught.value.retry_after == 2.0


@given(
    st.sampled_from((200, 302, 400, 401, 403, 404, 409, 429, 500)),
    st.sampled_from((HOOK.url, KEY, f"\u200b{KEY[:12]}\u200b{KEY[12:]}")),
    st.text(max_size=300),
    st.integers(1, 30),
)
@settings(deadline=None)
def test_no_error_repeats_the_key(status, echo, noise, times):
    """Not even where the server sends it back, in pieces or between other words."""
    said = f"{noise}{echo * times}"
    for body in (json.dumps({"id": said, "message": said}), f"x{said}"):
        with pytest.raises(ChannelError) as caught:
            HOOK.read(Response(status, body))
        assert KEY not in caught.value.reason + repr(caught.value)


def test_no_repr_shows_the_key():
    """Of a channel, or of a request."""
    assert KEY not in repr(HOOK) + repr(HOOK.render(ALERT)) + HOOK.key + HOOK.name
