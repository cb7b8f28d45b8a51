"""The experiment with three actors, in five acts, checked from the mailboxes it leaves."""

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mail_failover.console.text import byte_count, printable
from mail_failover.emulator.chat.service import Post
from mail_failover.emulator.emulator import Emulator
from mail_failover.emulator.faults import Fault
from mail_failover.emulator.routing.inbox import MaildirInboxes, read_maildir
from mail_failover.emulator.transcript import chat_lines
from mail_failover.errors import UsageError
from mail_failover.settings.files import Config, read_config
from mail_failover.settings.place import configuration, own

from . import letters
from .actors import Exchanger, Letter, Primary, Sender, Sent

INBOX = "anna.backup@example.net"
SETTINGS = {"FALLBACK_INBOXES": [INBOX], "PRIMARY_CHECK": "mail.example.com:465"}
PLACES = ("in the primary's mailbox", f"in the fallback inbox {INBOX}")
MARK = "made-by-mail-failover-demo"


class Say(Protocol):
    """Takes a line, and perhaps a style for it."""

    def __call__(self, line: str, style: str = "", /) -> None:
        """Show the line."""


async def run(keep: Path | None, say: Say) -> bool:
    """Play the acts, say what happens, and tell whether every message is where it should be.

    Raises:
        UsageError: the Worker can't be found or loaded, or `keep` can't be used.

    """
    config = _config()
    with _mailboxes(keep) as folder:
        primary = Primary(folder / "primary")
        inboxes = MaildirInboxes(folder / "fallback")
        await primary.start()
        try:
            async with Emulator(config, inboxes, dialling=primary.greet) as emulator:
                stage = _Stage(primary, emulator, inboxes, say)
                stage.introduce(config.main)
                verdicts = [await act(stage) for act in (_act_1, _act_2, _act_3, _act_4, _act_5)]
        finally:
            await primary.stop()
        say("")
        for number, verdict in enumerate(verdicts, 1):
            say(f"Act {number}: {'as it should be' if verdict else 'FAILED'}", "green" if verdict else "red")
        good = all(verdicts)
        result = (
            "Every message is where it should be." if good else "Not every message is where it should be."
        )
        say(f"{result}{f' Mailboxes: {folder}' if keep else ''}", "bold green" if good else "bold red")
        return good


@dataclass(slots=True)
class _Stage:
    """The actors, and what must be in whose mailbox by now."""

    primary: Primary
    emulator: Emulator
    inboxes: MaildirInboxes
    say: Say
    sender: Sender = field(init=False)
    at_primary: list[Letter] = field(default_factory=list)
    at_inbox: list[Letter] = field(default_factory=list)
    held: list[Letter] = field(default_factory=list)
    token: str = field(default_factory=secrets.token_urlsafe, repr=False)

    def __post_init__(self) -> None:
        exchangers = (
            Exchanger(10, "primary", self.primary.port),
            Exchanger(20, "edge", self.emulator.port),
        )
        self.sender = Sender(
            exchangers,
            lambda mx, reply: self.say(printable(f"           MX {mx.preference} {mx.name}: {reply}")),
        )

    def introduce(self, worker: Path) -> None:
        self.say("Three actors on this machine; no account, no network.")
        self.say("  sender   a mail server somewhere; it tries the MX with the lowest number first")
        self.say(f"  primary  your own mail server, MX 10, on 127.0.0.1:{self.primary.port}")
        self.say(f"  edge     Cloudflare Email Routing, MX 20, played on 127.0.0.1:{self.emulator.port}:")
        self.say(f"           it runs {worker},")
        self.say(f"           which forwards to {INBOX} and tells Telegram and Slack")

    async def send(self, letter: Letter) -> tuple[Sent, list[Post]]:
        """Let the sender send, and wait for the alerts."""
        self.say(printable(f'  sender   "{letter.subject}"'))
        size = byte_count(len(letter.content))
        self.say(f"           from {letter.sender} to {letter.recipient}, {size}")
        async with self._told() as posts:
            return await self.sender.send(letter), posts

    async def send_all(self, letters: Sequence[Letter]) -> tuple[list[Sent], list[Post]]:
        """Let the sender send one after the other, and wait for the alerts."""
        async with self._told() as posts:
            sent = []
            for letter in letters:
                self.say(printable(f'  sender   "{letter.subject}", from {letter.sender}'))
                sent.append(await self.sender.send(letter))
            return sent, posts

    async def let_pass(self, seconds: float, what: str) -> list[Post]:
        """Put the Worker's clock forward, and wait for the alerts."""
        self.say(f"  clock    {what} pass")
        async with self._told(landing=False) as posts:
            self.emulator.pass_time(seconds)
        return posts

    async def replay(self) -> tuple[bool, list[Post]]:
        """Let the primary's machine fetch what the spool has, wait for the alerts; tell whether it did."""
        to, url = f"smtp://127.0.0.1:{self.primary.port}", self.emulator.url
        words = ["replay", "--to", to, "--url", url, "--domain", letters.DOMAIN]
        self.say(f"  primary  mail-failover {' '.join(words[:3])}")
        self.say(f"             {' '.join(words[3:])}")
        async with self._told() as posts:
            with tempfile.TemporaryDirectory(prefix="mail-failover-") as state:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "mail_failover", *words, "--state", state),
                    env={**os.environ, "MAIL_FAILOVER_SPOOL_TOKEN": self.token},
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                )
                out, _ = await process.communicate()
            for line in out.decode(errors="replace").splitlines():
                self.say(printable(f"           {line}"))
        return process.returncode == 0, posts

    async def retry(self) -> tuple[list[Sent], list[Post]]:
        """Let the sender try again what it kept."""
        self.say("  sender   tries again what it kept")
        async with self._told() as posts:
            return await self.sender.retry(), posts

    def check(self, claim: str, *conditions: bool) -> bool:
        """Compare the mailboxes with what must be there, and say whether that and all conditions hold."""
        problems = [
            *_differences("the primary", read_maildir(self.primary.folder), self.at_primary),
            *_differences("the inbox", read_maildir(self.inboxes.folder(INBOX)), self.at_inbox),
        ]
        others = {path.name for path in self.inboxes.root.glob("*")} - {self.inboxes.folder(INBOX).name}
        problems += [f"there is mail for {name}, which nobody named" for name in sorted(others)]
        problems += [] if all(conditions) else ["the sender or the chats were not told what they should be"]
        for problem in problems:
            self.say(f"  FAILED   {problem}", "red")
        if not problems:
            self.say(f"  checked  {claim}", "green")
        return not problems

    @asynccontextmanager
    async def _told(self, *, landing: bool = True) -> AsyncIterator[list[Post]]:
        """Collect what the chats are told meanwhile, then say where the message landed and what they show."""
        chat = self.emulator.chat
        posts: list[Post] = []
        before = (len(chat.posts) if chat else 0), self._counts()
        yield posts
        await self.emulator.edge.drain()
        now = self._counts()
        landed = [place for place, old, new in zip(PLACES, before[1], now, strict=True) if new > old]
        if landing:
            held = (await self.emulator.status()).get(letters.DOMAIN, {}).get("spool", {}).get("waiting")
            nowhere = "in the spool" if held else "nowhere: the sender keeps it and will try again"
            where = " and ".join(landed) or nowhere
            self.say(f"  landed   {where}", "bold")
        posts += chat.posts[before[0] :] if chat else []
        for post in posts:
            lines = list(chat_lines(post)) if post.service == "telegram" else ["Slack got it too."]
            self.say(f"  chat     {lines[0]}", "cyan")
            for line in lines[1:]:
                self.say(f"           {line}", "cyan")
        if not posts:
            self.say("  chat     is told nothing", "cyan")

    def _counts(self) -> tuple[int, int]:
        return len(read_maildir(self.primary.folder)), len(read_maildir(self.inboxes.folder(INBOX)))


async def _act_1(stage: _Stage) -> bool:
    stage.say("")
    stage.say("Act 1: your server is up", "bold")
    letter = letters.lunch()
    stage.at_primary.append(letter)
    sent, posts = await stage.send(letter)
    return stage.check(
        "the primary has it, the inbox has nothing, no chat was told", sent is Sent.TAKEN, not posts
    )


async def _act_2(stage: _Stage) -> bool:
    stage.say("")
    stage.say("Act 2: your server is down", "bold")
    await stage.primary.stop()
    booking, burst = letters.booking(), letters.burst()
    stage.at_inbox += [booking, *burst]
    sent, first = await stage.send(booking)
    all_sent, none = await stage.send_all(burst)
    later = await stage.let_pass(600, "ten minutes")
    return stage.check(
        "the inbox has all eight, each once and byte for byte; two alerts, and nothing in a chat is live",
        {sent, *all_sent} == {Sent.TAKEN},
        _everyone_told(first),
        not none,
        _everyone_told([post for post in later if not post.edits]),
        [post.service for post in later if post.edits] == ["telegram"],
    )


async def _act_3(stage: _Stage) -> bool:
    stage.say("")
    stage.say("Act 3: your server is down, and the inbox fails for a while", "bold")
    stage.emulator.faults.add(Fault("forward", "transient"))
    letter = letters.plumber()
    sent, posts = await stage.send(letter)
    kept = sent is Sent.KEPT and stage.sender.queue == [letter] and _everyone_told(posts)
    held = stage.check("no mailbox has it; the sender keeps it", kept)
    stage.emulator.faults.clear()
    stage.say("  inbox    works again")
    stage.at_inbox.append(letter)
    again, posts = await stage.retry()
    taken = again == [Sent.TAKEN] and not stage.sender.queue
    posts += await stage.let_pass(60, "sixty seconds")
    edits = [post.edits != "" for post in posts]
    return (
        stage.check("the inbox has it, once and byte for byte; the first alert says so", taken, *edits)
        and held
    )


async def _act_4(stage: _Stage) -> bool:
    stage.say("")
    stage.say("Act 4: no inbox works, and now the Worker has a spool (SPOOL_TOKEN)", "bold")
    stage.emulator.deploy(SPOOL_TOKEN=stage.token)
    stage.emulator.faults.add(Fault("forward", "permanent"))
    letter = letters.tickets()
    stage.held.append(letter)
    sent, posts = await stage.send(letter)
    told = _everyone_told(posts) and all("it is held" in post.seen for post in posts)
    return stage.check(
        "no mailbox has it, its sender is done with it: the spool holds it", sent is Sent.TAKEN, told
    )


async def _act_5(stage: _Stage) -> bool:
    stage.say("")
    stage.say("Act 5: your server is back, and fetches what was held", "bold")
    await stage.primary.start()
    thanks = letters.thanks()
    stage.at_primary.append(thanks)
    sent, none = await stage.send(thanks)
    stage.at_primary += stage.held
    stage.primary.envelopes.clear()
    home, _ = await stage.replay()
    envelopes = [(letter.sender, [letter.recipient]) for letter in stage.held]
    posts = await stage.let_pass(300, "five minutes")
    ends = [post for post in posts if not post.edits]
    told = _everyone_told(ends) and all("1 of 1 kept messages is home" in post.seen for post in ends)
    return stage.check(
        "the primary has both, once, byte for byte and with their envelopes; the chats were told",
        *(sent is Sent.TAKEN, not none, home, stage.primary.envelopes == envelopes, told),
    )


def _everyone_told(posts: Sequence[Post]) -> bool:
    """Tell whether each chat got one message that nobody could click or be called by."""
    return sorted(post.service for post in posts) == ["slack", "telegram"] and not any(p.live for p in posts)


def _differences(place: str, found: Sequence[bytes], expected: Sequence[Letter]) -> Iterator[str]:
    """Match stored messages, which end with the sent bytes, against letters: each once and nothing else."""
    for letter in expected:
        copies = sum(content.endswith(letter.content) for content in found)
        if copies != 1:
            yield printable(f'{place} has {copies} copies of "{letter.subject}" instead of one')
    strangers = sum(not any(content.endswith(letter.content) for letter in expected) for content in found)
    if strangers:
        yield f"{place} has {strangers} messages that should not be there"


def _config() -> Config:
    """Find the Worker: in the current folder, or the one that came with this program."""
    for path in (configuration(), own()):
        config = read_config(path)
        if config.main.suffix == ".py":
            break
    return Config(config.main, SETTINGS, objects=config.objects)


@contextmanager
def _mailboxes(keep: Path | None) -> Iterator[Path]:
    """Give an empty folder; one that is kept may hold what an earlier demo left, and nothing else."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="mail-failover-") as folder:
            yield Path(folder)
        return
    mailboxes = [keep / "primary", keep / "fallback"]
    if any(path.exists() for path in mailboxes) and not (keep / MARK).exists():
        raise UsageError(f"--keep {keep}: has a primary or fallback that no demo made; name another folder.")
    try:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / MARK).touch()
        for path in mailboxes:
            if path.exists():
                shutil.rmtree(path)
    except OSError as error:
        raise UsageError(f"--keep {keep}: can't be used: {error.strerror}.") from error
    yield keep
