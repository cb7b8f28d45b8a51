"""One message of the spool, as far as its header: read, never opened."""

import email.errors
import email.header
import email.parser
from collections.abc import Iterator

from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.console.text import byte_count
from mail_failover.door.answers import Copy
from mail_failover.door.errors import Unopened
from mail_failover.door.wording import all_facts, fate_of, moment

from .run import Visit

_MOST_BYTES, _MOST_FIELDS, _MOST_CHARACTERS = 256 << 10, 200, 1000


async def show_message(visit: Visit, copy_id: str) -> int:
    """Show a copy's envelope, times, state, hash and header fields, after checking the hash."""
    copy = await visit.find(copy_id)
    try:
        fields = await _fields(visit, copy)
    except Unopened as error:
        visit.voice.lines((line, "") for line in lines_of(copy))
        visit.voice.fail(type(error).__name__, error.what, error.fix)
        return visit.voice.end(PROBLEM, copy=all_facts(copy))
    visit.voice.lines((line, "") for line in lines_of(copy))
    visit.voice.say("Header fields, as the sender wrote them:")
    for name, value in fields:
        visit.voice.say(f"  {name}: {value}")
    header = [{"name": name, "value": value} for name, value in fields]
    return visit.voice.end(DONE, copy=all_facts(copy), header=header)


async def _fields(visit: Visit, copy: Copy) -> list[tuple[str, str]]:
    with visit.scratch() as folder:
        path = folder / "message.eml"
        await visit.door.fetch(copy, path)
        with path.open("rb") as file:
            return [*header_fields(file.read(_MOST_BYTES))]


def lines_of(copy: Copy) -> Iterator[str]:
    """Yield what is known of a copy besides its bytes."""
    yield f"Message: {copy.id}"
    yield f"From (envelope): <{copy.sender}>{'' if copy.sender else ', a bounce'}"
    yield f"To (envelope): <{copy.recipient}>"
    yield f"Caught: {moment(copy.caught)}; {fate_of(copy)}"
    yield f"State: {copy.state}{f': {copy.words}' if copy.words else ''}"
    yield f"Size: {byte_count(copy.size)}"
    if copy.sealed:
        yield f"Encrypted: {f'for the key {copy.key}' if copy.key else 'in an unknown format'}"
        yield f"SHA-256, as it is encrypted: {copy.sha256}"
    else:
        yield f"SHA-256: {copy.sha256}"


def header_fields(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the header's fields, decoded as far as that goes; what is too much of them is left out."""
    header = data.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    fields = [*email.parser.BytesHeaderParser().parsebytes(header + b"\n\n").raw_items()]
    for name, value in fields[:_MOST_FIELDS]:
        # Longer ones would take long to decode, too.
        yield name, " ".join(_decoded(value[: 4 * _MOST_CHARACTERS]).split())[:_MOST_CHARACTERS]
    if len(fields) > _MOST_FIELDS:
        yield "...", f"and {len(fields) - _MOST_FIELDS} more"


def _decoded(value: str) -> str:
    """Decode a field's encoded words (RFC 2047); what can't be decoded stays as it came."""
    text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return str(email.header.make_header(email.header.decode_header(text)))
    except (ValueError, LookupError, email.errors.MessageError):
        return text
