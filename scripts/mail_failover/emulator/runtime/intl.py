"""JavaScript's `Intl.DateTimeFormat`, as far as the Worker uses it: how far a time zone is from UTC.

What it writes was seen in workerd and in Node; the zones are Python's, of this system or of `tzdata`. Names
are compared with their case, which JavaScript does not.

Source: https://tc39.es/ecma402/#sec-intl-datetimeformat-constructor
"""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self
from zoneinfo import ZoneInfo

from .javascript import JsClass, JsException, JsObject

# The furthest that a time is from 1970, in milliseconds (ECMAScript, "Time Values and Time Range").
_FURTHEST = 864 * 10**13
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DateTimeFormat:
    """The class `DateTimeFormat`: a date in American English, and its zone's distance from UTC."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    @classmethod
    def new(cls, locale: str, options: JsObject, /) -> Self:
        """Build one for a time zone.

        Raises:
            JsException: there is no such zone, or what is wanted is another language or form.

        """
        fields = dict(options.fields)
        zone = fields.pop("timeZone", "UTC")
        if (locale, fields) != ("en-US", {"timeZoneName": "longOffset"}):
            raise JsException("the emulator writes en-US with longOffset alone", "TypeError")
        try:
            return cls(ZoneInfo(zone))
        except (KeyError, ValueError, OSError):
            # There is none, the name leads out of the folder with the data, or to a folder in it.
            raise JsException(f"Invalid time zone specified: {zone}", "RangeError") from None

    def format(self, milliseconds: float, /) -> str:
        """Write a time, in milliseconds since 1970.

        Raises:
            JsException: it is none that JavaScript has.

        """
        if not -_FURTHEST <= milliseconds <= _FURTHEST:
            raise JsException("Invalid time value", "RangeError")
        try:
            local = (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(self._zone)
        except OverflowError:
            raise JsException("the emulator knows the years 1 to 9999", "RangeError") from None
        return f"{local.month}/{local.day}/{local.year}, GMT{_distance(local)}"


class Intl:
    """The global `Intl`."""

    DateTimeFormat = JsClass(DateTimeFormat)


def _distance(local: datetime) -> str:
    ahead = int((local.utcoffset() or timedelta()).total_seconds())
    minutes, seconds = divmod(abs(ahead), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if ahead < 0 else '+'}{hours:02}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
