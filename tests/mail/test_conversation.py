"""A conversation with a server that is cut short."""

import asyncio

import pytest

from mail_failover.mail.conversation import conversation


def test_a_ctrl_c_just_when_an_answer_comes_stays_one(monkeypatch):
    """A signal's handler cancels between any two instructions, also while asyncio settles a future."""
    cancelled = []

    async def talk():
        task = asyncio.current_task()

        def wake(reader):
            # As asyncio does it, and in between the handler.
            if (waiter := reader._waiter) is not None:
                reader._waiter = None
                cancelled.append(task.cancel())
                waiter.set_result(None)

        async def serve(_reader, writer):
            monkeypatch.setattr(asyncio.StreamReader, "_wakeup_waiter", wake)
            writer.write(b"220 ready\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server, conversation(server.sockets[0].getsockname()[:2]) as found:
            await found.banner()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(talk())
    assert cancelled == [True]
