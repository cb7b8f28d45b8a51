"""The emulator as a whole: SMTP in, the Worker, inboxes and chats out."""

import asyncio
import contextlib
from collections import Counter
from pathlib import Path

import httpx
import pytest

from mail_failover.emulator.emulator import Emulator
from mail_failover.emulator.faults import Fault, parse_fault
from mail_failover.emulator.routing.edge import Status
from mail_failover.emulator.routing.inbox import MaildirInboxes, MemoryInboxes, read_maildir
from mail_failover.emulator.services import stand_in_settings
from mail_failover.emulator.transcript import status_lines
from mail_failover.emulator.watch import Watch
from mail_failover.errors import UsageError
from mail_failover.mail.submission import RefusedError, submit
from mail_failover.settings.files import Config, read_config

ROOT = Path(__file__).resolve().parents[2]
INBOX = "you@example.net"
WORKER = """
import json
from workers import WorkerEntrypoint, fetch

class Default(WorkerEntrypoint):
    async def email(self, message):
        if message["to"].startswith("nobody"):
            message["setReject"]("no such\\r\\nperson")
            return
        self.ctx.waitUntil(self.tell(message["to"]))
        print("caught", message["to"])
        await message["forward"](self.env.FALLBACK_INBOXES.to_py()[0])

    async def tell(self, to):
        url = f"https://api.telegram.org/bot{self.env.TELEGRAM_BOT_TOKEN}/sendMessage"
        body = json.dumps({"chat_id": self.env.TELEGRAM_CHAT_ID, "text": f"mail for {to}"})
        await fetch(url, method="POST", headers={"content-type": "application/json"}, body=body)
"""


@pytest.fixture
def config(tmp_path):
    """Write a small Worker and its settings."""
    main = tmp_path / "entry.py"
    main.write_text(WORKER)
    return Config(main, {"FALLBACK_INBOXES": [INBOX]})


class Seen:
    """What the emulator told its watch."""

    def __init__(self):
        self.outcomes, self.lines, self.posts = [], [], []
        self.watch = Watch(lambda *what: self.outcomes.append(what), self.lines.append, self.posts.append)


async def send(emulator, content, *recipients, sender="a@example.org"):
    """Send one message from a thread; return the reply, also a refusal."""
    server = ("127.0.0.1", emulator.port)
    try:
        return await asyncio.to_thread(submit, server, sender, recipients or ["anna@example.com"], content)
    except RefusedError as error:
        return error.reply


def test_a_message_goes_all_the_way(config):
    """To the inbox, to the chat, and onto the watch."""
    seen, inboxes = Seen(), MemoryInboxes()

    async def run():
        async with Emulator(config, inboxes, watch=seen.watch) as emulator:
            return await send(emulator, b"Subject: hi\r\n\r\nhello\r\n")

    assert asyncio.run(run()).startswith("250")
    assert inboxes.messages[INBOX][0].endswith(b"\r\nSubject: hi\r\n\r\nhello\r\n")
    [(sender, recipient, size, outcome, _)] = seen.outcomes
    assert (sender, recipient, size, outcome.status) == (
        "a@example.org",
        "anna@example.com",
        b"Subject: hi\r\n\r\nhello\r\n",
        Status.ACCEPTED,
    )
    assert seen.lines == ["caught anna@example.com"]
    assert [(post.service, post.seen) for post in seen.posts] == [("telegram", "mail for anna@example.com")]


def test_a_watch_is_told_of_requests_of_copies_and_of_what_was_said(config, tmp_path):
    """A copy as it lies in the Maildir, beside what was sent; the session when it is over."""
    requests, copies, sessions = [], [], []
    watch = Watch(
        request=lambda *what: requests.append(what[:-1]),
        stored=lambda *what: copies.append(what),
        heard=lambda *what: sessions.append(what),
    )
    config.variables["FALLBACK_INBOXES"] = [INBOX.upper()]
    inboxes, content = MaildirInboxes(tmp_path / "inboxes"), b"Subject: hi\r\n\r\nhello\r\n"

    async def run():
        faults = [parse_fault("telegram=500")]
        async with Emulator(config, inboxes, watch=watch, faults=faults) as emulator:
            await send(emulator, content)

    asyncio.run(run())
    assert requests == [("telegram", "POST", "api.telegram.org", 500)]
    [(address, name, stored, sent)] = copies
    assert (address, sent) == (INBOX, content)
    assert (inboxes.folder(INBOX) / "new" / name).read_bytes() == stored
    assert stored.endswith(content)
    [(number, lines)] = sessions
    assert (number, lines[-2:]) == (1, ("C: QUIT", "S: 221 Bye"))


def test_each_recipient_is_an_invocation_of_its_own(config):
    """All rejected is a rejection; one accepted makes it an acceptance."""
    seen, inboxes = Seen(), MemoryInboxes()

    async def run():
        async with Emulator(config, inboxes, watch=seen.watch) as emulator:
            some = await send(emulator, b"x\r\n", "one@example.com", "nobody@example.com", "two@example.com")
            none = await send(emulator, b"x\r\n", "nobody@example.com")
            return some, none

    some, none = asyncio.run(run())
    assert some.startswith("250")
    assert none == "555 5.7.1 no such person"
    assert [recipient for _, recipient, *_ in seen.outcomes] == [
        "one@example.com",
        "nobody@example.com",
        "two@example.com",
        "nobody@example.com",
    ]
    assert len(inboxes.messages[INBOX]) == 2


def test_a_deferral_after_an_acceptance_leaves_a_line_in_the_log(config):
    """The sender will bring the message again to those that have it."""
    seen = Seen()

    async def run():
        def outcome(*what):
            seen.outcomes.append(what)
            emulator.edge.verified.clear()

        emulator = Emulator(config, MemoryInboxes(), watch=Watch(outcome, seen.lines.append))
        async with emulator:
            return await send(emulator, b"x\r\n", "one@example.com", "two@example.com", "three@example.com")

    assert asyncio.run(run()).startswith("451 4.3.0 ")
    assert "a retry will bring this message again for one@example.com" in seen.lines
    assert [recipient for _, recipient, *_ in seen.outcomes] == ["one@example.com", "two@example.com"]


def test_a_fault_of_the_inbox_defers_and_its_end_accepts(config):
    """Nothing is stored meanwhile, and one copy after it."""
    inboxes = MemoryInboxes()

    async def run():
        faults = [parse_fault("forward=transientx1")]
        async with Emulator(config, inboxes, faults=faults) as emulator:
            return await send(emulator, b"x\r\n"), await send(emulator, b"x\r\n")

    first, second = asyncio.run(run())
    assert first.startswith("451 4.3.0 ")
    assert second.startswith("250")
    assert len(inboxes.messages[INBOX]) == 1


def test_two_hundred_messages_at_once_all_arrive_once(config, tmp_path):
    """In the Maildir, byte for byte."""
    contents = [b"Subject: %d\r\n\r\n" % n + bytes([n % 256]) * 5000 + b"\r\n" for n in range(200)]

    async def one(port, content):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        commands = [b"EHLO x", b"MAIL FROM:<a@example.org>", b"RCPT TO:<anna@example.com>", b"DATA"]
        await reader.readline()
        for command in commands:
            writer.write(command + b"\r\n")
            while (await reader.readline())[3:4] == b"-":
                pass
        # None of these contents has a line that begins with a dot.
        writer.write(content + b".\r\n")
        reply = await reader.readline()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        return reply[:3]

    async def run():
        async with Emulator(config, MaildirInboxes(tmp_path / "inboxes")) as emulator:
            return await asyncio.gather(*(one(emulator.port, content) for content in contents))

    contents = [content for content in contents if b"\n." not in content and b"\r\r" not in content]
    replies = asyncio.run(run())
    assert replies == [b"250"] * len(contents)
    stored = read_maildir(tmp_path / "inboxes" / INBOX)
    bodies = Counter(copy.split(b"none\r\n", 1)[1] for copy in stored)
    assert bodies == Counter(contents)
    assert len(contents) >= 198


def test_a_25_mib_message_arrives_and_a_26_mib_one_does_not(config, tmp_path):
    """The limit is the edge's, before any Worker runs."""
    seen = Seen()
    line = b"x" * 1022 + b"\r\n"

    async def run():
        async with Emulator(config, MaildirInboxes(tmp_path / "inboxes"), watch=seen.watch) as emulator:
            return [await send(emulator, line * (mib * 1024)) for mib in (25, 26)]

    taken, refused = asyncio.run(run())
    assert taken.startswith("250")
    assert refused.startswith("552")
    [copy] = read_maildir(tmp_path / "inboxes" / INBOX)
    assert copy.endswith(b"\r\n" + line * (25 * 1024))
    assert len(seen.outcomes) == 1


def test_real_secrets_send_requests_out(config, tmp_path):
    """Then there is no stand-in, and nothing is added to the settings."""
    variables = {**config.variables, "SLACK_BOT_TOKEN": "xoxb-mine"}
    emulator = Emulator(Config(config.main, variables), MemoryInboxes())
    assert emulator.chat is None
    assert emulator.variables == variables


@pytest.mark.parametrize(
    ("settings", "added"),
    [
        ({}, {"TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID", "SLACK_WEBHOOK_URL"}),
        ({"TELEGRAM_CHAT_ID": "7"}, {"TELEGRAM_BOT_TOKEN", "SLACK_WEBHOOK_URL"}),
        ({"SLACK_CHANNEL": "C1"}, {"TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID", "SLACK_BOT_TOKEN"}),
    ],
)
def test_stand_in_settings_fit_what_is_there(settings, added):
    """They add what is missing and change nothing."""
    result = stand_in_settings(settings)
    assert set(result) - set(settings) == added
    assert settings.items() <= result.items()


def test_the_verified_inboxes_are_those_of_the_settings(config):
    """Unless others are named."""
    variables = {**config.variables, "ROUTES": {"@x": ["two@example.net"]}}
    assert Emulator(Config(config.main, variables), MemoryInboxes()).verified == (INBOX, "two@example.net")
    assert Emulator(config, MemoryInboxes(), verified=["three@example.net"]).verified == (
        "three@example.net",
    )


def test_a_port_in_use_ends_the_start(config):
    """And closes what was open."""

    async def run():
        async with (
            Emulator(config, MemoryInboxes()) as first,
            Emulator(config, MemoryInboxes(), port=first.port),
        ):
            pass

    with pytest.raises(UsageError, match="is in use"):
        asyncio.run(run())


def whole():
    """Return the project's own Worker with its objects."""
    project = read_config(ROOT / "wrangler.toml")
    return Config(project.main, {"FALLBACK_INBOXES": [INBOX]}, objects=project.objects)


def test_its_objects_say_how_domains_stand(tmp_path):
    """In a folder they go on in the next run; a fault is kept for a request of the Worker's."""
    config = whole()

    async def run(*faults):
        async with Emulator(config, MemoryInboxes(), data=tmp_path, faults=faults) as emulator:
            if not faults:
                await send(emulator, b"Message-ID: <1@x.example>\r\n\r\nhello\r\n")
                await emulator.edge.drain()
            return await emulator.status()

    status = asyncio.run(run())
    outage = status["example.com"]["outage"]
    assert (outage["caught"], outage["forwarded"], outage["ended"]) == (1, 1, 0)
    [line, *channels] = status_lines(status)
    assert line.startswith("Status of example.com: outage 1 since 20")
    assert line.endswith("and it goes on: 1 caught, 1 forwarded")
    assert channels == ["  slack webhook: none waiting", "  telegram 1000000001: none waiting"]
    assert asyncio.run(run(Fault("object", "throws"))) == status


def test_what_is_held_is_part_of_how_a_domain_stands(tmp_path):
    """And what the spool has of it."""
    config = whole()
    config = Config(config.main, config.variables | {"SPOOL_TOKEN": "t" * 43}, objects=config.objects)

    async def run():
        async with Emulator(config, MemoryInboxes(), data=tmp_path) as emulator:
            emulator.faults.add(Fault("forward", "transient"))
            await send(emulator, b"Message-ID: <1@x.example>\r\n\r\nhello\r\n")
            await emulator.edge.drain()
            async with httpx.AsyncClient() as client:
                assert (await client.get(f"{emulator.url}/v1/status")).status_code == 404
            return await emulator.status()

    [line, *_, spool] = status_lines(asyncio.run(run()))
    assert line.endswith("and it goes on: 1 caught, 1 held; 0 of 1 home")
    assert spool.startswith("  spool: 1 to come home, 0 refused, 0 home; ")


def test_another_workers_object_may_say_what_it_wants():
    """What can't be read is named."""
    lines = [*status_lines({"a.test": {"outage": None}, "b.test": {"outage": {"number": "x"}, "next": None}})]
    assert lines == [
        'Status of a.test: what its object says has no usable "next".',
        'Status of b.test: what its object says has no usable "began".',
    ]


def test_objects_that_wrote_nothing_down_have_nothing_to_say(tmp_path):
    """Whether or not mail was caught: the Worker told of it by itself then."""
    config = whole()

    async def run():
        async with Emulator(config, MemoryInboxes(), data=tmp_path) as emulator:
            before = await emulator.status()
            emulator.faults.add(Fault("object", "quota"))
            await send(emulator, b"Message-ID: <1@x.example>\r\n\r\nhello\r\n")
            await emulator.edge.drain()
            return before, await emulator.status()

    before, after = asyncio.run(run())
    assert [*status_lines(before)] == ["Status: no object has written anything down yet."]
    assert [*status_lines(after)] == ["Status of example.com: no outage is written down"]
    failed = {"example.com": {}}
    assert [*status_lines(failed)] == ["Status of example.com: its object failed when it was asked."]


@pytest.mark.parametrize("is_folder", [True, False])
def test_a_file_that_is_no_database_is_named_at_the_start(tmp_path, is_folder):
    """And what to do about it."""
    path = tmp_path / "example.com.sqlite"
    path.mkdir() if is_folder else path.write_text("no database" * 100)

    async def run():
        async with Emulator(whole(), MemoryInboxes(), data=tmp_path):
            pass

    with pytest.raises(UsageError, match=r"/example\.com\.sqlite: can't be used: .*--data DIR"):
        asyncio.run(run())
