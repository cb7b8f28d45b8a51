"""The first bytes of a message -> what it is about.

Structure is found by searching bytes for blank lines and boundaries, never line by line: the cost hangs on
the number of parts looked at, which is bounded, and hardly on the number of bytes. See docs/decisions.
"""

from .header import Header, date, decode_words, first_token
from .message import Address, Authentication, Mail
from .multipart import Defects, Part, split_header
from .parts import Contents
from .structured import authentication, from_edge, mailboxes
from .text import clean

PREFIX_BYTES = 64 * 1024
"""How much of a message is read, at most."""


def skim(prefix: bytes, size: int, *, preview: bool = True) -> Mail:
    """Read what the first bytes of a message of `size` bytes say. Total: any bytes give a `Mail`."""
    prefix = prefix[:PREFIX_BYTES]
    # Without a size, a message shorter than what would be read is whole.
    whole = 0 < size <= len(prefix) or (not size and len(prefix) < PREFIX_BYTES)
    # Whoever ends the first line so does it everywhere, and a search of everything would cost too much.
    if prefix[: prefix.find(b"\n") + 1].endswith(b"\r\r\n"):
        prefix = prefix.replace(b"\r\r\n", b"\r\n")
    start, body = split_header(prefix, 0, len(prefix))
    header = Header(prefix[:start])
    defects, within = Defects(), Defects()
    contents = Contents(prefix, within)
    contents.walk(Part(header, body, len(prefix), closed=whole), 0, "")
    contents.finish()
    if not header.is_ascii:
        header.charset = contents.charset()
    if start == body < len(prefix):
        defects.add("no blank line after the header")
    if header.truncated:
        defects.add("a header too long to search")
    if header.position("from") < 0 and not header.crowded("from"):
        defects.add("no From field")
    for name in ("from", "subject"):
        if header.crowded(name):
            defects.add(f"too many fields whose names begin like {name.capitalize()}")
        elif header.repeats(name):
            defects.add(f"more than one {name.capitalize()} field")
    sender, several = _senders(header, defects)
    text = contents.preview() if preview else ""
    return Mail(
        sender=sender,
        other_senders=several,
        subject=clean(decode_words(header.get("subject")), 250),
        sent=date(header.get("date")) if header.position("date") >= 0 else "",
        message_id=clean(header.get("message-id"), 250),
        list_id=clean(decode_words(header.get("list-id")), 120),
        authentication=_edge_verdicts(header),
        preview=text,
        attachments=tuple(contents.attachments),
        whole=whole and not contents.unlisted,
        defects=(*defects.names, *within.names),
        kinds=_kinds(header),
    )


def _senders(header: Header, defects: Defects) -> tuple[Address | None, bool]:
    """Read the From field's first address, and whether the header names yet another sender.

    None from a field too long to read, whose end may name another. An entry with an address comes before one
    without, which nobody can have sent from.
    """
    if header.cut("from"):
        defects.add("a From field too long to read")
        return None, False
    found, complete = mailboxes(header.get("from"), 5)
    if not complete:
        defects.add("more in the From field than was read")
    with_address = [address for address in found if "@" in address.addr]
    if len(with_address) > 1:
        defects.add("more than one From address")
    unseen = not complete or header.truncated or header.crowded("from")
    several = len(with_address) > 1 or unseen or header.repeats("from")
    return next(iter(with_address or found), None), several


def _kinds(header: Header) -> tuple[str, ...]:
    """Name what it says it is: of a list (RFC 2919, RFC 2369), bulk, automatic (RFC 3834, section 5)."""
    precedence, auto = (first_token(header.get(name)).lower() for name in ("precedence", "auto-submitted"))
    found = {
        "lists": header.position("list-id") >= 0 or header.position("list-post") >= 0,
        "bulk": precedence in ("bulk", "junk") or header.position("list-unsubscribe") >= 0,
        "auto": auto not in ("", "no"),
    }
    return tuple(kind for kind, is_one in found.items() if is_one)


def _edge_verdicts(header: Header) -> Authentication | None:
    """Read the topmost verdicts that name the edge, from above everything that is the sender's for sure.

    The edge puts its Received field on top, its ARC fields below, then its Authentication-Results. Where it
    makes none of these, the sender's own stand in their place: `by_edge` tells what is found in that order.
    """
    at = header.position("authentication-results")
    written = ("from", "to", "subject", "date")
    if at < 0 or any(0 <= header.position(name) < at or header.crowded(name) for name in written):
        return None
    own = None
    in_order = 0 <= header.position("received") < header.position("arc-authentication-results") < at
    if in_order and from_edge(header.get("received")):
        own = authentication(header.get("arc-authentication-results"), by_edge=True)
    return own or authentication(header.get("authentication-results"))
