"""Matrix's settings: every problem with its fix, and mail that flows."""

import pytest

from failover.chats import MatrixSettings
from failover.settings import Settings

TOKEN = "syt_YWxlcnRz_sEcReTsEcReT_0a1b2c"
MATRIX = {
    "MATRIX_HOMESERVER": "https://matrix.example.org",
    "MATRIX_ROOM": "!abc:example.org",
    "MATRIX_TOKEN": TOKEN,
}
ROOM = "MATRIX_ROOM: must be the room's internal id, which begins with !: in Element, Room settings, Advanced"
TOKEN_AGAIN = "MATRIX_TOKEN: is no access token; set it again, without blanks"
SERVER = "MATRIX_HOMESERVER: must be an https:// address without a query; plain http:// only on this machine"


def read(env):
    """Read settings in which an inbox can be used, whatever else is wrong."""
    settings = Settings.from_env({"FALLBACK_INBOXES": "you@inbox.example"} | env)
    assert settings.inboxes == ("you@inbox.example",)
    assert "sEcReT" not in repr(settings)
    return settings


@pytest.mark.parametrize(
    "room", ["!abc:example.org", "!a/b=c:[::1]:8448", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"]
)
@pytest.mark.parametrize("server", ["https://matrix.example.org/", "http://127.0.0.1:8008"])
def test_a_server_a_room_and_a_token_are_a_destination(server, room):
    """On this machine without TLS; rooms of version 12 have no server's name."""
    settings = read(MATRIX | {"MATRIX_HOMESERVER": server, "MATRIX_ROOM": f" {room} "})
    assert settings.matrix == MatrixSettings(server.rstrip("/"), room, TOKEN)
    assert settings.problems == ()


def test_without_any_of_them_there_is_none():
    """And no problem."""
    assert read({"MATRIX_ROOM": " "}) == read({})


@pytest.mark.parametrize(
    ("env", "problems"),
    [
        *(({name: MATRIX[name]},
           [f"{other}: is missing: mail-failover chats matrix" for other in MATRIX if other != name])
          for name in MATRIX),
        (MATRIX | {"MATRIX_HOMESERVER": "http://matrix.example.org"}, [SERVER]),
        (MATRIX | {"MATRIX_HOMESERVER": "matrix.example.org"}, [SERVER]),
        (MATRIX | {"MATRIX_HOMESERVER": ["https://a.example"]}, ["MATRIX_HOMESERVER: must be a text"]),
        (MATRIX | {"MATRIX_ROOM": "#alerts:example.org"}, [ROOM]),
        (MATRIX | {"MATRIX_ROOM": "abc:example.org"}, [ROOM]),
        (MATRIX | {"MATRIX_ROOM": "!abc:example.org, !d:example.org"}, [ROOM]),
        (MATRIX | {"MATRIX_ROOM": f"!{'a' * 201}"}, [ROOM]),
        (MATRIX | {"MATRIX_TOKEN": "sEcReT"}, [TOKEN_AGAIN]),
        (MATRIX | {"MATRIX_TOKEN": "Bearer sEcReT-1"}, [TOKEN_AGAIN]),
        (
            {"MATRIX_HOMESERVER": "ftp://x", "MATRIX_ROOM": "#x", "MATRIX_TOKEN": "sEcReT\x00"},
            [SERVER, ROOM, TOKEN_AGAIN],
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_fix(env, problems):
    """All at once, and without any of the three there is no destination."""
    settings = read(env)
    assert [*map(str, settings.problems)] == problems
    assert settings.matrix is None
