"""Who is told of a recipient's mail, and how much of it."""

from collections.abc import Iterator
from dataclasses import replace

from .address import canonical, lookups
from .alerts import DETAILS, Audience, everybody
from .settings import Settings

UNREAD = "*"
"""Names who is told of the outage that all mail is part of while the table can't be read: nobody."""


def audience_of(recipient: str, settings: Settings) -> Audience:
    """Return who is told of a recipient's mail; of a key that the table had once, who is by now.

    While the table can't be read, nobody knows whose alerts are whose: each recipient is alone, and nobody
    is told.
    """
    key = key_for(recipient, settings)
    if settings.alerts is None:
        return Audience(key, lost=True) if key else owner(settings)
    return settings.alerts[key] if key else owner(settings)


def key_for(recipient: str, settings: Settings) -> str:
    """Return the key under which the table has a recipient, empty if it has none.

    Looked up as in `delivery.inboxes_for`. While the table can't be read, it is the recipient.
    """
    if settings.alerts is None:
        return canonical(recipient)
    keys = lookups(recipient) if settings.alerts and recipient else ()
    return next((key for key in keys if key in settings.alerts), "")


def audience_named(name: str, settings: Settings) -> Audience:
    """Return who is told by now of what an audience was told of all together.

    That is nobody once those whom it was for are told apart: each would see the others' mail.
    """
    if name == UNREAD:
        return Audience(UNREAD, lost=True)
    found = {each.name: each for each in (audience_of(key, settings) for key in name.split(" "))}
    return found.popitem()[1] if len(found) == 1 else Audience(name)


def owner(settings: Settings) -> Audience:
    """Return who is told of all mail that ALERTS does not name, and of the server and the spool."""
    return Audience("", everybody(settings.services, settings.detail))


def audiences(settings: Settings) -> Iterator[Audience]:
    """Yield each audience once, the owner first."""
    yield from {each.name: each for each in (owner(settings), *(settings.alerts or {}).values())}.values()


def shown_to(audience: Audience, settings: Settings) -> Settings:
    """Return the settings with the most that any way to an audience shows of a message.

    Codes are shown only where each way shows everything: what is shown less of a message has them masked.
    """
    if not audience.name:
        return settings
    details = {way.detail for way in audience.ways} or {DETAILS[0]}
    most, least = max(details, key=DETAILS.index), min(details, key=DETAILS.index)
    return replace(settings, detail=most, show_codes=settings.show_codes and least == DETAILS[-1])


def is_previewed(recipient: str, settings: Settings) -> bool:
    """Tell whether anybody is shown the beginning of a recipient's mail."""
    return shown_to(audience_of(recipient, settings), settings).detail == "preview"
