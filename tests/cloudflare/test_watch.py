"""The end of every request: against real servers on 127.0.0.1 that never come to theirs."""

import contextlib
import datetime as dt
import ipaddress
import itertools
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mail_failover.cloudflare import api as api_module
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import Uncertain, Unreachable
from mail_failover.cloudflare.watch import Watch
from standins.cloudflare import TOKEN, ZONE

LIMIT = 0.4
LONG = 5.0
SETTINGS = b'{"success": true, "result": {"enabled": true}}'


class Server:
    """Answers each connection with what `script` yields for its number, a piece every hundredth second."""

    def __init__(self, script, context=None, *, greets=False):
        self.script, self.context, self.greets = script, context, greets
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.05)
        self.connections = 0
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._accept)]

    @property
    def url(self):
        """Where it is."""
        scheme = "https" if self.context else "http"
        return f"{scheme}://127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self):
        self.threads[0].start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(LONG)
        self.listener.close()

    def _accept(self):
        while not self.stop.is_set():
            with contextlib.suppress(TimeoutError):
                connection = self.listener.accept()[0]
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=[connection, self.connections])
                self.threads.append(thread)
                thread.start()

    def _serve(self, connection, number):
        with connection, contextlib.suppress(OSError):
            connection.settimeout(LONG)
            if self.context and not self.greets:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                if not self.greets:
                    connection.recv(65536)
                for piece in self.script(number):
                    if self.stop.is_set():
                        return
                    connection.sendall(piece)
                    self.stop.wait(0.01)


def slowly(start, pieces=b"x"):
    """Yield a start, then these bytes for ever, one at a time."""
    yield start
    for byte in itertools.cycle(pieces):
        yield bytes([byte])


def again_and_again(piece):
    """Yield a piece for ever."""
    return itertools.repeat(piece)


HEAD = b"HTTP/1.1 200 OK\r\n"
ENDLESS = {
    "no answer": lambda _number: again_and_again(b""),
    "a status that does not end": lambda _number: slowly(b"HTTP/1.1 200 "),
    "a header that does not end": lambda _number: slowly(HEAD + b"X: "),
    "headers that do not end": lambda _number: slowly(HEAD, b"X: y\r\n"),
    "an answer that is always to come": lambda _number: again_and_again(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body that is slow": lambda _number: slowly(HEAD + b"Content-Length: 100000\r\n\r\n" + SETTINGS, b" "),
    "a body in parts": lambda _number: slowly(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a body that the connection ends": lambda _number: slowly(HEAD + b"\r\n" + SETTINGS, b" "),
    "an error that is slow": lambda _number: slowly(b"HTTP/1.1 500 No\r\nContent-Length: 9999\r\n\r\n"),
}


def client(server, seconds=LIMIT):
    """Return a client of it that does not wait between two tries."""
    return Cloudflare(TOKEN, server.url, sleep=lambda _seconds: None, seconds=seconds)


@pytest.fixture
def certified(tmp_path, monkeypatch):
    """Make a key and a certificate for 127.0.0.1 that httpx trusts; return what the server needs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path / "both.pem"
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(pem))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize(
    ("name", "tls"), [*((name, False) for name in ENDLESS), *((name, True) for name in list(ENDLESS)[4:8])]
)
def test_a_request_has_a_limit_as_a_whole(name, tls, request):
    """However often a byte comes; what was asked for may have happened, so a POST is sent once."""
    context = request.getfixturevalue("certified") if tls else None
    with Server(ENDLESS[name], context) as server, client(server) as api:
        start = time.monotonic()
        with pytest.raises(Uncertain, match="The answer was lost when asking Cloudflare to switch") as caught:
            api.enable_routing(ZONE)
        assert LIMIT * 0.9 < time.monotonic() - start < LONG
        assert type(caught.value) is Uncertain
        assert "ReadTimeout" in caught.value.what
        assert server.connections == 1


def test_a_request_that_asks_only_is_made_again():
    """The next try has as much time, and it may be answered."""

    def script(number):
        if number < 3:
            return slowly(HEAD)
        return [HEAD + b"Content-Length: %d\r\n\r\n" % len(SETTINGS) + SETTINGS]

    with Server(script) as server, client(server) as api:
        assert api.routing(ZONE)["enabled"] is True
        assert server.connections == 3


def test_what_others_ask_at_the_same_time_goes_on():
    """Only the connection of the one whose time is over is shut down."""

    def script(number):
        if number == 1:
            return slowly(HEAD)
        parts = [SETTINGS[n : n + 1] for n in range(len(SETTINGS))]
        return [HEAD + b"Content-Length: %d\r\n\r\n" % len(SETTINGS), *parts]

    with Server(script) as server, client(server, 1.2) as api, ThreadPoolExecutor(4) as pool:
        lost = pool.submit(api.enable_routing, ZONE)
        while not server.connections:
            time.sleep(0.01)
        time.sleep(0.4)
        rest = [pool.submit(api.routing, ZONE) for _ in range(3)]
        assert [each.result(LONG)["enabled"] for each in rest] == [True] * 3
        assert isinstance(lost.exception(LONG), Uncertain)


def test_an_answer_that_has_no_end_is_cut_off():
    """As fast as it may come."""
    with Server(lambda _number: again_and_again(b"x" * 2**20)) as server, client(server, LONG * 2) as api:
        server.script = lambda _number: itertools.chain(
            [HEAD + b"Content-Length: 99999999999\r\n\r\n"], again_and_again(b" " * 2**20)
        )
        start = time.monotonic()
        with pytest.raises(Uncertain, match="was not understood"):
            api.enable_routing(ZONE)
        assert time.monotonic() - start < LONG


def test_a_handshake_that_does_not_end_has_changed_nothing(certified, monkeypatch):
    """Its limit is one for all of it; after that nothing was sent, so it is made again."""
    monkeypatch.setattr(api_module, "EACH_READ", httpx.Timeout(LONG, connect=LIMIT))
    script = lambda _number: slowly(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")  # noqa: E731
    with Server(script, certified, greets=True) as server, client(server, LONG) as api:
        start = time.monotonic()
        with pytest.raises(Unreachable, match="ConnectTimeout"):
            api.enable_routing(ZONE)
        assert time.monotonic() - start < LONG
        assert server.connections == 4


def test_a_connection_that_is_made_too_late_is_not_used():
    """So nothing is sent after its time."""
    closed = []

    class Stream:
        def close(self):
            closed.append(self)

    def connect():
        with Watch(0.01) as watch:
            watch._timer.join(LONG)
            watch.follow("connection.connect_tcp.complete", {"return_value": Stream()})

    with pytest.raises(httpx.ConnectTimeout):
        connect()
    assert len(closed) == 1


def test_each_request_has_a_connection_of_its_own():
    """One that was kept might be closed by the server just when a change is sent over it."""
    answer = HEAD + b"Content-Length: %d\r\n\r\n" % len(SETTINGS) + SETTINGS
    waits = []
    with Server(lambda _number: itertools.chain([answer], again_and_again(b""))) as server:
        with Cloudflare(TOKEN, server.url, sleep=waits.append, seconds=LIMIT) as api:
            for _ in range(3):
                api.routing(ZONE)
        assert (server.connections, waits) == (3, [])


def test_no_watch_is_left_behind():
    """Its thread ends with the request."""
    before = threading.active_count()
    answer = httpx.Response(200, json={"success": True, "result": {"enabled": True}})
    with Cloudflare(TOKEN, transport=httpx.MockTransport(lambda _request: answer)) as api:
        for _ in range(20):
            api.routing(ZONE)
    deadline = time.monotonic() + LONG
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before
