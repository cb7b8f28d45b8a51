"""What a journal has to hold to be believed: a damaged one must not decide what is put back. Pure."""

from collections.abc import Callable
from typing import Any, Literal, get_args

from mail_failover.cloudflare.records import fields

FORMAT = 1
FOUND = "Found"
State = Literal["open", "applied", "undoing", "partly undone", "undone"]

Test = Callable[[Any], bool]


def is_journal(data: Any) -> bool:
    """Tell whether everything that is ever read of a journal is there, and of the right kind."""
    return _JOURNAL(data) and data["domain"] == data["before"]["domain"]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _each(test: Test) -> Test:
    return lambda value: isinstance(value, list) and all(map(test, value))


def _maybe(test: Test) -> Test:
    return lambda value: value is None or test(value)


def _with(**parts: Test) -> Test:
    """Make the test of a mapping that has these keys at least; what is missing is tested as None."""
    return lambda value: (
        isinstance(value, dict) and all(test(value.get(name)) for name, test in parts.items())
    )


def _record(value: Any) -> bool:
    if not _with(id=_text, type=_text, name=_text, content=_text)(value):
        return False
    try:
        return bool(fields(value))
    except (TypeError, ValueError, AttributeError):
        return False


_RULE = _with(actions=_each(_mapping), matchers=_each(_mapping))
_CHANGES: dict[str, Test] = {
    FOUND: _mapping,
    "ChangeRecords": _with(deletes=_each(_text), patches=_each(_with(id=_text)), posts=_each(_mapping)),
    "SetCatchAll": _with(rule=_mapping),
    "SwitchRouting": _with(to=_text),
    "AddInbox": _with(email=_text),
    "RemoveInbox": _mapping,
    "AwaitInboxes": _mapping,
}
_AFTER = _with(records=_each(_record), catch_all=_maybe(_mapping), routing=_mapping)


def _step(value: Any) -> bool:
    return (
        _with(kind=_text, change=_mapping, after=_maybe(_AFTER))(value)
        and "after" in value
        and value["kind"] in _CHANGES
        and _CHANGES[value["kind"]](value["change"])
    )


_JOURNAL = _with(
    domain=_text,
    worker=_text,
    state=lambda value: value in get_args(State),
    before=_with(
        domain=_text,
        zone=_mapping,
        records=_each(_record),
        routing=_mapping,
        wanted=_each(_mapping),
        rules=_maybe(_each(_mapping)),
        catch_all=_maybe(_RULE),
        addresses=_each(_with(email=_text)),
    ),
    steps=_each(_step),
    kept=_maybe(lambda value: _mapping(value) and all(map(_each(_record), value.values()))),
)
