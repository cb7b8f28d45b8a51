"""The webhook: what is sent, how it is signed, and what a receiver's answers mean."""

import base64
import importlib.util
import json
import threading
import urllib.error
import urllib.request
from http.server import HTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings

from notify.alert import Alert
from notify.channel import (
    ALOUD,
    ChannelError,
    Manner,
    Misconfigured,
    RateLimited,
    Refused,
    Response,
    Unavailable,
)
from notify.webhook import Webhook, signature
from standins.judges import REPEATED, alerts, webhook_accepts

RECEIVER = Path(__file__).parents[2] / "docs" / "examples" / "webhook_receiver.py"
URL = "https://hooks.example.org/ExampleSecretExampleSecret"
NOW = 1_795_000_000.25
HOOK = Webhook(URL, bytes(range(24)), lambda: NOW)
ALERT = Alert("Caught 3 more messages", kind="batch", data={"count": 3, "messages": []})


def sent(alert=ALERT, manner=ALOUD):
    """Render an alert and read its JSON."""
    return json.loads(HOOK.render(alert, manner).body)


def test_it_has_one_name_and_shows_no_secret():
    """There is one of them."""
    assert (HOOK.name, HOOK.key, HOOK.keeps_place) == ("webhook", "webhook", False)
    assert "Example" not in repr(HOOK)


def test_what_happened_is_sent_and_not_how_it_is_said():
    """With the time when it was written down; for what is told at once, the time at which it is sent."""
    assert sent(manner=Manner(sound=False, at=NOW - 3600)) == {
        "type": "outage.batch",
        "version": 1,
        "timestamp": "2026-11-18T10:06:40Z",
        "sound": False,
        "repeat": False,
        "data": {"count": 3, "messages": []},
    }
    assert sent()["timestamp"] == "2026-11-18T11:06:40Z"
    assert sent(ALERT.as_repeat(REPEATED))["repeat"] is True


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        *(("forwarded", "mail.forwarded"), ("misconfigured", "mail.misconfigured"), ("day", "outage.day")),
        *(("silent", "server.silent"), ("nearly_full", "spool.nearly_full"), ("test", "test")),
    ],
)
def test_a_type_says_what_it_is_about(kind, type_):
    """Mail, an outage, the server, the spool."""
    assert sent(Alert("x", kind=kind))["type"] == type_


def test_the_signature_is_that_of_the_specifications_own_test():
    """https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries."""
    text = 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert signature(secret, text) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_id_time_and_body_are_signed_and_sent():
    """The same id for each try; the time is that of the try."""
    request = HOOK.render(ALERT, Manner(id="0a1b"))
    assert (request.method, request.url) == ("POST", URL)
    assert request.headers == {
        "Content-Type": "application/json",
        "webhook-id": "0a1b",
        "webhook-timestamp": "1795000000",
        "webhook-signature": signature(HOOK.secret, f"0a1b.1795000000.{request.body}"),
    }
    later = Webhook(URL, HOOK.secret, lambda: NOW + 60).render(ALERT, Manner(id="0a1b"))
    assert (later.headers["webhook-id"], later.headers["webhook-timestamp"]) == ("0a1b", "1795000060")


@given(alerts())
@settings(deadline=None)
def test_no_words_are_sent(alert):
    """Neither ours nor a message's: they are in the data, if anywhere."""
    event = sent(alert)
    assert (event["type"], event["data"]) == ("mail.", {})


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_one(status):
    """Whatever else it says."""
    assert HOOK.read(Response(status, "<html>")) == ""


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (Response(401), Misconfigured, "WEBHOOK_SECRET (401)"),
        (Response(403, "no"), Misconfigured, "WEBHOOK_SECRET (403)"),
        (Response(404), Misconfigured, "WEBHOOK_URL (404)"),
        (Response(405), Misconfigured, "WEBHOOK_URL (405)"),
        (Response(410), Misconfigured, "remove WEBHOOK_URL, or set another (410)"),
        (Response(301), Misconfigured, "check WEBHOOK_URL"),
        (Response(308), Misconfigured, "check WEBHOOK_URL"),
        (Response(429), RateLimited, "slow"),
        (Response(503, "", "7"), RateLimited, "wait"),
        (Response(503), Unavailable, "503"),
        (Response(500, "<html>"), Unavailable, "500"),
        (Response(504), Unavailable, "504"),
        (Response(408), Unavailable, "408"),
        (Response(400, f"bad body at {URL}"), Refused, "(400): its log may say why"),
        (Response(413), Refused, "(413)"),
        (Response(100), Refused, "(100)"),
    ],
)
def test_every_refusal_has_a_meaning(response, error, words):
    """An error says whose turn it is, and to an owner what to do."""
    with pytest.raises(ChannelError) as caught:
        HOOK.read(response)
    assert type(caught.value) is error
    assert words in caught.value.reason


@pytest.mark.parametrize("status", [400, 401, 404, 410, 413, 422, 429, 500, 503])
def test_what_a_receiver_says_is_not_repeated(status):
    """It may be what it was sent, subject and all, or a part of the address that lets one in."""
    key = URL.rpartition("/")[2]
    said = json.dumps({"detail": [{"msg": "Field required", "input": ALERT.data}], "key": key})
    with pytest.raises(ChannelError) as caught:
        HOOK.read(Response(status, said))
    assert "Field" not in caught.value.reason
    assert key not in caught.value.reason


@pytest.mark.parametrize(("status", "wait"), [(429, "7"), (503, "7")])
def test_the_time_to_wait_is_in_the_header(status, wait):
    """In seconds."""
    with pytest.raises(RateLimited) as caught:
        HOOK.read(Response(status, "", wait))
    assert caught.value.retry_after == 7.0


@pytest.fixture
def receiver(monkeypatch):
    """Serve the documented example; return what posts to it."""
    monkeypatch.setenv("WEBHOOK_SECRET", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")
    spec = importlib.util.spec_from_file_location("webhook_receiver", RECEIVER)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    monkeypatch.setattr(example.Receiver, "log_message", lambda *_: None)
    with HTTPServer(("127.0.0.1", 0), example.Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def post(request, body=None, **headers):
            url = f"http://127.0.0.1:{server.server_port}/"
            data = (request.body if body is None else body).encode()
            try:
                with urllib.request.urlopen(
                    urllib.request.Request(url, data, {**request.headers, **headers})
                ) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                with error:
                    return error.code

        yield post
        server.shutdown()
        thread.join()


def test_the_documented_receiver_takes_what_is_sent_once(receiver, capsys):
    """And nothing that somebody else signed, or nobody, or that is old."""
    hook = Webhook("http://127.0.0.1/", HOOK.secret)
    request = hook.render(ALERT, Manner(id="0a1b"))
    assert receiver(request, request.body.replace("3", "4")) == 401
    assert receiver(request, **{"webhook-id": "0a1c"}) == 401
    assert receiver(request, **{"webhook-signature": ""}) == 401
    assert receiver(request, **{"webhook-signature": "v1,\u00e9"}) == 401
    assert receiver(Webhook("http://127.0.0.1/", b"another" * 4).render(ALERT)) == 401
    old = Webhook("http://127.0.0.1/", HOOK.secret, lambda: NOW - 10**7)
    assert receiver(old.render(ALERT)) == 401
    assert capsys.readouterr().out == ""
    assert [receiver(request), receiver(hook.render(ALERT, Manner(id="0a1b")))] == [204, 204]
    event = json.loads(capsys.readouterr().out)
    webhook_accepts(event)
    assert event["data"]["count"] == 3
