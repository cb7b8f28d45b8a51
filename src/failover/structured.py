"""Structured field bodies (RFC 5322, section 2.2.2): address lists, and the edge's verdicts."""

import re
from collections.abc import Iterator
from itertools import islice

from .address import shown
from .header import decode_words, unescape
from .message import Address, Authentication
from .text import clean

# The edge's authserv-id, and what its Received field says of itself.
EDGE = "mx.cloudflare.net"
_RECEIVED = re.compile(r"\sby\s+cloudflare-email\.net\s+\(cloudflare\)\s")

_ADDRESS_LIMIT = 320
_TOKENS_PER_ADDRESS = 16
_MAX_PARENTHESES = 60
_WORDS_OF_A_NAME = 8
_SEPARATORS = " \t,;"
# What nearly all fields look like, spared the tokens.
_SIMPLE_ADDRESS = re.compile(r"([^\"(),:;<>@\\]*)<([^\"(),:;<>@\\\s]+@[^\"(),:;<>@\\\s]+)>")
_TOKEN = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<comment>\()|<(?P<angle>[^<>]*)>?|(?P<separator>[,;])|(?P<group>:)'
    # Commas have no place in encoded words, but stand there.
    r'|(?P<word>=\?[^?\s]{1,60}\?[BQbq]\?[^?\s]*\?=)|(?P<text>[^",;:<(=]+|=)',
    re.DOTALL,
)
_SIMPLE_COMMENT = re.compile(r"\([^()\"\\]*\)")
_PARENTHESIS = re.compile(r"\\.|[()]", re.DOTALL)
_INSTANCE = re.compile(r"\s*i\s*=\s*\d{1,3}\s*")
_MAILFROM = re.compile(r"\ssmtp\.mailfrom=([^\s;]{0,320})", re.IGNORECASE)
_HEADER_FROM = re.compile(r"\sheader\.from=([^\s;]{1,255})", re.IGNORECASE)
_VERDICT = re.compile(r"\s*(spf|dkim|dmarc)(?:/1)?\s*=\s*([a-z]{1,16})\b", re.IGNORECASE)


def mailboxes(value: str, limit: int) -> tuple[tuple[Address, ...], bool]:
    """Read up to `limit` addresses from an address list (RFC 5322, section 3.4), however broken.

    And tell whether that is all: what is left unread may name another.
    """
    if simple := _SIMPLE_ADDRESS.fullmatch(value):
        return (_address(simple[1].strip(), simple[2]),), True
    found: list[Address] = []
    mailbox = _Mailbox()
    for number, (kind, text, content) in enumerate(_tokens(value)):
        if number == _TOKENS_PER_ADDRESS * limit or kind == "endless":
            # What is left may be the true address of what looks like one so far.
            return tuple(found), False
        if kind == "separator":
            if mailbox.is_name:
                # "Joe Foo, PhD <joe@example.org>": no list holds a name alone, so the name goes on.
                mailbox.carry(text)
                continue
            mailbox.flush(found)
            mailbox = _Mailbox()
            if len(found) >= limit:
                return tuple(found[:limit]), False
        elif kind == "group" and not mailbox.has_address:
            # "Friends: a@example.com, b@example.com;": the group's name is nobody's address.
            mailbox = _Mailbox()
        else:
            if kind == "angle" and mailbox.has_angle:
                # No list may hold two in a row; where one does, readers disagree, so both are named.
                mailbox.flush(found)
                mailbox = _Mailbox()
                if len(found) >= limit:
                    return tuple(found[:limit]), False
            mailbox.add(kind, text, content)
    mailbox.flush(found)
    return tuple(found[:limit]), len(found) <= limit


def authentication(value: str, *, by_edge: bool = False) -> Authentication | None:
    """Read the verdicts of an Authentication-Results value (RFC 8601), if it names the edge.

    An ARC-Authentication-Results value says the same behind its instance (RFC 8617, section 4.1.1). Parts
    that quote the sender (comments, quoted strings, property values) decide nothing.
    """
    server, *results = _unquoted(value).split(";")
    if results and _INSTANCE.fullmatch(server):
        server, *results = results
    if server.strip().lower().removesuffix(" 1").strip() != EDGE:
        return None
    verdicts: dict[str, str] = {}
    for result in islice(results, 40):
        match = _VERDICT.match(result)
        if match is None:
            continue
        name, verdict = match[1].lower(), match[2].lower()
        # Of several signatures, one that holds is enough. SPF is checked twice (RFC 7208, section 2.4):
        # MAIL FROM's result counts, HELO's says little. Else the first one does.
        mailfrom = _MAILFROM.search(result) if name == "spf" else None
        better = mailfrom or (name == "dkim" and verdict == "pass")
        if name not in verdicts or better:
            verdicts[name] = verdict
            if mailfrom:
                verdicts["mailfrom"] = mailfrom[1]
            if name == "dmarc" and (about := _HEADER_FROM.search(result)):
                verdicts["dmarc_domain"] = about[1].lower()
    return Authentication(**verdicts, by_edge=by_edge)


def from_edge(received: str) -> bool:
    """Tell whether a Received value is the edge's own."""
    return _RECEIVED.search(received) is not None


def _unquoted(value: str) -> str:
    """Leave out what quotes others: comments, quoted strings, what stands in angle brackets."""
    simple = _SIMPLE_COMMENT.sub(" ", value)
    if not any(mark in simple for mark in '()"<'):
        return simple
    quotes = ("quoted", "comment", "angle", "endless")
    tokens = islice(_tokens(value), 300)
    return "".join(" " if kind in quotes else text for kind, text, _ in tokens)


def _tokens(value: str) -> Iterator[tuple[str, str, str]]:
    """Split a value into tokens: each one's kind, its text, and what its quotes or brackets hold.

    Comments nest, and nothing in them means anything (RFC 5322, section 3.2.2). One with too many
    parentheses to follow is `endless`, and the last.
    """
    at = 0
    while match := _TOKEN.match(value, at):
        kind, start, at = str(match.lastgroup), match.start(), match.end()
        if kind != "comment":
            yield kind, match[0], match[kind]
            continue
        depth = 1
        for number, mark in enumerate(_PARENTHESIS.finditer(value, at)):
            if number == _MAX_PARENTHESES:
                yield "endless", value[start:], value[at:]
                return
            depth += (mark[0] == "(") - (mark[0] == ")")
            if not depth:
                yield kind, value[start : mark.end()], value[at : mark.start()]
                at = mark.end()
                break
        else:
            yield kind, value[start:], value[at:]
            return


class _Mailbox:
    """One address of a list, while its tokens come in."""

    def __init__(self) -> None:
        self.raw = ""
        self._carried = ""
        self._name = ""
        self._comment = ""
        self._angle: str | None = None

    @property
    def has_angle(self) -> bool:
        return bool(self._angle)

    @property
    def has_address(self) -> bool:
        return self.has_angle or "@" in self.raw

    @property
    def is_name(self) -> bool:
        """Tell whether there is a name so far, and nothing that could be whose it is."""
        return bool(self.raw.strip()) and self._angle is None and "@" not in self.raw

    def carry(self, separator: str) -> None:
        """Go on behind a separator that may belong to the name: what follows decides."""
        self._carried += self._name + separator
        self.raw = self._name = self._comment = ""

    def add(self, kind: str, token: str, content: str) -> None:
        if kind == "angle":
            self._angle = content
        elif kind == "comment":
            self._comment = self._comment or content
        else:
            self.raw += token
            self._name += unescape(content) if kind == "quoted" else content

    def flush(self, found: list[Address]) -> None:
        carried = self._carried
        if self._angle is not None:
            _append(found, f"{carried}{self._name}".strip(_SEPARATORS) or self._comment, self._angle)
        elif "@" in self.raw:
            if carried:
                _append(found, carried.strip(_SEPARATORS), "")
            _append(found, self._comment, self.raw)
        else:
            _append(found, f"{carried}{self.raw}".strip(_SEPARATORS), "")


def _append(found: list[Address], name: str, addr: str) -> None:
    address = _address(name, addr)
    if address.name or address.addr:
        found.append(address)


def _address(name: str, addr: str) -> Address:
    return Address(clean(decode_words(name, _WORDS_OF_A_NAME), 100), shown(addr, _ADDRESS_LIMIT))
