"""The spool's door, in memory, with faults before and after each request's effect."""

import asyncio
import contextlib
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

TOKEN = "t0ken-" + "x" * 40
DOMAIN = "example.com"
LEASE_SECONDS = 600
# As `asdict(Outage(...))` of the Worker's gives it.
OUTAGE = {"number": 3, "began": 1_795_000_000.0, "last": 1_795_000_600.0, "ended": 0.0, "caught": 4}
OUTAGE |= {
    "repeats": 1,
    "forwarded": 1,
    "waiting": 0,
    "returned": 0,
    "senders": {},
    "inboxes": {},
    "told": 0.0,
}
OUTAGE |= {"urgent": 0.0, "summed_up": 0.0, "loud": True, "ends": 0, "version": 9, "down": True, "first": "k"}
OUTAGE |= {"held": 3, "kept": 0, "home": 0, "refused": 0, "settled": 0.0}
PAGE = 100


@dataclass
class Kept:
    """One copy in the spool; `content` is what the door gives; if `sealed`, of a message of `size` bytes."""

    id: str
    sender: str
    recipient: str
    content: bytes
    caught: float
    fate: str = "held"
    state: str = "waiting"
    words: str = ""
    due: float = 0
    sealed: str = ""
    lease: str = ""
    until: float = 0
    verdicts: list = field(default_factory=list)
    size: int | None = None

    @property
    def sha256(self):
        """Return the hash that was made when it was stored."""
        return hashlib.sha256(self.content).hexdigest()

    def json(self, now):
        """Return it as the door lists it."""
        names = ("id", "sender", "recipient", "sealed", "caught", "fate", "words", "due")
        value = {name: getattr(self, name) for name in names}
        size = len(self.content) if self.size is None else self.size
        return value | {"size": size, "sha256": self.sha256, "state": self.now(now)}

    def now(self, now):
        """Return its state: a lease that is over is none."""
        return "leased" if self.state == "waiting" and self.until > now else self.state


class Door:
    """Keeps copies and answers as the Worker's door does.

    `fault(name, count)`, with the request's name (list, lease, fetch, verdict, drop, status) and how many of
    it there were before, says how it fails: "" not at all; "lost before", "lost after": the connection ends;
    "500 before", "429 after" and so on: that status instead, before or after the effect; "nonsense": JSON of
    another shape; "text": no JSON; "cut": half of the body; "endless": a body without an end; "flip": a wrong
    byte in the raw copy; "slow": no answer until the door is closed. `said` replaces parts of the status,
    `stranger` is the status and the body for whoever has another token or none.
    """

    def __init__(self, *, token=TOKEN, clock=time.time):
        self.token = token
        self.kept = {}
        self.clock = clock
        self.fault = lambda name, count: ""
        self.outage = False
        self.said = {}
        self.stranger = 404, b""
        self.requests = []
        self.wrong_tokens = 0
        self._counts = {}
        self._number = 0
        self._lock = threading.Lock()
        self.closing = threading.Event()

    def put(self, content=b"Subject: hi\r\n\r\nx\r\n", *, copy_id="", **fields):
        """Store a message and return its id; what is encrypted brings its own."""
        self._number += 1
        copy_id = copy_id or f"{self._number}-{secrets.token_hex(4)}"
        known = {"sender": "shop@example.org", "recipient": f"anna@{DOMAIN}", "caught": self.clock()}
        self.kept[copy_id] = Kept(copy_id, content=content, **known | fields)
        return copy_id

    def states(self):
        """Return the state of each copy, the oldest first."""
        return [copy.now(self.clock()) for copy in self.kept.values()]

    def answer(self, method, target, token, body):
        """Answer one request: status, header fields, body and how it fails."""
        url = urlsplit(target)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        with self._lock:
            if token != f"Bearer {self.token}":
                self.wrong_tokens += 1
                status, content = self.stranger
                return status, {}, content, ""
            name, work = self._route(method, url.path)
            self.requests.append((name, query, body))
            count = self._counts[name] = self._counts.get(name, -1) + 1
            fault = self.fault(name, count)
            if fault.endswith(" before"):
                return _failed(fault)
            if not name or query.get("domain") != DOMAIN:
                return 404, {}, b"", ""
            try:
                status, fields, content = work(query, body)
            except (ValueError, KeyError, TypeError) as error:
                status, fields, content = 400, {}, json.dumps({"error": repr(error)}).encode()
            if fault.endswith(" after"):
                return _failed(fault)
            return status, fields, _spoiled(content, fault), fault

    def _route(self, method, path):
        copy_id = path.removeprefix("/v1/spool/")
        routes = {
            ("GET", "/v1/spool"): ("list", self._list),
            ("POST", "/v1/lease"): ("lease", self._lease),
            ("POST", "/v1/verdict"): ("verdict", self._verdict),
            ("GET", "/v1/status"): ("status", self._status),
            ("GET", f"/v1/spool/{copy_id}"): ("fetch", lambda *_: self._fetch(copy_id)),
            ("DELETE", f"/v1/spool/{copy_id}"): ("drop", lambda query, _: self._drop(copy_id, query)),
        }
        return routes.get((method, path), ("", None))

    def _list(self, query, _body):
        copies = list(self.kept.values())
        if "after" in query:
            number = int(query["after"].partition("-")[0])
            copies = [copy for copy in copies if int(copy.id.partition("-")[0]) > number]
        size = min(int(query.get("limit", PAGE)), PAGE)
        page, now = copies[:size], self.clock()
        after = page[-1].id if len(copies) > size else None
        return _json({"copies": [copy.json(now) for copy in page], "next": after})

    def _lease(self, _query, body):
        asked, now = json.loads(body), self.clock()
        free = [copy for copy in self.kept.values() if copy.now(now) == "waiting"]
        if "ids" in asked:
            free = [copy for copy in free if copy.id in asked["ids"]]
        else:
            free = [copy for copy in free if copy.due <= now][: min(asked["limit"], 100)]
        lease, until = secrets.token_hex(8), now + LEASE_SECONDS
        for copy in free:
            copy.lease, copy.until = lease, until
        copies = [copy.json(now) for copy in free]
        return _json({"lease": lease, "until": until, "copies": copies, "outage": self.outage})

    def _fetch(self, copy_id):
        if (copy := self.kept.get(copy_id)) is None:
            return 404, {}, b""
        fields = {
            "x-mail-failover-sha256": copy.sha256,
            "x-mail-failover-sender": quote(copy.sender),
            "x-mail-failover-recipient": quote(copy.recipient),
        }
        return 200, fields, copy.content

    def _verdict(self, _query, body):
        said, now = json.loads(body), self.clock()
        copy, verdict = self.kept.get(said["id"]), said["verdict"]
        if copy is None:
            return 404, {}, b""
        if verdict == "delivered" and said["sha256"] != copy.sha256:
            return _json({"error": "the hash is another message's"}, 409)
        same = copy.state == verdict == "refused"
        leased = said["lease"] == copy.lease and copy.until > now
        if verdict in {"refused", "later"} and not (same or leased):
            return _json({"error": "the lease is over"}, 409)
        if verdict == "again" and copy.now(now) == "leased":
            return _json({"error": "it is being delivered"}, 409)
        copy.verdicts.append(verdict)
        copy.state = verdict if verdict in {"delivered", "refused"} else "waiting"
        copy.lease, copy.until, copy.words = "", 0, said["words"]
        copy.due = now + said["pause"] if verdict == "later" and said["pause"] else 0
        return _json({"state": copy.state})

    def _drop(self, copy_id, query):
        if (copy := self.kept.get(copy_id)) is None:
            return 404, {}, b""
        if query["sha256"] != copy.sha256:
            return _json({"error": "the hash is another message's"}, 409)
        del self.kept[copy_id]
        return _json({"state": "deleted"})

    def _status(self, _query, _body):
        states = self.states()
        names = ("waiting", "leased", "refused", "delivered")
        spool = {name: states.count(name) for name in names}
        spool |= {"bytes": sum(len(copy.content) for copy in self.kept.values()), "most": 2_000_000_000}
        outage = {**OUTAGE, "kept": len(states), "home": spool["delivered"]} if self.outage else None
        said = {"outage": outage, "untold": 0, "outbox": [], "next": None, "spool": spool}
        return _json(said | self.said)

    @contextlib.contextmanager
    def serving(self):
        """Listen on a free port of this machine and yield the address."""
        server = _Server(("127.0.0.1", 0), _Handler)
        server.door = self
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            self.closing.set()
            server.shutdown()
            server.server_close()
            thread.join(10)


class Link(httpx.AsyncBaseTransport):
    """Leads to a door without a network."""

    def __init__(self, door):
        self._door = door

    async def handle_async_request(self, request):
        await asyncio.sleep(0)
        status, fields, content, fault = self._door.answer(
            request.method,
            request.url.raw_path.decode(),
            request.headers.get("authorization", ""),
            await request.aread(),
        )
        if fault.startswith("lost"):
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        if fault == "slow":
            raise httpx.ReadTimeout("")
        return httpx.Response(status, headers=fields, stream=_Body(content, fault))


class _Body(httpx.AsyncByteStream):
    def __init__(self, content, fault):
        self._content, self._fault = content, fault

    async def __aiter__(self):
        if self._fault == "cut":
            yield self._content[: len(self._content) // 2]
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
        yield self._content
        while self._fault == "endless":
            await asyncio.sleep(0)
            yield bytes(65536)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """Say nothing: a client that is killed hangs up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def _serve(self):
        door = self.server.door
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        token = self.headers.get("authorization", "")
        status, fields, content, fault = door.answer(self.command, self.path, token, body)
        if fault == "slow":
            door.closing.wait(30)
        if fault.startswith("lost") or fault == "slow":
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        if fault != "endless":
            self.send_header("content-length", str(len(content)))
        else:
            self.close_connection = True
        self.end_headers()
        self.wfile.write(content if fault != "cut" else content[: len(content) // 2])
        if fault == "cut":
            self.close_connection = True
        while fault == "endless" and not door.closing.is_set():
            self.wfile.write(bytes(65536))

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - their names are the library's

    def log_message(self, *_):
        """Say nothing."""


def _json(value, status=200):
    return status, {"content-type": "application/json"}, json.dumps(value).encode()


def _failed(fault):
    how = fault.partition(" ")[0]
    if how == "lost":
        return 0, {}, b"", fault
    fields = {"location": "https://login.example/"} if how.startswith("3") else {}
    return int(how), fields, b"<html>no JSON</html>", ""


def _spoiled(content, fault):
    if fault == "nonsense":
        return b'{"copies": {"id": 7}, "state": 3, "spool": [], "lease": null}'
    if fault == "text":
        return b"<html>"
    if fault == "flip" and content:
        return bytes([content[0] ^ 1]) + content[1:]
    return content
