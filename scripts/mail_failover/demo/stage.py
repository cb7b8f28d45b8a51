"""The stage of the demo: the actors, what must be in whose mailbox by now, and how that is told."""

import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mail_failover.console.text import byte_count, printable
from mail_failover.emulator.actors import letters
from mail_failover.emulator.actors.sender import Letter, Sent
from mail_failover.emulator.chat.service import Post
from mail_failover.emulator.events import Facts
from mail_failover.emulator.experiment import Experiment
from mail_failover.emulator.routing.inbox import MaildirInboxes, read_maildir
from mail_failover.emulator.transcript import chat_lines

INBOX = "anna.backup@example.net"
PLACES = ("in the primary's mailbox", f"in the fallback inbox {INBOX}")


class Say(Protocol):
    """Takes a line, and perhaps a style for it."""

    def __call__(self, line: str, style: str = "", /) -> None:
        """Show the line."""


@dataclass(slots=True)
class Stage:
    """The actors, and what must be in whose mailbox by now."""

    experiment: Experiment
    inboxes: MaildirInboxes
    say: Say
    at_primary: list[Letter] = field(default_factory=list)
    at_inbox: list[Letter] = field(default_factory=list)
    held: list[Letter] = field(default_factory=list)
    token: str = field(default_factory=secrets.token_urlsafe, repr=False)

    def __post_init__(self) -> None:
        self.experiment.feed.listeners.append(self._hear)

    def _hear(self, event: str, facts: Facts, line: str) -> None:
        """Say what each exchanger answered."""
        del line
        if event == "tried":
            self.say(printable(f"           MX {facts['preference']} {facts['to']}: {facts['reply']}"))

    def introduce(self, worker: Path) -> None:
        """Say who plays."""
        primary, edge = self.experiment.primary, self.experiment.emulator
        self.say("Three actors on this machine; no account, no network.")
        self.say("  sender   a mail server somewhere; it tries the MX with the lowest number first")
        self.say(f"  primary  your own mail server, MX 10, on 127.0.0.1:{primary.port}")
        self.say(f"  edge     Cloudflare Email Routing, MX 20, played on 127.0.0.1:{edge.port}:")
        self.say(f"           it runs {worker},")
        self.say(f"           which forwards to {INBOX} and tells Telegram and Slack")

    async def send(self, letter: Letter) -> tuple[Sent, list[Post]]:
        """Let the sender send, and wait for the alerts."""
        self.say(printable(f'  sender   "{letter.subject}"'))
        size = byte_count(len(letter.content))
        self.say(f"           from {letter.sender} to {letter.recipient}, {size}")
        async with self._told() as posts:
            return await self.experiment.send(letter), posts

    async def send_all(self, letters: Sequence[Letter]) -> tuple[list[Sent], list[Post]]:
        """Let the sender send one after the other, and wait for the alerts."""
        async with self._told() as posts:
            sent = []
            for letter in letters:
                self.say(printable(f'  sender   "{letter.subject}", from {letter.sender}'))
                sent.append(await self.experiment.send(letter))
            return sent, posts

    async def let_pass(self, seconds: float, what: str) -> list[Post]:
        """Put the Worker's clock forward, and wait for the alerts."""
        self.say(f"  clock    {what} pass")
        async with self._told(landing=False) as posts:
            self.experiment.pass_time(seconds)
        return posts

    async def replay(self) -> tuple[bool, list[Post]]:
        """Let the primary's machine fetch what the spool has, wait for the alerts; tell whether it did."""
        words = self.experiment.replay_words(letters.DOMAIN)
        self.say(f"  primary  mail-failover {' '.join(words[:3])}")
        self.say(f"             {' '.join(words[3:])}")
        async with self._told() as posts:
            code = await self.experiment.replay(
                letters.DOMAIN, lambda line: self.say(printable(f"           {line}"))
            )
        return code == 0, posts

    async def retry(self) -> tuple[list[Sent], list[Post]]:
        """Let the sender try again what it kept."""
        self.say("  sender   tries again what it kept")
        async with self._told() as posts:
            return await self.experiment.retry(), posts

    def check(self, claim: str, *conditions: bool) -> bool:
        """Compare the mailboxes with what must be there, and say whether that and all conditions hold."""
        problems = [
            *differences("the primary", read_maildir(self.experiment.primary.folder), self.at_primary),
            *differences("the inbox", read_maildir(self.inboxes.folder(INBOX)), self.at_inbox),
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
        chat = self.experiment.emulator.chat
        posts: list[Post] = []
        before = (len(chat.posts) if chat else 0), self._counts()
        yield posts
        await self.experiment.emulator.edge.drain()
        now = self._counts()
        landed = [place for place, old, new in zip(PLACES, before[1], now, strict=True) if new > old]
        if landing:
            standing = (await self.experiment.emulator.status()).get(letters.DOMAIN, {})
            held = standing.get("spool", {}).get("waiting")
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
        at_primary, at_inbox = self.experiment.primary.folder, self.inboxes.folder(INBOX)
        return len(read_maildir(at_primary)), len(read_maildir(at_inbox))


def differences(place: str, found: Sequence[bytes], expected: Sequence[Letter]) -> Iterator[str]:
    """Match stored messages, which end with the sent bytes, against letters: each once and nothing else."""
    for letter in expected:
        copies = sum(content.endswith(letter.content) for content in found)
        if copies != 1:
            yield printable(f'{place} has {copies} copies of "{letter.subject}" instead of one')
    strangers = sum(not any(content.endswith(letter.content) for letter in expected) for content in found)
    if strangers:
        yield f"{place} has {strangers} messages that should not be there"
