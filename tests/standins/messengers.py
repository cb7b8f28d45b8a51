"""The services of chats, asked who and where: in this process, or on 127.0.0.1.

Messages that are sent go to the emulator's stand-in for chats, which shows what a person would see.
"""

import asyncio
import contextlib
import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import httpx

from mail_failover.emulator.chat.further import KINDS
from mail_failover.emulator.chat.standin import ChatStandIn
from standins import further

TOKEN = "123456789:sEcReT-telegram-token-0000000000000"
SLACK_TOKEN = "xoxb-1-2-sEcReTslack000000000000"
WEBHOOK = "https://hooks.slack.com/services/T0000/B0000/sEcReTwebhook000000000000"
BOT = {"id": 123456789, "is_bot": True, "first_name": "Mail alerts", "username": "shop_mail_bot"}
ANNA = {"id": 4711, "type": "private", "first_name": "Anna", "last_name": "Muster", "username": "anna"}
STRANGER = {"id": 666, "type": "private", "first_name": "Mallory"}
GROUP = {"id": -500, "type": "group", "title": "Family"}
FORUM = {"id": -1001234567890, "type": "supergroup", "title": "House", "is_forum": True}
CHANNELS = (("C0001", "general", True), ("C0002", "alerts", False), ("G0003", "family", True))
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active;"
    " use deleteWebhook to delete the webhook first"
)
OTHER_READER = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
PAGE = 100


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        """Return the time."""
        return self.now

    def sleep(self, seconds):
        """Let it pass."""
        self.now += seconds


class Messengers:
    """One bot at Telegram, one app at Slack, a webhook at Discord named `webhook_name`, a `homeserver`.

    `updates` waits for whoever asks; `confirmed` counts what was taken away; `webhook` and `other` say who
    else is given what is written to the bot. `channels` are Slack's (id, name, member), those with G private;
    `scopes` what the app may do, `page` how many channels come at once. `fault(method, count)` says how a
    call fails, `count` of which were before: "" not at all; "lost": the connection ends; "text": no JSON;
    "endless": bytes without an end; "429 7": that status, with seconds to wait; "500" and so on. `patience`
    is how many seconds an empty long poll takes of those that it may, if no `clock` plays the time.
    """

    def __init__(self, clock=None, *, patience=0.05):
        self.clock = clock
        self.patience = patience
        self.chat = ChatStandIn()
        self.bot = dict(BOT)
        self.updates = []
        self.confirmed = 0
        self.webhook = self.other = False
        self.channels = list(CHANNELS)
        self.scopes = {"channels:read", "groups:read", "chat:write"}
        self.page = 2
        self.topics = set()
        self.homeserver = further.Homeserver()
        self.webhook_name = "Mail alerts"
        self._kinds = [make() for make in KINDS]
        self.chats = {str(each["id"]): each for each in (ANNA, GROUP, FORUM)}
        self.fault = lambda method, count: ""
        self.calls = []
        self._coming = []
        self._numbers = itertools.count(1000)
        self._asked = (None, -1.0)
        self._changed = threading.Condition(threading.RLock())

    def write(self, text, chat=ANNA, *, after=0, post=False, **fields):
        """Let a person write in a chat, or post in a channel: after so many questions for updates."""
        number = next(self._numbers)
        message = {"message_id": number, "date": 1_795_000_000, "chat": chat, "text": text} | fields
        with self._changed:
            update = {"update_id": number, "channel_post" if post else "message": message}
            self._coming.append((after, update))
            self._changed.notify_all()

    def write_in_topic(self, text, thread, topic, chat=FORUM, **fields):
        """Let a person write in a topic of a forum."""
        self.topics.add(thread)
        created = {
            "message_id": thread,
            "chat": chat,
            "forum_topic_created": {"name": topic, "icon_color": 1},
        }
        inside = {"message_thread_id": thread, "is_topic_message": True, "reply_to_message": created}
        self.write(text, chat, **inside, **fields)

    def follow(self, link, chat=None, *, after=0):
        """Let a person open a link of the bot, and press Start, or choose a group."""
        given = parse_qs(urlsplit(link).query)
        assert urlsplit(link).path == f"/{self.bot['username']}", link
        if "startgroup" in given:
            text = f"/start@{self.bot['username']} {given['startgroup'][0]}"
            self.write(text, chat or GROUP, after=after)
        else:
            self.write(f"/start {given['start'][0]}", chat or ANNA, after=after)

    def answer(self, target, headers, body, verb="POST"):  # noqa: PLR0911 - one way for each kind
        """Answer one request: the status, header fields, content, and how it fails."""
        path = unquote(target.partition("?")[0])
        method = path.rstrip("/").rpartition("/")[2]
        with self._changed:
            count = sum(each == method for each in self.calls)
            self.calls.append(method)
            if fault := self.fault(method, count):
                return _failed(fault)
        if verb == "GET":
            return self._told(path, headers)
        request = httpx.Request(verb, f"http://127.0.0.1{target}", headers=headers, content=body)
        if any(each.takes(request) for each in self._kinds):
            return self._sent(request)
        if method in {"sendMessage", "editMessageText", "chat.postMessage"} or "/services/" in path:
            return self._send(request)
        values = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if path.startswith("/api/"):
            return _json(self._slack(method, headers.get("authorization", ""), values))
        if path != f"/bot{TOKEN}/{method}":
            return _refused(401, "Unauthorized")
        call = {"getMe": self._get_me, "getChat": self._get_chat, "getUpdates": self._get_updates}.get(method)
        return call(values) if call else _refused(404, "Not Found: method not found")

    @contextlib.contextmanager
    def serving(self):
        """Listen on a free port of this machine and yield the address, which stands for both services'."""
        server = _Server(("127.0.0.1", 0), _Handler)
        server.messengers = self
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join(10)

    def _told(self, path, headers):
        if path.startswith("/_matrix/"):
            return further.content(*self.homeserver.answer(path, headers.get("authorization", "")))
        return further.content(*further.webhook(path, self.webhook_name))

    def _send(self, request):
        topic = json.loads(request.content).get("message_thread_id", 0)
        if topic and topic not in self.topics:
            return _refused(400, "Bad Request: message thread not found")
        return self._sent(request)

    def _sent(self, request):
        response = asyncio.run(self.chat.handle_async_request(request))
        return response.status_code, {"content-type": "application/json"}, response.content, ""

    def _get_me(self, _values):
        return _result(self.bot)

    def _get_chat(self, values):
        chat = self.chats.get(values["chat_id"])
        return _result(chat) if chat else _refused(400, "Bad Request: chat not found")

    def _get_updates(self, values):
        if self.webhook:
            return _refused(409, WEBHOOK_ACTIVE)
        offset, seconds = int(values.get("offset", 0)), int(values.get("timeout", 0))
        with self._changed:
            limit = self._limit(offset, int(values.get("limit", PAGE)))
            self._arrive()
            if offset:
                kept = [each for each in self.updates if each["update_id"] >= offset]
                self.confirmed += len(self.updates) - len(kept)
                self.updates = kept
            if seconds and not self.updates:
                if self.other:
                    return _refused(409, OTHER_READER)
                self._wait(seconds)
            return _result(self.updates[:limit])

    def _limit(self, offset, limit):
        """Show a single update to whoever asks for the same again within half a second."""
        now = (self.clock or time.monotonic)()
        before, self._asked = self._asked, (offset, now)
        return 1 if before[0] == offset and now < before[1] + 0.5 else limit

    def _wait(self, seconds):
        if self.clock:
            self.clock.sleep(seconds)
            return
        self._changed.wait(min(seconds, self.patience))
        self._arrive()

    def _arrive(self):
        asked = self.calls.count("getUpdates")
        self.updates += [update for after, update in self._coming if asked > after]
        self._coming = [each for each in self._coming if asked <= each[0]]

    def _slack(self, method, authorization, values):
        if authorization != f"Bearer {SLACK_TOKEN}":
            return {"ok": False, "error": "invalid_auth" if authorization else "not_authed"}
        if method == "auth.test":
            return {"ok": True, "team": "Shop", "user": "mail_alerts", "team_id": "T1", "user_id": "U1"}
        if method != "conversations.list":
            return {"ok": False, "error": "unknown_method"}
        types = values.get("types", "public_channel").split(",")
        needed = {"public_channel": "channels:read", "private_channel": "groups:read"}
        for kind in types:
            if needed[kind] not in self.scopes:
                provided = ",".join(sorted(self.scopes))
                return {"ok": False, "error": "missing_scope", "needed": needed[kind], "provided": provided}
        return self._channels(types, int(values.get("cursor") or 0))

    def _channels(self, types, start):
        """Give a page; which types it holds is asked after it was cut, so that it may be empty."""
        end = start + self.page
        channels = [
            {"id": number, "name": name, "is_member": member, "is_private": number.startswith("G")}
            for number, name, member in self.channels[start:end]
            if ("private_channel" if number.startswith("G") else "public_channel") in types
        ]
        cursor = str(end) if end < len(self.channels) else ""
        return {"ok": True, "channels": channels, "response_metadata": {"next_cursor": cursor}}


class Link(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Leads to both services without a network."""

    def __init__(self, messengers):
        self._messengers = messengers

    def handle_request(self, request):
        """Carry a request there."""
        return self._carry(request, request.read())

    async def handle_async_request(self, request):
        """Carry a request there, for those who wait."""
        body = await request.aread()
        return await asyncio.to_thread(self._carry, request, body)

    def _carry(self, request, body):
        status, fields, content, fault = self._messengers.answer(
            request.url.raw_path.decode(), dict(request.headers), body, request.method
        )
        if fault == "lost":
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        if fault == "endless":
            return httpx.Response(status, stream=_Endless())
        return httpx.Response(status, headers=fields, content=content)


class _Endless(httpx.SyncByteStream):
    def __iter__(self):
        return itertools.repeat(bytes(65536))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """Say nothing: a client that is killed hangs up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self):
        """Answer."""
        self.do_POST()

    def do_PUT(self):
        """Answer."""
        self.do_POST()

    def do_POST(self):
        """Answer."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, fields, content, fault = self.server.messengers.answer(self.path, headers, body, self.command)
        if fault == "lost":
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""


def _json(value, status=200, fields=None):
    return status, {"content-type": "application/json"} | (fields or {}), json.dumps(value).encode(), ""


def _result(value):
    return _json({"ok": True, "result": value})


def _refused(status, description):
    return _json({"ok": False, "error_code": status, "description": description}, status)


def _failed(fault):
    kind, _, seconds = fault.partition(" ")
    if kind in {"lost", "text", "endless"}:
        return 200, {}, b"<html>no JSON</html>", kind
    fields = {"retry-after": seconds} if seconds else {}
    fields |= {"location": "https://login.example/"} if kind.startswith("3") else {}
    return int(kind), fields, b"<html>no JSON</html>", ""
