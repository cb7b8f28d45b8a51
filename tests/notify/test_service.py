"""What the services share: reading answers that can't be trusted, and quoting them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.channel import Misconfigured, RateLimited, Unavailable
from notify.service import json_object, quote, raise_for_status

WEBHOOK = "https://hooks.slack.com/services/T00000000/B00000000/ExampleSecretExampleSecr"


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ('{"ok": false, "error": "x"}', {"ok": False, "error": "x"}),
        (' {"ok" : true, "result": {"text": "cut he', {"ok": True}),
        ('{"ok": false, "error": "cut he', {}),
        ('{"ok":true,"result":{"message_id":12,"text":"cut', {"ok": True, "result": {"message_id": 12}}),
        ('{"ok": true, "result": {"message_id": 12 }', {"ok": True, "result": {"message_id": 12}}),
        ('{"ok":true,"result":{"message_id":12', {"ok": True}),
        ('{"ok":true,"result":{"message_id":12345678901,"x', {"ok": True}),
        ('{"ok":true,"result":{"text":"\\"message_id\\":12,', {"ok": True}),
        ('{"ok":true,"result":{"text":"x","message_id":12,', {"ok": True}),
        ('{"ok":true,"channel":"C01","ts":"1.2","mess', {"ok": True, "channel": "C01", "ts": "1.2"}),
        ('{"ok":true,"channel":"C01","ts":"1.', {"ok": True}),
        ('{"ok":true,"channel":"<!here>","ts":"1.2","mess', {"ok": True}),
        ('{"ok":true,"result":{"message_id":012,', {"ok": True}),
        ('{"ok":true\u00a0,"result":{"message_id":12,', {"ok": True}),
        ('\u00a0{"ok":true', {}),
        ('{"ok":trueish,"result":{"message_id":12,', {}),
        ('{"result": {"ok": true', {}),
        ("[1]", {}),
        ("ok", {}),
        ("", {}),
        pytest.param("[" * 200_000, {}, id="deep"),
    ],
)
def test_an_answer_is_an_object_or_nothing(body, answer):
    """Cut short, it counts as far as its verdict came, and the message's place right behind."""
    assert json_object(body) == answer


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("no such page", "no such page"),
        (f"GET {WEBHOOK} failed", "GET [secret] failed"),
        ("for /ExampleSecretExampleSecr only", "for /[secret] only"),
        ("hooks.slack.com is T00000000", "hooks.slack.com is T00000000"),
        ("a\r\nb\x1b[31m", "a b[31m"),
        ("x" * 300, "x" * 199 + "…"),
        ("x" * 190 + WEBHOOK, "x" * 190 + "[secret]"),
        ("", "no reason given"),
    ],
)
def test_a_servers_words_are_short_and_hold_no_secret(said, quoted):
    """Neither all of it nor the part that tells; hosts and names may stay."""
    assert quote(said, WEBHOOK) == quoted


_PIECES = [
    "{",
    "}",
    ",",
    ":",
    '"ok"',
    "true",
    '"result"',
    '"message_id"',
    "12",
    "0",
    '"channel"',
    '"C01"',
    "[",
    "]",
]
_PIECES += ['"ts"', '"1.2"', " ", "\n", "\u00a0", "\\", '{"ok":true,', '"result":{"message_id":12,', '"x":"']


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=2), max_size=12).map("".join))
def test_whatever_comes_is_read_without_a_fuss(body):
    """A success is one only as JSON has it."""
    answer = json_object(body)
    assert answer.get("ok") is not True or body.lstrip().startswith("{")


def test_of_several_secrets_none_is_quoted():
    """Each is looked for as a whole."""
    assert quote("tk_1 may not write to topic", "tk_1", "", "topic") == "[secret] may not write to [secret]"


def test_without_a_secret_nothing_is_replaced():
    """An empty one stands between all letters."""
    assert quote("words", "") == "words"


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        (429, RateLimited, "Chat asks to slow down"),
        (408, Unavailable, "Chat is out of order (HTTP status 408)"),
        (500, Unavailable, "Chat is out of order (HTTP status 500)"),
        (599, Unavailable, "Chat is out of order (HTTP status 599)"),
        (300, Misconfigured, "Chat redirects, which is not followed: check CHAT_URL"),
        (399, Misconfigured, "Chat redirects, which is not followed: check CHAT_URL"),
    ],
)
def test_a_status_says_by_itself_whose_turn_it_is(status, error, reason):
    """The service's own, or the owner's."""
    with pytest.raises(error) as caught:
        raise_for_status("Chat", status, 3.0, "CHAT_URL")
    assert caught.value.reason == reason
    assert getattr(caught.value, "retry_after", 3.0) == 3.0


@pytest.mark.parametrize("status", [200, 299, 400, 404, 407, 409, 428, 430, 499])
def test_of_any_other_status_only_the_body_can_tell(status):
    """Nothing is raised."""
    raise_for_status("Chat", status, None, "CHAT_URL")
