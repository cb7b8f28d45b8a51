"""What an answer of the door means, or the lack of one, and what to do about it."""

import json
import os
import ssl
from collections.abc import Iterator

import httpx

from .address import Address
from .answers import Copy
from .errors import (
    Barred,
    Closed,
    Conflict,
    Damaged,
    DoorError,
    Failing,
    Lost,
    NotUnderstood,
    Refused,
    Unreachable,
)

_LATER = "Nothing is lost: what is not home stays in the spool. Try again in a while."
SEE = "`mail-failover spool list` shows how it stands now."
_ENDED = "the connection ended"
_VERSIONS = "Does the Worker come from the same version as this command? Then run this again."


def error_from(address: Address, response: httpx.Response, text: bytes) -> DoorError:
    """Tell what an answer means that is none of success; `text` is its body, for 400 and 409."""
    status, place = response.status_code, address.place
    if status == 404:
        return Closed(
            f"{place} answers 404, as it does to everybody without its token.",
            "Check the token, --url and that the Worker has a SPOOL_TOKEN; after ten wrong tokens the door"
            " is closed for a minute to all.",
        )
    if status == 409:
        return Conflict(f"The door answers 409: {_words(address, text)}.", SEE)
    if status == 400:
        return Refused(f"The door answers 400: {_words(address, text)}.", _VERSIONS)
    if status == 429 or status >= 500:
        why = " (too many requests, or the day's are used up)" if status == 429 else ""
        return Failing(f"{place} is there, but fails: it answers {status}{why}.", _LATER)
    if status in {401, 403} or response.is_redirect:
        return Barred(
            f"{place} answers {status}, which the Worker never does: something stands before it.",
            "Check --url; if Cloudflare Access or a firewall rule is on that name, let /v1/ through.",
        )
    return not_understood(address, f"the status {status}")


def not_understood(address: Address, what: str) -> NotUnderstood:
    """Say that an answer is none that we know."""
    return NotUnderstood(f"{address.place} answers as no spool does: {what}.", f"Check --url. {_VERSIONS}")


def damaged(copy: Copy, why: str) -> Damaged:
    """Say that what came is not the copy that the spool said it has."""
    return Damaged(f"{copy.id} did not come whole: {why}.", "It stays in the spool. Run this again.")


def lost(address: Address, why: str) -> Lost:
    """Say that no whole answer came."""
    return Lost(f"{address.place} gave no whole answer: {why}.", _LATER)


def unreachable(address: Address, error: Exception) -> Unreachable:
    """Say why no request left."""
    place = address.place
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(
                f"The certificate of {place} can't be trusted: {cause.verify_message}.",
                "Check --url and this machine's clock; nothing was sent.",
            )
        if isinstance(cause, ssl.SSLError):
            return Unreachable(
                f"{place} speaks no TLS that can be used here: {cause.reason or _ENDED}.", "Check --url."
            )
    # The system's own words are at the bottom; a resolver's have no number of the system.
    said = [_said(cause) for cause in _causes(error) if isinstance(cause, OSError) and cause.errno]
    why = (said[-1] if said else str(error) or type(error).__name__).rstrip(".")
    return Unreachable(f"{place} can't be reached: {why}.", f"Check the network and --url. {_LATER}")


def _said(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _words(address: Address, text: bytes) -> str:
    """Return the door's own words, without the token, should they repeat it."""
    try:
        words = json.loads(text)["error"]
    except (ValueError, TypeError, KeyError, RecursionError):
        words = ""
    if not isinstance(words, str) or not words:
        return "it does not say why"
    return words.replace(address.token, "[token]").rstrip(".")[:300]
