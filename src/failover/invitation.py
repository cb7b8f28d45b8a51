"""What a calendar part says in a line (RFC 5545): an invitation's summary, and when it begins."""

import re

from .decoding import decode
from .encoding import from_quoted_printable
from .text import clean

# What a calendar may be about, and what it is called where no method says more.
_COMPONENTS = {b"VEVENT": "Event", b"VTODO": "Task", b"VJOURNAL": "Note", b"VFREEBUSY": "Free and busy times"}
# A property's parameters, and its value. A piece begins where the one before ends, and can only end there.
_REST = re.compile(rb"[ \t]*+((?:;[^\":;\n]*+(?:\"[^\"\n]*+\"[^\":;\n]*+)*)*):([^\n]*)")
_LINE = 4096
_LOOKALIKES = 4
_ALARMS = 4
_ZONE = re.compile(r";TZID=\"?([^\";]{1,80})", re.IGNORECASE)
_TIME = re.compile(
    r"\s*(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:T([01]\d|2[0-3])([0-5]\d)(?:\d\d)?(Z?))?\s*",
    re.ASCII | re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\([\\;,nN])")
# What the methods of RFC 5546 ask of whom they are sent to; the others have nothing to say but the event.
_METHODS = {b"REQUEST": "Invitation", b"ADD": "Invitation", b"CANCEL": "Cancelled", b"REPLY": "Reply"}
_METHODS |= {
    b"COUNTER": "Proposed change",
    b"DECLINECOUNTER": "Declined change",
    b"REFRESH": "Question about",
}


def invitation(data: bytes, charset: str, method: str = "") -> str:
    """Say in a line what the first event of a calendar is; empty if there is none.

    `method` is what the part's Content-Type says, where the calendar says nothing (RFC 6047, section 2.4).
    """
    if b"\0" in data[:8]:
        # UTF-16, where what every calendar begins with has one in each character.
        data, charset = decode(data, charset).encode(), "utf-8"
    data = b"\n" + data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    data = data.replace(b"\n ", b"").replace(b"\n\t", b"")
    # Names are in any case; in this one they are found by searches for bytes.
    upper = data.upper()
    begins = [(at, name) for name in _COMPONENTS if (at := upper.find(b"\nBEGIN:" + name)) >= 0]
    if not begins:
        return ""
    begin, component = min(begins)
    end = upper.find(b"\nEND:" + component, begin)
    asked = _property(data, upper, b"METHOD")
    event = _without_alarms(data[begin : end if end >= 0 else None])
    upper = event.upper()
    names = (b"SUMMARY", b"DTSTART", b"DUE", b"STATUS")
    summary, start, due, status = (_property(event, upper, name) for name in names)
    if status and status[2].strip().upper() == b"CANCELLED":
        kind = "Cancelled"
    else:
        kind = _kind(component, asked[2] if asked else method.encode())
    when = f"due {_time(due, charset)}" if due else _time(start, charset) if start else ""
    said = ", ".join(filter(None, (_text(summary, charset) if summary else "", when)))
    return f"{kind}: {said}" if said else kind


def _kind(component: bytes, method: bytes) -> str:
    """Name a component by its method; who asks for free and busy times invites nobody."""
    what = _COMPONENTS[component]
    return what if component == b"VFREEBUSY" else _METHODS.get(method.strip().upper(), what)


def _property(data: bytes, upper: bytes, name: bytes) -> re.Match[bytes] | None:
    """Find a property (RFC 5545, section 3.1): its parameters and its value."""
    at = 0
    for _ in range(_LOOKALIKES):
        at = upper.find(b"\n" + name, at)
        if at < 0:
            break
        at += 1 + len(name)
        if found := _REST.match(data, at, at + _LINE):
            return found
    return None


def _without_alarms(event: bytes) -> bytes:
    """Leave out what stands in an event and has properties of the same names."""
    for _ in range(_ALARMS):
        upper = event.upper()
        begin = upper.find(b"\nBEGIN:VALARM")
        if begin < 0:
            break
        end = upper.find(b"\nEND:VALARM", begin)
        event = event[:begin] + (event[end:] if end >= 0 else b"")
    return event


def _text(match: re.Match[bytes], charset: str) -> str:
    """Decode a TEXT value (RFC 5545, section 3.3.11), also one of vCalendar 1.0."""
    value = match[2]
    if b"=QUOTED-PRINTABLE" in match[1].upper():
        value = from_quoted_printable(value)
    text = decode(value[:1024], charset or "utf-8", cut=len(value) > 1024)
    return clean(_ESCAPED.sub(lambda match: " " if match[1] in "nN" else match[1], text), 200)


def _time(match: re.Match[bytes], charset: str) -> str:
    """Rewrite a DATE or DATE-TIME value (RFC 5545, sections 3.3.4 and 3.3.5) as `YYYY-MM-DD HH:MM zone`."""
    # Outlook's names of zones hold colons, and are not always quoted: "TZID=(UTC+01:00) Berlin:20261125".
    params, _, value = match[0].rpartition(b":")
    time = _TIME.fullmatch(decode(value[:80], charset))
    if time is None:
        return clean(decode(match[2][:80], charset), 40)
    year, month, day, hour, minute, utc = time.groups()
    date = f"{year}-{month}-{day}"
    if hour is None:
        return date
    zone = _ZONE.search(decode(params, charset))
    return f"{date} {hour}:{minute} {'UTC' if utc else clean(zone[1], 60) if zone else ''}".rstrip()
