"""The sockets that a Worker may open, in CPython."""

import asyncio

import pytest

from mail_failover.emulator.runtime.javascript import JsException, JsObject
from mail_failover.emulator.runtime.sockets import Sockets, connect, import_from_javascript


def test_a_greeting_is_heard_and_a_refusal_is_an_error():
    """From a server on this machine."""

    async def run():
        async def greet(_reader, writer):
            writer.write(b"220 mail.example.com ESMTP\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            assert await connect("127.0.0.1", port, tls=False) == b"220 mail.example.com ESMTP\r\n"
        with pytest.raises(ConnectionRefusedError):
            await connect("127.0.0.1", port, tls=False)

    asyncio.run(run())


def test_port_25_is_closed():
    """At once, whoever listens there."""
    address = JsObject({"hostname": "mail.example.com", "port": 25})
    with pytest.raises(JsException, match="port 25"):
        Sockets.connect(address, JsObject({"secureTransport": "off"}))


def test_no_other_module_can_be_had():
    """There is nothing else that a Worker here needs."""
    assert import_from_javascript("cloudflare:sockets") is Sockets
    with pytest.raises(JsException, match="No such module"):
        import_from_javascript("cloudflare:workers")
