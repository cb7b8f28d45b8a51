"""Where the Worker that is deployed is set up in another way than the files here say. Pure.

What `deploy` uploads: a text as a binding `plain_text`, anything else as `json`; secrets stay, and variables
that are not here go. Code is not compared.

Source: https://developers.cloudflare.com/api/resources/workers/subresources/scripts/ (settings), and
https://developers.cloudflare.com/workers/wrangler/configuration/#source-of-truth
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mail_failover.console.next_step import Again

from .files import SECRETS
from .local import Local, Upload

Json = Mapping[str, Any]

_OBJECT = "durable_object_namespace"
_LONGEST = 200
# What may be shown: a word, a number, addresses and `@domain`; anything else may be a secret that somebody
# wrote there by mistake.
_PLAIN = re.compile(r"[a-z]{1,12}|\d{1,6}|[\w.+'-]{0,64}@[\w.-]{1,255}")
# A topic of ntfy's in ALERTS is one.
_MAY_BE_SECRET = ("_ID", "_KEY", "_URL", "_CHECK", "_CHANNEL", "ALERTS")


class Difference(NamedTuple):
    """What is deployed and what is here, in a sentence without its full stop, and what to do about it."""

    what: str
    fix: str


class Addition(Difference):
    """What only is not deployed yet: by uploading it, nothing that is deployed changes or goes."""

    __slots__ = ()


def differences(local: Local, there: Json, again: Again) -> list[Difference]:
    """Compare the files with a Worker's settings, as `Cloudflare.script_settings` gives them.

    Only of settings that are no secrets, and do not look like one, are values quoted.
    """
    bound = {str(each.get("name", "")): each for each in there["bindings"]}
    return [
        *_variables(local, bound, again),
        *_undeployed_secrets(local, bound, again),
        *_objects(local.upload, bound, again),
        *_runtime(local.upload, there, again),
    ]


def _variables(local: Local, bound: Mapping[str, Json], again: Again) -> Iterator[Difference]:
    here, deploy = local.upload.variables, _deploy(again)
    for name, value in here.items():
        binding = bound.get(name, {})
        if _is_secret(binding):
            yield Difference(f"{name}: deployed as a secret, here a variable", deploy)
        elif not _is_variable(binding):
            what = f"{name}: not deployed, here {_shown(name, value) or 'it is set'}"
            yield (Difference if binding else Addition)(what, deploy)
        elif not _same(value, binding):
            was, now = _shown(name, _value(binding)), _shown(name, value)
            both = f"deployed {was}, here {now}" if was and now else "deployed is another value than here"
            yield Difference(f"{name}: {both}", deploy)
    for name, binding in bound.items():
        if _is_variable(binding) and name not in here:
            yield _unknown_here(name, _value(binding), local, again)


def _unknown_here(name: str, value: Any, local: Local, again: Again) -> Difference:
    if name in SECRETS:
        what = f"{name}: deployed as a variable, which everybody in the account can read"
        known = name in local.upload.secrets
        return Difference(what, _deploy(again) if known else f"Make it a secret: {again.put(name)}")
    shown = _shown(name, value)
    return Difference(
        f"{name}: deployed{f' {shown}' * bool(shown)}, not here: the next deploy removes it",
        f"What is not here, write into {local.editable}, or let it go: `{again.deploy()}`",
    )


def _undeployed_secrets(local: Local, bound: Mapping[str, Json], again: Again) -> Iterator[Difference]:
    for name in local.upload.secrets:
        if name not in bound:
            what = f"{name}: a secret that is set here, not deployed"
            yield Addition(what, _deploy(again))


def _deploy(again: Again) -> str:
    return f"Upload what is here: `{again.deploy()}`"


def _objects(here: Upload, bound: Mapping[str, Json], again: Again) -> Iterator[Difference]:
    there = {
        name: str(each.get("class_name", "")) for name, each in bound.items() if each.get("type") == _OBJECT
    }
    for name in dict.fromkeys((*here.objects, *there)):
        was, now = there.get(name), here.objects.get(name)
        if was != now:
            what = f"{name}: deployed {_object(was)}, here {_object(now)}"
            yield (Addition if was is None else Difference)(what, _deploy(again))


def _runtime(here: Upload, there: Json, again: Again) -> Iterator[Difference]:
    deploy = _deploy(again)
    date = str(there.get("compatibility_date") or "none")
    if here.date and date != here.date:
        yield Difference(f"compatibility_date: deployed {date}, here {here.date}", deploy)
    flags = frozenset(map(str, there.get("compatibility_flags") or ()))
    if flags != here.flags:
        was, now = (", ".join(sorted(each)) or "none" for each in (flags, here.flags))
        yield Difference(f"compatibility_flags: deployed {was}, here {now}", deploy)


def _object(name: str | None) -> str:
    return "no object" if name is None else f"the object {name}"


def _is_secret(binding: Json) -> bool:
    return str(binding.get("type", "")).startswith("secret")


def _is_variable(binding: Json) -> bool:
    return binding.get("type") in {"plain_text", "json"}


def _value(binding: Json) -> Any:
    """Return a variable's value; one that is no text may come as JSON, or as the text of it."""
    if binding.get("type") == "plain_text":
        return binding.get("text", "")
    value = binding.get("json")
    return _parsed(value) if isinstance(value, str) else value


def _same(here: Any, binding: Json) -> bool:
    """Tell whether the Worker reads the same: it takes lists and numbers as JSON in a text, too."""
    there = _value(binding)
    return bool(here == there or _parsed(here) == _parsed(there))


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _shown(name: str, value: Any) -> str:
    """Return a value as it may be shown; empty if it may not."""
    from failover.settings import VARIABLES  # noqa: PLC0415 - found beside the Worker

    if name not in VARIABLES or name in SECRETS or name.endswith(_MAY_BE_SECRET):
        return ""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if not all(_PLAIN.fullmatch(each) for each in _leaves(value)):
        return ""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield str(value).lower() if isinstance(value, bool) else str(value)
