"""Handing a letter in by SMTP (RFC 5321) or LMTP (RFC 2033)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from mail_failover.mail.conversation import END, Address, Conversation, Reply, SmtpError, conversation

from .content import Clock, Content
from .letter import Letter, NoServerError, UncertainError, Verdict, bounded, unfit_address

# Before a letter is named nothing is its doing; nor are the replies that ask for a login or for TLS.
_GREETING = {"banner", "EHLO", "LHLO", "XCLIENT"}
_LOGIN = {530, 534, 535, 538}
# What Postfix is told of the client: that it is not this machine.
_STRANGER = {"NAME": "[UNAVAILABLE]", "ADDR": "[UNAVAILABLE]", "PROTO": "ESMTP", "LOGIN": "[UNAVAILABLE]"}


@dataclass(frozen=True, slots=True)
class Limits:
    """The longest a step may take, in seconds (RFC 5321, section 4.5.3.2)."""

    connect: float = 30
    command: float = 300
    block: float = 180
    end: float = 600


@dataclass(frozen=True, slots=True)
class SmtpTarget:
    """A server at an address; printed as it was typed. LMTP differs in how it greets."""

    text: str
    address: Address
    now: Clock
    verb: Literal["EHLO", "LHLO"] = "EHLO"
    xclient: bool = False
    limits: Limits = field(default_factory=Limits)

    def __str__(self) -> str:
        return self.text

    async def inject(self, letter: Letter) -> Verdict:
        """Hand one letter in, in a connection of its own.

        Raises:
            NoServerError: nobody answers, or the server takes no mail from here.
            UncertainError: the connection ended after all was sent and before the answer.

        """
        content = Content(letter, self.now())
        try:
            async with conversation(self.address, self.limits.command, self.limits.connect) as talk:
                await self._greet(talk)
                return await self._hand_in(talk, letter, content)
        except SmtpError as error:
            return self._ended(error)

    def _ended(self, error: SmtpError) -> Verdict:
        """Say what it means that a conversation ended early.

        Once the server has greeted, the end may be this letter's doing: the others are not held up by it.
        """
        if not error.connected:
            raise NoServerError(f"No connection to {self}: {bounded(error.words)}.") from error
        words = f"{error.step}: {error.words}"
        if error.step in _GREETING:
            raise NoServerError(bounded(f"{self} does not greet as a mail server does. {words}")) from error
        if error.step == END:
            raise UncertainError(
                bounded(f"{self} was sent all of it and did not answer: {error.words}")
            ) from error
        return Verdict("later", bounded(f"no answer at {words}"))

    async def _greet(self, talk: Conversation) -> None:
        self._expect(220, await talk.banner())
        self._expect(250, await talk.ehlo(self.verb))
        if self.xclient:
            await self._pose(talk)

    async def _pose(self, talk: Conversation) -> None:
        """Tell the server that the client is nobody it knows, and greet anew (Postfix, XCLIENT_README)."""
        offered = {name.upper() for name in talk.extensions.get("XCLIENT", ())}
        if "ADDR" not in offered:
            raise NoServerError(
                f"{self} does not offer XCLIENT to this machine: name its address in Postfix's "
                "smtpd_authorized_xclient_hosts, or leave --xclient out."
            )
        told = " ".join(f"{name}={value}" for name, value in _STRANGER.items() if name in offered)
        self._expect(220, await talk.say(f"XCLIENT {told}", "XCLIENT"))
        self._expect(250, await talk.ehlo(self.verb))

    def _expect(self, code: int, reply: Reply) -> None:
        """Take a refusal that no letter has caused for one of all of them."""
        if reply.code != code:
            raise NoServerError(bounded(f"{self} takes no mail from here: {reply.words}"))

    async def _hand_in(self, talk: Conversation, letter: Letter, content: Content) -> Verdict:
        if unfit := _unfit(letter, talk.extensions):
            return Verdict("refused", f"not sent: {unfit}")
        reply = await talk.say_all(_envelope(letter, content, talk.extensions))
        if reply.code // 100 == 2:
            reply = await self._upload(talk, content)
        words = bounded(reply.words)
        if reply.code in _LOGIN:
            raise NoServerError(
                f"{self} wants a login or TLS: name the port that takes mail of others. {words}"
            )
        if reply.code // 100 == 2:
            return Verdict("delivered", words)
        return Verdict("refused" if reply.code // 100 == 5 else "later", words)

    async def _upload(self, talk: Conversation, content: Content) -> Reply:
        """Send the content: by DATA, or where that is offered as one chunk of any bytes (RFC 3030)."""
        limits = self.limits
        if "CHUNKING" in talk.extensions:
            pieces = chain([f"BDAT {content.size} LAST\r\n".encode()], content.pieces())
        else:
            reply = await talk.say("DATA", "DATA")
            if reply.code != 354:
                return _one_of({4, 5}, reply, "DATA")
            pieces = chain(content.dotted(), [b".\r\n"])
        return _one_of({2, 4, 5}, await talk.upload(pieces, limits.block, limits.end), END)


def _one_of(meanings: set[int], reply: Reply, step: str) -> Reply:
    """Take a reply whose first digit says neither yes nor no for a server that has lost its way."""
    if reply.code // 100 not in meanings:
        raise SmtpError(step, "broken", reply.words)
    return reply


def _unfit(letter: Letter, offered: Mapping[str, tuple[str, ...]]) -> str:
    """Say why a letter can't go this way, if it can't; eight-bit content goes as it is, offered or not.

    What 8BITMIME would need otherwise, another encoding, would change the bytes.
    """
    if "SMTPUTF8" not in offered and not (letter.sender + letter.recipient).isascii():
        return "an address needs SMTPUTF8, which the server does not offer (Postfix: smtputf8_enable = yes)"
    return unfit_address(letter)


def _envelope(
    letter: Letter, content: Content, offered: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, str]]:
    """Return MAIL and RCPT with what is offered: SIZE, 8BITMIME, SMTPUTF8, and no bounces (RFC 3461)."""
    mail = {
        f" SIZE={content.size}": "SIZE" in offered,
        " BODY=8BITMIME": "8BITMIME" in offered and content.eight_bit,
        " SMTPUTF8": not (letter.sender + letter.recipient).isascii(),
    }
    never = " NOTIFY=NEVER" if "DSN" in offered else ""
    return [
        (
            f"MAIL FROM:<{letter.sender}>{''.join(text for text, wanted in mail.items() if wanted)}",
            "MAIL FROM",
        ),
        (f"RCPT TO:<{letter.recipient}>{never}", "RCPT TO"),
    ]
