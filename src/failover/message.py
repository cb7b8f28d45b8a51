"""What we know about one message: the envelope it came in, and what its first bytes say."""

import re
from dataclasses import dataclass

from .address import canonical, domain

_DRILL = re.compile(r"<drill\.[a-z]{10}@[^\s<>@]+>")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The SMTP envelope and size of one message, as the edge reports them (RFC 5321, section 2.3.1).

    `sender` is empty for a bounce (`MAIL FROM:<>`); `size` is in bytes.
    """

    sender: str
    recipient: str
    size: int


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header field (RFC 5322, section 3.4); `name` may be empty, and may lie."""

    name: str
    addr: str

    def __str__(self) -> str:
        if not self.name:
            return self.addr
        # A name that poses as an address must not pass for one.
        plain = self.name.replace('"', "'")
        name = f'"{plain}"' if any(c in plain for c in "@<>'") else plain
        return f"{name} <{self.addr}>" if self.addr else name


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached part: its file name (may be empty), media type, and decoded size in bytes where known."""

    name: str
    type: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Authentication:
    """Verdicts in the edge's name (RFC 8601): `pass`, `fail`, `none`, ... or empty where none is given.

    `mailfrom` is the MAIL FROM that the SPF verdict is about, `dmarc_domain` the From domain of the DMARC
    verdict: the edge may read a From field that is made to be misread differently from us. `by_edge` tells
    that they stand where the edge puts its own; without it they may be the sender's.
    """

    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    dmarc_domain: str = ""
    mailfrom: str = ""
    by_edge: bool = False

    def is_about(self, sender: str) -> bool:
        """Tell whether the SPF verdict's MAIL FROM, which may be the domain alone, is the envelope's."""
        named, of = canonical(self.mailfrom), canonical(sender)
        return named == (of if "@" in named else domain(of))


@dataclass(frozen=True, slots=True)
class Mail:
    """What the first bytes of a message say about it.

    Every text is decoded, clean and bounded (see `text.clean`); none of it is to be believed.
    `sent` is the Date field as `YYYY-MM-DD HH:MM +hh:mm`, or as it stands where it can't be read.
    `whole` is false where more attachments may follow than are listed.
    `other_senders` tells that From names more than one address: which one a reader sees is anyone's guess.
    `kinds` tells what it says it is: `lists`, `bulk`, `auto`.
    `defects` names what was wrong with the message, for the curious; it is never an error.
    """

    sender: Address | None = None
    other_senders: bool = False
    subject: str = ""
    sent: str = ""
    message_id: str = ""
    list_id: str = ""
    authentication: Authentication | None = None
    preview: str = ""
    attachments: tuple[Attachment, ...] = ()
    whole: bool = True
    defects: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


def is_drill(message_id: str) -> bool:
    """Tell whether a message has the Message-ID of a drill's; anyone can write one."""
    return _DRILL.fullmatch(message_id.strip()) is not None
