"""What a calendar part says in a line (RFC 5545): an invitation's summary, and when it begins."""

import re

from .decoding import decode
from .text import clean

_FOLDS = (b"\r\n ", b"\r\n\t", b"\n ", b"\n\t")
_EVENTS = (b"VEVENT", b"VTODO")
# A property's parameters, and its value.
_REST = re.compile(rb"((?:;[^\":;\r\n]*+(?:\"[^\"\r\n]*+\")?+)*+):([^\r\n]*)")
_LOOKALIKES = 4
_ALARMS = 4
_ZONE = re.compile(r";TZID=\"?([^\";:]{1,80})", re.IGNORECASE)
_TIME = re.compile(r"\s*(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:\d\d)?(Z?))?\s*", re.ASCII)
_ESCAPED = re.compile(r"\\([\\;,nN])")
# What the methods of RFC 5546 ask of whom they are sent to; the others have nothing to say but the event.
_METHODS = {b"REQUEST": "Invitation", b"ADD": "Invitation", b"CANCEL": "Cancelled", b"REPLY": "Reply"}
_METHODS |= {
    b"COUNTER": "Proposed change",
    b"DECLINECOUNTER": "Declined change",
    b"REFRESH": "Question about",
}


def invitation(data: bytes, charset: str) -> str:
    """Say in a line what the first event of a calendar is; empty if there is none."""
    data = b"\n" + data
    for fold in _FOLDS:
        data = data.replace(fold, b"")
    # Names are in any case; in this one they are found by searches for bytes.
    upper = data.upper()
    begins = [(at, name) for name in _EVENTS if (at := upper.find(b"\nBEGIN:" + name)) >= 0]
    if not begins:
        return ""
    begin, name = min(begins)
    method = _property(data, upper, b"METHOD")
    kind = _METHODS.get(method[2].strip().upper(), "Event") if method else "Event"
    end = upper.find(b"\nEND:" + name, begin)
    event = _without_alarms(data[begin : end if end >= 0 else None])
    upper = event.upper()
    summary, start = _property(event, upper, b"SUMMARY"), _property(event, upper, b"DTSTART")
    texts = (_text(summary[2], charset) if summary else "", _time(start, charset) if start else "")
    said = ", ".join(filter(None, texts))
    return f"{kind}: {said}" if said else kind


def _property(data: bytes, upper: bytes, name: bytes) -> re.Match[bytes] | None:
    """Find a property (RFC 5545, section 3.1): its parameters and its value."""
    at = 0
    for _ in range(_LOOKALIKES):
        at = upper.find(b"\n" + name, at)
        if at < 0:
            break
        at += 1 + len(name)
        if found := _REST.match(data, at):
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
        event = event[:begin] + (event[end + 1 :] if end >= 0 else b"")
    return event


def _text(value: bytes, charset: str) -> str:
    """Decode a TEXT value (RFC 5545, section 3.3.11)."""
    text = decode(value[:1024], charset or "utf-8", cut=len(value) > 1024)
    return clean(_ESCAPED.sub(lambda match: " " if match[1] in "nN" else match[1], text), 200)


def _time(match: re.Match[bytes], charset: str) -> str:
    """Rewrite a DATE or DATE-TIME value (RFC 5545, sections 3.3.4 and 3.3.5) as `YYYY-MM-DD HH:MM zone`."""
    value = decode(match[2][:80], charset)
    time = _TIME.fullmatch(value)
    if time is None:
        return clean(value, 40)
    year, month, day, hour, minute, utc = time.groups()
    date = f"{year}-{month}-{day}"
    if hour is None:
        return date
    zone = _ZONE.search(decode(match[1][:400], charset))
    return f"{date} {hour}:{minute} {'UTC' if utc else clean(zone[1], 60) if zone else ''}".rstrip()
