"""Inboxes keep every byte, on disk or behind another server."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_failover.emulator.routing.inbox import (
    InboxError,
    MaildirInboxes,
    MemoryInboxes,
    RelayInboxes,
    folder_name,
    read_maildir,
    write_maildir,
)
from mail_failover.emulator.routing.smtp import SmtpServer

CONTENT = b"Subject: hi\r\n\r\nbare\nlf \r cr\n.\n\x80\xff\r\n"


def test_a_maildir_holds_the_bytes_as_they_are(tmp_path):
    """Line endings too; nothing is left under tmp/."""
    asyncio.run(MaildirInboxes(tmp_path).store("You@Example.net", "", CONTENT))
    name = asyncio.run(MaildirInboxes(tmp_path).store("you@example.net", "", b"second"))
    folder = tmp_path / "you@example.net"
    assert (folder / "new" / name).read_bytes() == b"second"
    assert read_maildir(folder) == [CONTENT, b"second"]
    assert sorted(path.name for path in folder.iterdir()) == ["cur", "new", "tmp"]
    assert list((folder / "tmp").iterdir()) == []


def test_a_maildir_that_is_not_there_is_empty(tmp_path):
    """Reading creates nothing."""
    assert read_maildir(tmp_path / "none") == []
    assert list(tmp_path.iterdir()) == []


def test_a_broken_disk_is_a_temporary_error(tmp_path):
    """The sender keeps the message."""
    (tmp_path / "you@example.net").write_text("in the way")
    with pytest.raises(InboxError, match=r"^452 4\.3\.1 ") as caught:
        asyncio.run(MaildirInboxes(tmp_path).store("you@example.net", "", CONTENT))
    assert not caught.value.permanent


@given(st.text(min_size=1, max_size=300))
def test_a_folder_name_never_leaves_its_folder(address):
    """No separator, no dot at the start, and short enough for any file system."""
    name = folder_name(address)
    assert name.isascii()
    assert not set(name) & set("/\\\0:")
    assert not name.startswith(".")
    assert 0 < len(name) <= 200


@given(st.text(max_size=80), st.text(max_size=80))
def test_folder_names_differ_where_addresses_do(one, two):
    """Two inboxes never share a Maildir."""
    assert (folder_name(one) == folder_name(two)) == (one.lower() == two.lower())


def test_memory_keeps_addresses_apart():
    """Under small letters."""
    inboxes = MemoryInboxes()
    asyncio.run(inboxes.store("A@x", "", b"1"))
    asyncio.run(inboxes.store("b@x", "", b"2"))
    assert inboxes.messages == {"a@x": [b"1"], "b@x": [b"2"]}


def relay(reply):
    """Relay one message to a server that replies so; return what it took."""
    taken = []

    async def take(*message):
        taken.append(message)
        return reply

    async def run():
        server = SmtpServer(take)
        await server.start()
        try:
            await RelayInboxes("127.0.0.1", server.port).store("you@example.net", "a@example.org", CONTENT)
        finally:
            await server.stop()
        return taken

    return asyncio.run(run())


def test_a_relay_hands_the_bytes_on():
    """With the envelope."""
    assert relay("250 2.0.0 OK") == [("a@example.org", ["you@example.net"], CONTENT)]


@pytest.mark.parametrize(("reply", "permanent"), [("450 4.2.1 busy", False), ("550 5.1.1 nobody", True)])
def test_a_relays_refusal_keeps_its_meaning(reply, permanent):
    """With its own words."""
    with pytest.raises(InboxError) as caught:
        relay(reply)
    assert (caught.value.reply, caught.value.permanent) == (reply, permanent)


def test_a_relay_that_is_down_is_a_temporary_error():
    """Nothing listens there."""

    async def run():
        server = SmtpServer(lambda *_: None)
        await server.start()
        await server.stop()
        await RelayInboxes("127.0.0.1", server.port).store("you@example.net", "", CONTENT)

    with pytest.raises(InboxError, match=r"^421 4\.4\.1 ") as caught:
        asyncio.run(run())
    assert not caught.value.permanent


def test_each_message_has_a_file_of_its_own(tmp_path):
    """Also when they come at once."""
    names = {write_maildir(tmp_path, b"x").name for _ in range(50)}
    assert len(names) == 50
