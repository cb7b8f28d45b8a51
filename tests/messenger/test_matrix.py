"""Whose a token of Matrix's is, and whether alerts can be read in a room: nothing is joined or written."""

import asyncio
import json
import logging

import httpx
import pytest

from mail_failover.messenger.errors import (
    Encrypted,
    Failing,
    NoSuchChat,
    NotUnderstood,
    TokenRejected,
)
from mail_failover.messenger.matrix import Matrix, Room, is_encrypted
from standins.further import ALIAS, MATRIX_TOKEN, ROOM, USER

SERVER = "https://matrix.test"
SECRET_ROOM = "!secret:matrix.test"


@pytest.fixture
def matrix(ports):
    """Ask with the account's token."""
    with Matrix(SERVER, MATRIX_TOKEN, ports) as matrix:
        yield matrix


def test_a_token_names_its_user(matrix):
    """By the whole identifier."""
    assert matrix.user() == USER


def test_a_token_that_nobody_has_is_rejected(ports):
    """And says where it stands; what the server repeats is not repeated."""
    with Matrix(SERVER, "syt_another", ports) as matrix, pytest.raises(TokenRejected) as raised:
        matrix.user()
    assert "Access Token" in raised.value.fix
    assert "sEcReT" not in str(raised.value)


@pytest.mark.parametrize("named", [ROOM, ALIAS])
def test_a_room_is_found_by_its_id_and_by_its_alias(matrix, world, named):
    """One that has no name has none."""
    assert matrix.room(named) == Room(ROOM, "Mail alerts")
    world.homeserver.rooms[ROOM]["name"] = ""
    assert matrix.room(named) == Room(ROOM, "")


@pytest.mark.parametrize(
    ("named", "error", "words"),
    [
        (SECRET_ROOM, Encrypted, "The room is encrypted"),
        ("!nowhere:matrix.test", NoSuchChat, f"{USER} is not in the room"),
        ("!invited:matrix.test", NoSuchChat, "was invited to the room"),
        ("!a/../b?c#d:matrix.test", NoSuchChat, "is not in the room"),
        ("#nowhere:matrix.test", NoSuchChat, "knows no room of that address"),
    ],
)
def test_a_room_that_alerts_can_not_be_read_in_is_told_by_its_reason(matrix, named, error, words):
    """Each with what to do."""
    with pytest.raises(error, match=words) as raised:
        matrix.room(named)
    assert raised.value.fix


@pytest.mark.parametrize(
    "answer",
    [
        (404, {"errcode": "M_UNRECOGNIZED"}),
        (404, {"error": "sEcReT"}),
        (200, {"user_id": 7}),
        (200, {"versions": "v1"}),
        (418, {"errcode": "M_TEAPOT"}),
        (302, {}),
    ],
)
def test_what_is_no_homeserver_is_not_taken_for_one(matrix, world, monkeypatch, answer):
    """Nor quoted."""
    status, body = answer
    monkeypatch.setattr(world, "answer", lambda *_: (status, {}, json.dumps(body).encode(), ""))
    for ask in (matrix.check, matrix.user):
        with pytest.raises(NotUnderstood) as raised:
            ask()
        assert "sEcReT" not in str(raised.value)


def test_a_homeserver_that_fails_for_a_moment_is_asked_again(matrix, world):
    """And not for ever."""
    world.fault = lambda _method, count: "429 7" if count == 0 else ""
    assert matrix.user() == USER
    world.fault = lambda *_: "502"
    with pytest.raises(Failing, match="The homeserver is out of order"):
        matrix.check()


def test_the_token_is_neither_logged_nor_shown(matrix, caplog):
    """It is in a header field."""
    caplog.set_level(logging.DEBUG)
    matrix.check()
    matrix.room(ROOM)
    assert "sEcReT" not in caplog.text + repr(matrix) + repr(matrix._client)


@pytest.mark.parametrize(
    ("status", "body", "encrypted"),
    [
        (200, {"algorithm": "m.megolm.v1.aes-sha2"}, True),
        (404, {"errcode": "M_NOT_FOUND"}, False),
        (200, {"welcome": "to the hotel"}, False),
    ],
)
def test_doctor_learns_whether_a_room_is_encrypted(status, body, encrypted):
    """Only a homeserver's own word counts."""

    def answer(request):
        assert request.url.raw_path == b"/_matrix/client/v3/rooms/%21r%3Ax.test/state/m.room.encryption/"
        return httpx.Response(status, json=body)

    transport = httpx.MockTransport(answer)
    assert asyncio.run(is_encrypted(SERVER, "!r:x.test", MATRIX_TOKEN, transport)) is encrypted


def test_a_homeserver_that_can_not_be_reached_says_nothing_of_its_room():
    """The alert's own check tells that."""

    def fail(request):
        raise httpx.ConnectError("no", request=request)

    assert asyncio.run(is_encrypted(SERVER, ROOM, MATRIX_TOKEN, httpx.MockTransport(fail))) is False
