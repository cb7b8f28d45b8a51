"""Who is not told of, and who is refused: a message's sender against MUTE and BLOCK."""

from collections.abc import Callable, Sequence

from .address import canonical, domain
from .event import Event
from .header import FIELD_LIMIT
from .message import is_drill
from .patterns import matches
from .settings import Settings
from .structured import authentication, from_edge, mailboxes

Field = Callable[[str], str]
"""The port that returns a field of the message's header as the runtime has it, empty if there is none.

Unfolded, not decoded; of several fields of a name the values stand behind each other, with ", " between.
Source: https://developers.cloudflare.com/email-routing/email-workers/runtime-api/
"""

_VERDICTS = ("arc-authentication-results", "authentication-results")


def is_muted(event: Event, settings: Settings) -> bool:
    """Tell whether MUTE names a message by its sender, of the envelope or From, or by its kind.

    A drill's never is. What became of the message is not looked at.
    """
    mail, sender = event.mail, event.envelope.sender
    if not (settings.mute or settings.mute_kinds) or (mail and is_drill(mail.message_id)):
        return False
    # Whatever answers by itself does so without a sender (RFC 3834, section 3.3).
    kinds = (*(mail.kinds if mail else ()), *(() if sender else ("auto",)))
    if any(kind in settings.mute_kinds for kind in kinds) or matches(sender, settings.mute):
        return True
    author = mail.sender if mail and not mail.other_senders else None
    return author is not None and matches(author.addr, settings.mute)


def blocked_by(sender: str, field: Field, patterns: Sequence[str]) -> str:
    """Return by which of its senders a message is blocked, "envelope" or "from"; empty if it is not.

    What From says counts only if it is one address, and the edge vouches for its domain. A bounce has no
    sender and is never blocked: it answers a message of the owner's.
    """
    if not sender:
        return ""
    if matches(sender, patterns):
        return "envelope"
    author = _author(field("from"))
    return "from" if matches(author, patterns) and _is_vouched_for(author, sender, field) else ""


def _author(value: str) -> str:
    """Return the one address of a From field, empty if there are several, or it can't be read for sure."""
    found, complete = mailboxes(value[:FIELD_LIMIT], 2)
    if not complete or len(found) != 1 or len(value) > FIELD_LIMIT:
        return ""
    # As it stands there: made fit to be shown, it could be another one.
    return found[0].addr if found[0].addr in value else ""


def _is_vouched_for(author: str, sender: str, field: Field) -> bool:
    """Tell whether the edge's own verdicts say that DMARC holds for the author's domain.

    They are the edge's if it put its Received field on top, and its sealed verdicts and its others agree, on
    this very envelope. Who forges all of them, where the edge makes none, has his own message refused.
    """
    if not from_edge(_first(field("received"))):
        return False
    for name in _VERDICTS:
        found = authentication(_first(field(name)))
        about = found and found.is_about(sender) and canonical(f"@{found.dmarc_domain}")
        if not found or found.dmarc != "pass" or about != f"@{domain(canonical(author))}":
            return False
    return True


def _first(value: str) -> str:
    # What is behind a comma may be another field's, and so the sender's.
    return value[:FIELD_LIMIT].partition(",")[0]
