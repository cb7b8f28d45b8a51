"""What Discord and a homeserver of Matrix's answer to the questions of `chats`."""

import json
import re

MATRIX_TOKEN = "syt_sEcReT_matrix_token_000000"
USER = "@mail:matrix.test"
ROOM = "!opaque:matrix.test"
ALIAS = "#alerts:matrix.test"
DISCORD = f"https://discord.com/api/webhooks/123456789012345678/sEcReT_webhook_token-{'0' * 47}"


class Homeserver:
    """One account and a few rooms: by id, the account's membership, the name, whether it is encrypted.

    `aliases` names rooms by their addresses; `versions` is what it says to everybody.
    """

    def __init__(self):
        self.versions = ["v1.1", "v1.11"]
        self.rooms = {
            ROOM: {"membership": "join", "name": "Mail alerts", "encrypted": False},
            "!secret:matrix.test": {"membership": "join", "name": "Family", "encrypted": True},
            "!invited:matrix.test": {"membership": "invite", "name": "Board", "encrypted": False},
        }
        self.aliases = {ALIAS: ROOM}

    def answer(self, path, authorization):
        """Answer a question: the status and the JSON."""
        if path == "/_matrix/client/versions":
            return 200, {"versions": self.versions}
        if authorization != f"Bearer {MATRIX_TOKEN}":
            return 401, _refusal("M_UNKNOWN_TOKEN")
        path = path.removeprefix("/_matrix/client/v3")
        if path == "/account/whoami":
            return 200, {"user_id": USER, "device_id": "ABC"}
        if path.startswith("/directory/room/"):
            room = self.aliases.get(path.removeprefix("/directory/room/"))
            return (200, {"room_id": room, "servers": []}) if room else (404, _refusal("M_NOT_FOUND"))
        if found := re.fullmatch(r"/rooms/([^/]+)/state/([a-z.]+)/([^/]*)", path):
            return self._state(*found.groups())
        return 404, _refusal("M_UNRECOGNIZED")

    def _state(self, room, kind, key):
        about = self.rooms.get(room)
        if about is None or (about["membership"] != "join" and kind != "m.room.member"):
            return 403, _refusal("M_FORBIDDEN")
        there = {
            ("m.room.member", USER): {"membership": about["membership"]},
            ("m.room.name", ""): {"name": about["name"]} if about["name"] else None,
            ("m.room.encryption", ""): {"algorithm": "m.megolm.v1.aes-sha2"} if about["encrypted"] else None,
        }
        found = there.get((kind, key))
        return (200, found) if found else (404, _refusal("M_NOT_FOUND"))


def webhook(path, name="Mail alerts"):
    """Answer who a webhook of Discord's is; with its token, as Discord does."""
    number, token = path.split("/")[-2:]
    if not DISCORD.endswith(f"/webhooks/{number}/{token}"):
        return 404, {"message": "Unknown Webhook", "code": 10015}
    return 200, {"id": number, "type": 1, "name": name, "channel_id": "4242", "token": token, "url": DISCORD}


def content(status, value):
    """Write an answer: the status, header fields, content, and no fault."""
    return status, {"content-type": "application/json"}, json.dumps(value).encode(), ""


def _refusal(code):
    return {"errcode": code, "error": f"no, says {MATRIX_TOKEN}"}
