"""What a calendar part says in a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.invitation import invitation
from failover.skim import skim

ZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19701025T030000
SUMMARY:not this
END:STANDARD
END:VTIMEZONE
"""
ALARM = "BEGIN:VALARM\nSUMMARY:alarm\nDTSTART:19990101\nEND:VALARM\n"


def calendar(event, method="METHOD:REQUEST\n", kind="VEVENT"):
    """Return a calendar with one event, its lines ended as RFC 5545 asks."""
    text = f"BEGIN:VCALENDAR\n{method}{ZONE}BEGIN:{kind}\n{event}\nEND:{kind}\nEND:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("SUMMARY:Budget talk\nDTSTART:20261125T090000Z", "Budget talk, 2026-11-25 09:00 UTC"),
        ("DTSTART:20261125T090000Z\nUID:1\nSUMMARY:Budget talk", "Budget talk, 2026-11-25 09:00 UTC"),
        ("SUMMARY:x\nDTSTART;TZID=Europe/Berlin:20261125T090000", "x, 2026-11-25 09:00 Europe/Berlin"),
        (
            'SUMMARY:x\nDTSTART;TZID="W. Europe Standard Time":20261125T0930',
            "x, 2026-11-25 09:30 W. Europe Standard Time",
        ),
        ('SUMMARY:x\nDTSTART;X-A="a;b:c";TZID=CET:20261125T0930', "x, 2026-11-25 09:30 CET"),
        ('SUMMARY:x\nDTSTART;X-A="' + "a" * 999 + '";TZID=CET:20261125T0930', "x, 2026-11-25 09:30 CET"),
        ("SUMMARY:x\nDTSTART:20261125T093000", "x, 2026-11-25 09:30"),
        ("SUMMARY:x\nDTSTART;VALUE=DATE:20261125", "x, 2026-11-25"),
        ("SUMMARY:x\nDTSTART:tomorrow", "x, tomorrow"),
        ("SUMMARY:x", "x"),
        ("DTSTART:20261125T090000Z", "2026-11-25 09:00 UTC"),
        ("summary;language=de:Größe\ndtstart:20261125", "Größe, 2026-11-25"),
        ('SUMMARY;ALTREP="cid:a;b":x', "x"),
        (r"SUMMARY:One\, two\; three\\ four\nfive", r"One, two; three\ four five"),
        ("SUMMARY:A long na\n me, fold\n\ted", "A long name, folded"),
        (ALARM + "SUMMARY:x", "x"),
        ("SUMMARY:x\n" + ALARM, "x"),
        ("DESCRIPTION:SUMMARY:no\\nDTSTART:no\nSUMMARY:yes", "yes"),
        ("X-SUMMARY:no\nSUMMARY:first\nSUMMARY:second", "first"),
        ("SUMMARY:pay\u202egnp", "paygnp"),
        # Outlook's names of zones.
        (
            "SUMMARY:x\nDTSTART;TZID=(UTC+01:00) Berlin, Rome:20261125T090000",
            "x, 2026-11-25 09:00 (UTC+01:00) Berlin, Rome",
        ),
        (
            'SUMMARY:x\nDTSTART;TZID="(UTC+01:00) Berlin, Rome":20261125T090000',
            "x, 2026-11-25 09:00 (UTC+01:00) Berlin, Rome",
        ),
        ("DTSTART:20261125t090000z", "2026-11-25 09:00 UTC"),
        ("DTSTART:2026-11-25T09:00:00Z", "2026-11-25T09:00:00Z"),
        ("DTSTART:99999999T999999Z", "99999999T999999Z"),
        ("DTSTART:20261301", "20261301"),
        ("DTSTART:20261125T2460", "20261125T2460"),
        ("SUMMARY:x\nDTSTART:20261124\nDUE:20261125T0900", "x, due 2026-11-25 09:00"),
        ("SUMMARY : x\nDTSTART ;VALUE=DATE : 20261125", "x, 2026-11-25"),
        # vCalendar 1.0.
        ("SUMMARY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Caf=C3=A9", "Café"),
        ("SUMMARY;" + ";" * 5000 + ":x", ""),
        ('SUMMARY;ALTREP="' + "x" * 3000 + '";X-A="a","b":x', "x"),
        ("SUMMARY:\nDTSTART:", ""),
        ("UID:1", ""),
    ],
)
def test_says_what_and_when(event, said):
    """Folded, quoted and escaped lines; the event's own, not its alarm's or its time zone's."""
    assert invitation(calendar(event), "") == (f"Invitation: {said}" if said else "Invitation")


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("METHOD:REQUEST\n", "Invitation"),
        ("method:request\n", "Invitation"),
        ("METHOD:ADD\n", "Invitation"),
        ("METHOD:CANCEL\n", "Cancelled"),
        ("METHOD:REPLY\n", "Reply"),
        ("METHOD:COUNTER\n", "Proposed change"),
        ("METHOD:PUBLISH\n", "Event"),
        ("X-METHOD:CANCEL\n", "Event"),
        ("", "Event"),
    ],
)
def test_says_what_is_asked(method, name):
    """A cancelled event must not pass for an invitation (RFC 5546)."""
    assert invitation(calendar("SUMMARY:x", method), "") == f"{name}: x"


def test_the_parts_type_says_what_is_asked_where_the_calendar_does_not():
    """RFC 6047 asks for it in both."""
    event = "SUMMARY:x"
    assert invitation(calendar(event, ""), "", "cancel") == "Cancelled: x"
    assert invitation(calendar(event, "METHOD:REPLY\n"), "", "CANCEL") == "Reply: x"
    assert invitation(calendar(event, ""), "", "é") == "Event: x"
    part = b"Content-Type: text/calendar; method=CANCEL\r\n\r\n"
    assert skim(part + calendar(event, ""), 0).preview == "Cancelled: x"


@pytest.mark.parametrize("method", ["METHOD:REQUEST\n", "METHOD:PUBLISH\n", ""])
def test_an_event_that_does_not_take_place_is_cancelled(method):
    """Its status says so, too."""
    assert invitation(calendar("SUMMARY:x\nstatus:cancelled", method), "") == "Cancelled: x"


@pytest.mark.parametrize(
    ("kind", "name"),
    [("VEVENT", "Event"), ("VTODO", "Task"), ("VJOURNAL", "Note"), ("VFREEBUSY", "Free and busy times")],
)
def test_says_what_a_calendar_holds(kind, name):
    """Where no method says more."""
    assert invitation(calendar("SUMMARY:x", "METHOD:PUBLISH\n", kind), "") == f"{name}: x"
    asked = "Free and busy times" if kind == "VFREEBUSY" else "Invitation"
    assert invitation(calendar("SUMMARY:x", kind=kind), "") == f"{asked}: x"


def test_the_first_event_counts():
    """And what a calendar holds besides is none."""
    two = calendar("SUMMARY:one") + calendar("SUMMARY:two\nDTSTART:20261125")
    assert invitation(two, "") == "Invitation: one"
    assert invitation(calendar("SUMMARY:task", kind="VTODO"), "") == "Invitation: task"
    assert invitation(b"BEGIN:VCALENDAR\r\nSUMMARY:no\r\nEND:VCALENDAR\r\n", "") == ""
    assert invitation(b"", "") == ""


def test_an_event_that_is_cut_off_is_read_as_far_as_it_goes():
    """The end of the prefix may come first."""
    data = calendar("SUMMARY:Budget talk\nDTSTART:20261125T090000Z\n" + ALARM)
    assert (
        invitation(data[: data.index(b"SUMMARY:alarm")], "")
        == "Invitation: Budget talk, 2026-11-25 09:00 UTC"
    )
    assert invitation(data[: data.index(b"T0900")], "") == "Invitation: Budget talk, 2026-11-25"
    assert invitation(data[: data.index(b" talk")], "") == "Invitation: Budget"


def test_bytes_are_folded_before_they_are_characters():
    """A line may be folded in the middle of one."""
    data = calendar("SUMMARY:Größe").replace("ö".encode(), "ö".encode()[:1] + b"\r\n " + "ö".encode()[1:])
    assert invitation(data, "") == "Invitation: Größe"
    assert (
        invitation(calendar("SUMMARY:Größe").decode().encode("latin-1"), "iso-8859-1") == "Invitation: Größe"
    )


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_line_ends_and_widths_of_any_kind_are_read(end, charset):
    """UTF-16 has no line that could be searched for bytes."""
    data = ALARM + "SUMMARY:Grö\n ße\nDTSTART:20261125"
    wide = calendar(data).decode().replace("\r\n", end).encode(charset)
    assert invitation(wide, charset) == "Invitation: Größe, 2026-11-25"


@given(
    st.lists(
        st.sampled_from(
            (
                *("BEGIN:VEVENT\n", "END:VEVENT\n", "BEGIN:VALARM\n", "END:VALARM\n", "METHOD:", "SUMMARY"),
                *(
                    "DTSTART",
                    "TZID=",
                    "20261125T0900",
                    ":",
                    ";",
                    '"',
                    "\\",
                    "\n ",
                    "\n",
                    "\r",
                    "\0",
                    "x",
                    "é",
                ),
            )
        ),
        max_size=40,
    ).map("".join)
)
def test_no_calendar_is_too_strange(text):
    """Anything gives one clean, short line."""
    line = invitation(text.encode(), "")
    assert len(line) < 400
    assert line == " ".join(line.split())
