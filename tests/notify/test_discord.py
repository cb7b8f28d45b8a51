"""Discord: what is sent, and what its answers mean."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify.alert import Alert, Field
from notify.channel import (
    ALOUD,
    ChannelError,
    Gone,
    Manner,
    Misconfigured,
    NoAnswer,
    RateLimited,
    Refused,
    Response,
    TryInstead,
    Unavailable,
    units,
)
from notify.discord import Discord
from standins import markdown
from standins.judges import REPEATED, alerts, discord_accepts, live_parts

TOKEN = "ExampleSecretExampleSecretExampleSecretExampleSecretExampleSecretExam"
URL = f"https://discord.com/api/v10/webhooks/1100000000000000001/{TOKEN}"
THREAD = "1200000000000000002"
PLACE = "1400000000000000003"
HOOK = Discord(URL)
IN_THREAD = Discord(URL, THREAD)
ALERT = Alert(
    headline="Your mail server did not answer",
    fields=(
        Field("From", "Bank <a@b.example> & `Co`"),
        Field("Subject", "@everyone **Hi**"),
        Field("Sent", ""),
    ),
    preview="see http://evil.example",
    advice="It waits in your fallback inbox.",
)
EDIT = Manner(sound=False, thread="1", edits=PLACE)
NO_PLACES = [
    *("", " ", "12", "0400000000000000003", f"{PLACE} ", f"{PLACE}\n", f"-{PLACE}", f"{PLACE}00", "C01 1.2"),
    *(f"{PLACE}/../../x", f"{PLACE}?wait=true", "\u0661" * 19, "\ud800"),
]


def sent(channel, alert=ALERT, manner=ALOUD):
    """Render an alert and read its JSON."""
    return json.loads(channel.render(alert, manner).body)


def refusal(code, status=400, said="This is why", **more):
    """Build Discord's refusal."""
    return Response(status, json.dumps({"message": said, "code": code} | more))


def test_the_name_is_the_services_and_the_key_is_the_webhooks_number():
    """Neither opens anything; another webhook has another key."""
    assert (HOOK.name, HOOK.key) == ("discord", "discord 1100000000000000001")


def test_the_webhook_gets_one_text_and_answers_where_it_stands():
    """It calls nobody, fetches nothing, and names itself as clients are asked to."""
    request = HOOK.render(ALERT)
    assert (request.method, request.url) == ("POST", f"{URL}?wait=true")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("DiscordBot (")
    assert json.loads(request.body) == {
        "content": "**Your mail server did not answer**\n"
        "**From**  `Bank <a@b.example> & ˋCoˋ`\n**Subject**  `@everyone **Hi**`\n\n"
        "```\nsee http://evil.example\n```\n\n"
        "It waits in your fallback inbox.",
        "allowed_mentions": {"parse": []},
        "flags": 4,
    }
    discord_accepts(request, ALERT)


def test_a_thread_is_named_in_the_address():
    """Of a message and of its edits: without it, Discord does not find what it edits."""
    assert IN_THREAD.render(ALERT).url == f"{URL}?wait=true&thread_id={THREAD}"
    assert IN_THREAD.render(ALERT, EDIT).url == f"{URL}/messages/{PLACE}?thread_id={THREAD}"


def test_without_sound_a_message_notifies_nobody():
    """By a flag that only a new message takes; a webhook can't reply, so a thread's place changes nothing."""
    assert HOOK.render(ALERT, Manner(thread=PLACE)) == HOOK.render(ALERT)
    assert sent(HOOK, manner=Manner(sound=False)) == sent(HOOK) | {"flags": 4 | 4096}


def test_an_edit_is_a_patch_of_its_message():
    """It says the same, and calls nobody either."""
    request = HOOK.render(ALERT, EDIT)
    assert (request.method, request.url) == ("PATCH", f"{URL}/messages/{PLACE}")
    assert json.loads(request.body) == sent(HOOK)
    discord_accepts(request, ALERT)


@pytest.mark.parametrize("place", NO_PLACES)
def test_a_place_that_can_not_be_is_ignored(place):
    """Whoever wrote it: the alert is told as a new message."""
    assert HOOK.render(ALERT, Manner(thread=place, edits=place)) == HOOK.render(ALERT)


def test_what_an_alert_does_not_say_leaves_no_gap():
    """Nor an empty line."""
    assert sent(HOOK, Alert("Headline"))["content"] == "**Headline**"


def test_our_own_words_are_escaped_too():
    """No name of a setting could turn into markup."""
    alert = Alert("A*B", (Field("DISCORD_THREAD_ID", "x"),), advice="C_D [E] |F| ~G~ \\H `I`")
    assert sent(HOOK, alert)["content"] == (
        "**A\\*B**\n**DISCORD\\_THREAD\\_ID**  `x`\n\nC\\_D \\[E\\] \\|F\\| \\~G\\~ \\\\H \\`I\\`"
    )
    discord_accepts(HOOK.render(alert), alert)


def test_a_repeat_says_so_first():
    """A reader of a second copy learns that it may be one."""
    assert sent(HOOK, ALERT.as_repeat(REPEATED))["content"].startswith("This may be a repeat")


@pytest.mark.parametrize(
    "address",
    [
        "discord.gg/abc",
        "https://Discord.com/invite/abc",
        "discordapp.com/oauth2/authorize?x",
        "discord.gift/x",
    ],
)
def test_discords_own_addresses_make_no_cards(address):
    """They do so whatever stands around them: a look-alike stands in for their first slash."""
    alert = Alert("x", (Field("Subject", address),), preview=f"join {address}")
    content = sent(HOOK, alert)["content"]
    assert content.count(address.replace("discord.gg/", "discord.gg∕").replace(".com/", ".com∕")
                         .replace(".gift/", ".gift∕")) == 2  # fmt: skip
    assert live_parts(HOOK.render(alert)) == []


@given(alerts(), st.booleans(), st.booleans(), st.sampled_from((ALOUD, Manner(sound=False), EDIT)))
@settings(deadline=None)
def test_hostile_alerts_are_accepted_with_nothing_live(alert, threaded, dotless, manner):
    """Whatever a message says, Discord takes the alert, and only our words stand outside code."""
    request = Discord(URL, THREAD if threaded else "", dotless=dotless).render(alert, manner)
    discord_accepts(request, alert)
    assert live_parts(request) == []


@given(alerts(), st.booleans())
@settings(deadline=None)
def test_hostile_alerts_are_text_to_the_clients_parser_too(alert, dotless):
    """It knows mentions, times, emoji, spoilers and masked links beside what Markdown has."""
    discord_accepts(Discord(URL, dotless=dotless).render(alert), alert, markdown.discord)


def test_long_texts_are_shortened_not_cut():
    """Fifteen fields and a preview stay within 2000 UTF-16 units, and each keeps something."""
    fields = tuple(Field(f"Field {n}", "😀" * 600) for n in range(15))
    request = HOOK.render(Alert("Headline", fields, preview="<" * 600, advice="a" * 200))
    discord_accepts(request)
    content = json.loads(request.body)["content"]
    assert 1000 < units(content) <= 2000
    assert content.count("…`") == 15
    assert content.endswith("a" * 200)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (f'{{"type":0,"content":"x","id":"{PLACE}"}}', PLACE),
        (' {"type":0,"content":"cut he', ""),
        ('{"type":0}', ""),
        ('{"id":12}', ""),
        ('{"id":["1400000000000000003"]}', ""),
        ('{"id":"../x"}', ""),
    ],
)
def test_a_taken_message_has_its_number_for_a_place(body, place):
    """Where it can be read; what can't be a place is none."""
    assert HOOK.read(Response(200, body)) == place


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (refusal(10015, 404, "Unknown Webhook"), Misconfigured, "set DISCORD_WEBHOOK_URL (10015)"),
        (refusal(50027, 401), Misconfigured, "set DISCORD_WEBHOOK_URL (50027)"),
        (refusal(10003, 404), Misconfigured, "set DISCORD_WEBHOOK_URL (10003)"),
        (refusal(50013, 403), Misconfigured, "does not let this webhook post"),
        (refusal(50001, 403), Misconfigured, "does not let this webhook post"),
        (refusal(40001, 403), Misconfigured, "does not let this webhook post"),
        (refusal(220001), Misconfigured, "forum: set DISCORD_THREAD_ID"),
        (refusal(220004), Misconfigured, "forum: set DISCORD_THREAD_ID"),
        (refusal(50083), Misconfigured, "check DISCORD_THREAD_ID"),
        (refusal(160005), Misconfigured, "check DISCORD_THREAD_ID"),
        (refusal(0, 401), Misconfigured, "set DISCORD_WEBHOOK_URL"),
        (refusal(0, 404), Misconfigured, "set DISCORD_WEBHOOK_URL"),
        (Response(404, "<html>"), Misconfigured, "set DISCORD_WEBHOOK_URL"),
        (Response(403, "error code: 1010"), Unavailable, "403"),
        (Response(403, '{"code": []}'), Unavailable, "403"),
        (refusal(40333, 403), Unavailable, "403"),
        (refusal(10008, 404), Gone, "no longer"),
        (refusal(50005, 403), Gone, "no longer"),
        (refusal(30046), RateLimited, "more than an hour"),
        (refusal(30046, 429), RateLimited, "more than an hour"),
        (refusal(0, 429), RateLimited, "slow"),
        (Response(429, "error code: 1015", "30"), RateLimited, "slow"),
        (refusal(0, 500), Unavailable, "500"),
        (refusal(130000, 503), Unavailable, "503"),
        (Response(408), Unavailable, "408"),
        (Response(302), Misconfigured, "DISCORD_WEBHOOK_URL"),
        (Response(200, "<html>Welcome to the hotel</html>"), NoAnswer, "DISCORD_WEBHOOK_URL"),
        (Response(200, ""), NoAnswer, "DISCORD_WEBHOOK_URL"),
        (Response(200, "[" * 100_000), NoAnswer, "DISCORD_WEBHOOK_URL"),
        (
            refusal(50035, said="Invalid Form Body", errors={"content": {}}),
            Refused,
            "(400): Invalid Form Body",
        ),
        (refusal(50035, errors={"thread_id": {}}), Refused, "This is why"),
        (refusal(50006), Refused, "This is why"),
        (refusal("10015"), Refused, "This is why"),
        (Response(400, "nonsense"), Refused, "no reason given"),
    ],
)
def test_every_answer_has_a_meaning(response, error, words):
    """An error says whose turn it is, and to an owner what to do."""
    with pytest.raises(ChannelError) as caught:
        HOOK.read(response)
    assert type(caught.value) is error
    assert words in caught.value.reason
    assert "(0)" not in caught.value.reason


@pytest.mark.parametrize(
    ("response", "wait"),
    [
        (refusal(0, 429, retry_after=0.65), 0.65),
        (refusal(0, 429, retry_after=12), 12.0),
        (replace(refusal(0, 429, retry_after=1.5), retry_after="2"), 1.5),
        (replace(refusal(0, 429, retry_after=1e-07), retry_after="1"), 1.0),
        (replace(refusal(30046, 429, retry_after=1800.25), retry_after="1801"), 1800.25),
        (Response(429, "error code: 1015", "3"), 3.0),
        (Response(429, "<html>"), None),
    ],
)
def test_the_time_to_wait_has_fractions_in_the_body_and_none_in_the_header(response, wait):
    """In seconds; None where neither names one."""
    with pytest.raises(RateLimited) as caught:
        HOOK.read(response)
    assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    "response",
    [
        *(refusal(10003, 404), refusal(50083), refusal(160005)),
        refusal(50035, errors={"thread_id": {"_errors": []}}),
    ],
)
def test_a_thread_that_is_gone_or_closed_is_left_out(response):
    """The channel gets the alert, and the channel's name in the log says what to mend."""
    with pytest.raises(TryInstead, match="DISCORD_THREAD_ID") as caught:
        IN_THREAD.read(response)
    channel = caught.value.channel
    assert channel.render(ALERT) == HOOK.render(ALERT)
    assert channel.render(ALERT, EDIT) == HOOK.render(ALERT, EDIT)
    assert (channel.name, channel.key) == ("discord without its thread: check DISCORD_THREAD_ID", HOOK.key)


@pytest.mark.parametrize(
    "response", [refusal(10015, 404), refusal(220001), refusal(50035), refusal(10008, 404)]
)
def test_nothing_else_costs_a_thread(response):
    """A place in another channel would not mend it."""
    with pytest.raises((Misconfigured, Refused, Gone)):
        IN_THREAD.read(response)


def test_an_alert_whose_addresses_are_blocked_is_told_without_dots():
    """Mail that was caught may name what Discord holds for harmful; then the same refusal is final."""
    with pytest.raises(TryInstead) as caught:
        IN_THREAD.read(refusal(240000, 403))
    channel = caught.value.channel
    content = sent(channel)["content"]
    assert "http://evil․example" in content
    assert "a@b․example" in content
    assert "It waits in your fallback inbox." in content
    assert channel.render(ALERT).url == IN_THREAD.render(ALERT).url
    with pytest.raises(Refused, match="This is why"):
        channel.read(refusal(240000, 403))


@given(
    st.sampled_from((200, 302, 400, 401, 403, 404, 409, 429, 500)),
    st.sampled_from((URL, TOKEN, f"\u200b{TOKEN[:12]}\u200b{TOKEN[12:]}")),
    st.text(max_size=300),
    st.integers(1, 30),
)
@settings(deadline=None)
def test_no_error_repeats_the_token(status, echo, noise, times):
    """Not even where the server sends it back, in pieces or between other words."""
    for body in (json.dumps({"message": f"{noise}{echo * times}", "code": 1}), f" x{noise}{echo}"):
        try:
            HOOK.read(Response(status, body))
        except ChannelError as error:
            assert TOKEN[:20] not in error.reason + repr(error)  # noqa: PT017 a success says nothing


def test_no_repr_shows_the_token():
    """Of a channel, or of a request."""
    assert TOKEN not in repr(HOOK) + repr(HOOK.render(ALERT)) + HOOK.key + HOOK.name
