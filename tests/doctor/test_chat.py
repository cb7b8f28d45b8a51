"""The test alerts that `doctor --chat` sends."""

import asyncio
import logging

import httpx
import pytest

from mail_failover.console.next_step import Again
from mail_failover.doctor.chat import chat_checks
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.settings.local import read_local

TOKEN = "123456789:sEcReT-telegram-token-0000000000000"
WEBHOOK = "https://hooks.slack.com/services/T0000/B0000/sEcReTwebhook000000000000"
CHATS = f'TELEGRAM_BOT_TOKEN="{TOKEN}"\nTELEGRAM_CHAT_ID="4711"\nSLACK_WEBHOOK_URL="{WEBHOOK}"\n'


def alerts(transport):
    """Send the test alerts through `transport`; return the checks by title."""
    found = asyncio.run(chat_checks(read_local(None), "shop.test", Again(), transport))
    return {check.title.removeprefix("Test alert: "): check for check in found}


def test_a_test_alert_goes_through_every_channel(folder):
    """It says that it is one, and names the domain."""
    (folder / ".dev.vars").write_text(CHATS)
    chat = ChatStandIn()
    found = alerts(chat)
    assert {check.status.value for check in found.values()} == {"pass"}
    assert sorted(name.split()[0] for name in found) == ["slack", "telegram"]
    assert sorted(post.service for post in chat.posts) == ["slack", "telegram"]
    assert all("Test alert" in post.seen and "shop.test" in post.seen for post in chat.posts)


@pytest.mark.parametrize("status", [401, 404, 302])
def test_a_channel_that_refuses_fails_without_naming_its_secret(folder, status):
    """The service's words are shown, the token is not."""
    (folder / ".dev.vars").write_text(CHATS)

    def refuse(request):
        body = {"ok": False, "error_code": status, "description": f"no to {request.url}"}
        return httpx.Response(status, json=body, headers={"location": "https://elsewhere.test/"})

    found = alerts(httpx.MockTransport(refuse))
    assert {check.status.value for check in found.values()} == {"fail"}
    assert "sEcReT" not in str(found)
    assert all(check.fix for check in found.values())


def test_a_wrong_secret_is_set_again_by_what_is_printed(folder):
    """For the service that refuses, and that alone."""
    (folder / ".dev.vars").write_text(CHATS)
    found = alerts(httpx.MockTransport(lambda _request: httpx.Response(404, text="no_service")))
    fixes = {name.split()[0]: check.fix for name, check in found.items()}
    for service, name in (("telegram", "TELEGRAM_BOT_TOKEN"), ("slack", "SLACK_WEBHOOK_URL")):
        put = f"write {name} into .dev.vars, then `mail-failover deploy`"
        assert fixes[service] == f"Set it right: {put}."


def test_a_test_alert_logs_no_url_because_it_carries_a_secret(folder, caplog):
    """As httpx does at level INFO."""
    caplog.set_level(logging.NOTSET, "httpx")
    caplog.set_level(logging.DEBUG)
    (folder / ".dev.vars").write_text(CHATS)
    alerts(ChatStandIn())
    assert "sEcReT" not in caplog.text


@pytest.mark.parametrize(("encrypted", "status"), [(True, "warn"), (False, None)])
def test_an_encrypted_room_is_warned_of(folder, encrypted, status):
    """It was not when it was connected; the alert arrives all the same, in the clear."""
    (folder / ".dev.vars").write_text(
        "MATRIX_HOMESERVER=https://matrix.test\nMATRIX_ROOM=!r:matrix.test\nMATRIX_TOKEN=syt_sEcReT\n"
    )

    def answer(request):
        if request.method == "GET":
            return httpx.Response(200 if encrypted else 404, json={"algorithm": "m.megolm.v1.aes-sha2"})
        return httpx.Response(200, json={"event_id": "$event"})

    found = alerts(httpx.MockTransport(answer))
    assert found["matrix"].status.value == "pass"
    room = found.get("Matrix's room")
    assert (room and room.status.value) == status
    assert room is None or (
        room.id,
        "encrypts nothing" in room.found,
        "chats matrix --room ID" in room.fix,
    ) == (
        "chat.room",
        True,
        True,
    )
    assert "sEcReT" not in str(found)


def test_no_channel_at_all_fails(folder):
    """Somebody asked for a test, and nobody would be told."""
    [check] = alerts(ChatStandIn()).values()
    assert check.status.value == "fail"
    assert check.found == "no complete channel in wrangler.toml: nobody would be told"
    assert check.fix == "Set one up: `mail-failover chats`."


def test_without_settings_there_is_no_chat_to_test(tmp_path, monkeypatch):
    """And the way to name them is said."""
    monkeypatch.chdir(tmp_path)
    [check] = alerts(ChatStandIn()).values()
    assert check.status.value == "skipped"
    assert "--config" in check.fix


def test_somebody_elses_encrypted_room_is_warned_of(folder):
    """By whose mail is told there; the usual one is none."""
    alerts_table = '{"anna@shop.test": {"matrix": {"chat": "!secret:matrix.test"}}}'
    (folder / ".dev.vars").write_text(
        "MATRIX_HOMESERVER=https://matrix.test\nMATRIX_ROOM=!r:matrix.test\nMATRIX_TOKEN=syt_sEcReT\n"
        f"ALERTS='{alerts_table}'\n"
    )

    def answer(request):
        if request.method == "GET":
            encrypted = "secret" in str(request.url)
            return httpx.Response(200 if encrypted else 404, json={"algorithm": "m.megolm.v1.aes-sha2"})
        return httpx.Response(200, json={"event_id": "$event"})

    found = alerts(httpx.MockTransport(answer))
    assert {*found} == {"matrix", "matrix for anna@shop.test", "Matrix's room"}
    room = found["Matrix's room"]
    assert room.found.startswith("for anna@shop.test: encrypted, and the Worker encrypts nothing")
    assert room.fix.endswith("Then write its id into ALERTS.")
