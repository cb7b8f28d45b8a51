"""Faults are read strictly, counted, and answered as the services would."""

import asyncio
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_failover.emulator.chat.failing import FaultyChat
from mail_failover.emulator.faults import KINDS, Fault, Faults, parse_fault
from mail_failover.errors import UsageError

TELEGRAM = "https://api.telegram.org/bot1:token/sendMessage"
TELEGRAM_EDIT = "https://api.telegram.org/bot1:token/editMessageText"
WEBHOOK = "https://hooks.slack.com/services/T0/B0/x"
API = "https://slack.com/api/chat.postMessage"
API_EDIT = "https://slack.com/api/chat.update"
MATRIX = "https://matrix.example.org/_matrix/client/v3/rooms/!x/send/m.room.message/1"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("forward=hang", Fault("forward", "hang")),
        ("forward=transientx2", Fault("forward", "transient", times=2)),
        ("forward=transient:x2", Fault("forward", "transient", times=2)),
        ("telegram=429", Fault("telegram", "429")),
        ("telegram=429:3", Fault("telegram", "429", 3)),
        ("telegram=429:0x1", Fault("telegram", "429", 0, 1)),
        ("slack=429:3:x12", Fault("slack", "429", 3, 12)),
        ("slack=badblocks", Fault("slack", "badblocks")),
        ("slack=500x1", Fault("slack", "500", times=1)),
    ],
)
def test_a_fault_is_read(text, fault):
    """Target, kind, seconds, number of calls."""
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("", "TARGET=KIND"),
        ("forward", "TARGET=KIND"),
        ("mail=hang", "forward, telegram, slack"),
        ("forward=500", "transient, permanent, unverified, .*hang"),
        ("telegram=badblocks", "badhtml"),
        ("telegram=500:3", "only 429 and late take seconds"),
        ("forward=hangx0", "x1 or more"),
        ("forward=hang x2", "TARGET=KIND"),
    ],
)
def test_a_bad_fault_is_one_line_with_the_choices(text, fix):
    """It quotes what was given."""
    with pytest.raises(UsageError, match=fix) as caught:
        parse_fault(text)
    assert str(caught.value).startswith(f"--fault {text}:")
    assert "\n" not in str(caught.value)


def test_every_kind_can_be_read():
    """The choices that an error names are all choices."""
    for target, kinds in KINDS.items():
        for kind in kinds:
            assert parse_fault(f"{target}={kind}") == Fault(target, kind)


@given(st.data())
def test_every_fault_is_written_as_the_command_line_reads_it(data):
    """So that what was broken by hand can be broken again."""
    target = data.draw(st.sampled_from(list(KINDS)))
    kind = data.draw(st.sampled_from(KINDS[target]))
    upto = st.integers(0, 999_999)
    seconds = data.draw(st.none() | upto) if kind in {"429", "late"} else None
    fault = Fault(target, kind, seconds, data.draw(st.none() | upto.map(lambda n: n or 1)))
    assert parse_fault(fault.flag.removeprefix("--fault ")) == fault


def test_a_flag_reads_as_the_help_shows_it():
    """With the option's name."""
    assert Fault("forward", "transient", times=2).flag == "--fault forward=transient:x2"


def test_what_is_left_is_known_and_one_target_can_be_mended_alone():
    """A fault that was met counts as far as it has calls left."""
    faults = Faults(map(parse_fault, ["forward=hang:x2", "slack=500", "forward=late:3:x1"]))
    faults.take("forward")
    assert [fault.flag for fault in faults.left()] == [
        "--fault forward=hang:x1",
        "--fault slack=500",
        "--fault forward=late:3:x1",
    ]
    faults.take("forward")
    faults.clear("telegram")
    assert len(faults.left()) == 2
    faults.clear("forward")
    assert [fault.target for fault in faults.left()] == ["slack"]
    faults.clear()
    assert faults.left() == []


def test_faults_end_after_their_calls_and_come_one_after_the_other():
    """Each target counts for itself."""
    faults = Faults(map(parse_fault, ["forward=hangx2", "forward=permanentx1", "slack=500"]))
    kinds = [(fault := faults.take("forward")) and fault.kind for _ in range(4)]
    assert kinds == ["hang", "hang", "permanent", None]
    assert [faults.take("slack").kind for _ in range(3)] == ["500"] * 3
    faults.clear()
    assert faults.take("slack") is None


def test_a_call_that_is_immune_leaves_the_fault_for_another():
    """And does not get the next one instead: they come one after the other."""
    faults = Faults(map(parse_fault, ["telegram=gonex1", "telegram=500x1"]))
    assert faults.take("telegram", immune=("gone",)) is None
    kinds = [(fault := faults.take("telegram", immune=("late",))) and fault.kind for _ in range(3)]
    assert kinds == ["gone", "500", None]


def ask(url, *faults, body=None, heard=None, headers=None):
    """Post a body to the URL through the faults; without one, a server hears it and answers 299."""

    def answer(request):
        if heard is not None:
            heard.append(request)
        return httpx.Response(299)

    async def run():
        inner = httpx.MockTransport(answer)
        transport = FaultyChat(inner, Faults(map(parse_fault, faults)))
        async with httpx.AsyncClient(transport=transport) as client:
            return await asyncio.wait_for(client.post(url, json=body, headers=headers), 0.05)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "fault", "status", "answer"),
    [
        (TELEGRAM, "telegram=500", 500, {"error_code": 500, "description": "Internal Server Error"}),
        (TELEGRAM, "telegram=401", 401, {"error_code": 401, "description": "Unauthorized"}),
        (TELEGRAM, "telegram=404", 404, {"error_code": 404, "description": "Not Found"}),
        (API, "slack=500", 500, {"error": "internal_error"}),
        (API, "slack=401", 200, {"error": "invalid_auth"}),
        (API, "slack=404", 200, {"error": "channel_not_found"}),
        (API, "slack=badhtml", 200, {"error": "invalid_blocks"}),
        (API, "slack=429:7", 429, {"error": "ratelimited"}),
        (TELEGRAM_EDIT, "telegram=500", 500, {"error_code": 500, "description": "Internal Server Error"}),
        (TELEGRAM_EDIT, "telegram=gone", 400,
         {"error_code": 400, "description": "Bad Request: message to edit not found"}),
        (API_EDIT, "slack=401", 200, {"error": "invalid_auth"}),
        (API_EDIT, "slack=429:7", 429, {"error": "ratelimited"}),
        (API_EDIT, "slack=gone", 200, {"error": "message_not_found"}),
    ],
)  # fmt: skip
def test_an_api_answers_in_json(url, fault, status, answer):
    """As the service does, Slack's Web API with 200 for most errors."""
    response = ask(url, fault)
    assert (response.status_code, response.json()) == (status, {"ok": False, **answer})


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("500", 500, "rollup_error"),
        ("403", 403, "action_prohibited"),
        ("404", 404, "no_service"),
        ("badblocks", 400, "invalid_blocks"),
    ],
)
def test_a_webhook_answers_in_plain_text(kind, status, text):
    """With one of Slack's own words."""
    response = ask(WEBHOOK, f"slack={kind}")
    assert (response.status_code, response.text) == (status, text)


def test_telegram_tells_how_long_to_wait_twice():
    """In the body, and in a header as its open-source server does."""
    response = ask(TELEGRAM, "telegram=429:7")
    assert response.status_code == 429
    assert json.loads(response.text)["parameters"] == {"retry_after": 7}
    assert response.headers["retry-after"] == "7"


def test_bad_markup_is_refused_in_telegrams_words():
    """What a Worker matches on."""
    answer = ask(TELEGRAM, "telegram=badhtml").json()
    assert answer["error_code"] == 400
    assert answer["description"].startswith("Bad Request: can't parse entities: ")


def test_a_deleted_topic_fails_what_is_for_a_topic_alone():
    """The chat itself takes the message, however long the fault lasts."""
    answer = ask(TELEGRAM, "telegram=thread", body={"message_thread_id": 42})
    assert (answer.status_code, answer.json()["description"]) == (
        400,
        "Bad Request: message thread not found",
    )
    assert ask(TELEGRAM, "telegram=thread", body={"text": "x"}).status_code == 299


def test_a_message_that_is_gone_fails_its_edits_alone():
    """However many new ones go by, the fault is there for the edit that it was meant for."""
    calls = [TELEGRAM, TELEGRAM, TELEGRAM_EDIT, TELEGRAM_EDIT, API, WEBHOOK, API_EDIT, API_EDIT]

    async def run():
        faults = Faults(map(parse_fault, ["telegram=gonex1", "slack=gonex1"]))
        transport = FaultyChat(httpx.MockTransport(lambda _: httpx.Response(299)), faults)
        async with httpx.AsyncClient(transport=transport) as client:
            return [(await client.post(url)).status_code for url in calls]

    assert asyncio.run(run()) == [299, 299, 400, 299, 299, 299, 200, 299]


def test_an_edit_names_no_topic():
    """So a deleted one does not fail it."""
    assert ask(TELEGRAM_EDIT, "telegram=thread", body={"message_id": 1}).status_code == 299


@pytest.mark.parametrize(
    ("fault", "status", "answer"),
    [
        ("500", 500, {"errcode": "M_UNKNOWN", "error": "Internal server error"}),
        ("401", 401, {"errcode": "M_UNKNOWN_TOKEN", "error": "Invalid access token passed."}),
        ("403", 403, {"errcode": "M_FORBIDDEN", "error": "User @alerts:example.org not in room"}),
        ("404", 404, {"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}),
        ("429:7", 429, {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 7000}),
    ],
)
def test_a_homeserver_answers_with_standard_errors(fault, status, answer):
    """And says in a header, too, how long to wait."""
    response = ask(MATRIX, f"matrix={fault}", body={})
    assert (response.status_code, response.json()) == (status, answer)
    assert response.headers.get("retry-after") == ("7" if status == 429 else None)


@pytest.mark.parametrize("fault", ["500", "401", "404", "410", "429:7"])
def test_a_receiver_of_webhooks_answers_with_a_status(fault):
    """It is known by its signature, wherever it is."""
    signed = {"webhook-signature": "v1,x"}
    response = ask("https://example.org/", f"webhook={fault}", headers=signed)
    assert response.status_code == int(fault[:3])
    assert response.headers.get("retry-after") == ("7" if fault[:3] == "429" else None)
    assert ask("https://example.org/", f"webhook={fault}").status_code == 299


def test_an_event_that_is_gone_fails_its_edits_alone():
    """Whoever posts a new one is not concerned."""
    edit = {"m.relates_to": {"rel_type": "m.replace"}}
    assert ask(MATRIX, "matrix=gone", body=edit).json()["error"] == "Can't send relation to unknown event"
    assert ask(MATRIX, "matrix=gone", body={}).status_code == 299


def test_an_answer_that_is_lost_is_of_a_request_that_was_heard():
    """Only the caller's own bound ends it; a timeout's request was not."""
    heard, unheard = [], []
    for fault, calls in (("lost", heard), ("timeout", unheard)):
        with pytest.raises(TimeoutError):
            ask(MATRIX, f"matrix={fault}", body={}, heard=calls)
    assert (len(heard), len(unheard)) == (1, 0)


@pytest.mark.parametrize("url", [WEBHOOK, API])
def test_slack_tells_how_long_to_wait_in_a_header(url):
    """For the webhook and the Web API alike."""
    assert ask(url, "slack=429:7").headers["retry-after"] == "7"


def test_a_timeout_never_answers():
    """Only the caller's own bound ends it."""
    with pytest.raises(TimeoutError):
        ask(TELEGRAM, "telegram=timeout")


def test_a_broken_connection_is_an_error_of_the_transport():
    """As if nobody were there."""
    with pytest.raises(httpx.ConnectError):
        ask(WEBHOOK, "slack=disconnect")


@pytest.mark.parametrize("url", [WEBHOOK, API, API_EDIT, "https://example.org/"])
def test_what_is_not_meant_to_fail_goes_through(url):
    """The other service, and everyone else."""
    assert ask(url, "telegram=500").status_code == 299
