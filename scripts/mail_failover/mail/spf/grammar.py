"""What may stand behind a term's name (RFC 7208, section 12): exact, so that no valid record is refused."""

import re
from ipaddress import IPv4Network, IPv6Network

_LETTERS = "slodiphv"
_EXPLANATION_LETTERS = "crt"
_LONGEST_LABEL = 63


def _macro(letters: str) -> str:
    # The number of parts to keep is never zero (section 7.3).
    return rf"%(?:[%_-]|\{{[{letters}](?:0*[1-9][0-9]*)?r?[-.+,/_=]*\}})"


def _macro_string(letters: str) -> str:
    return rf"(?:[!-$&-~]|{_macro(letters)})*"


# Letters, digits and hyphens, but not digits alone.
_TOP_LABEL = r"(?![0-9]+(?![a-z0-9-]))[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_DOMAIN = rf"(?P<domain>{_macro_string(_LETTERS)}(?:\.{_TOP_LABEL}\.?|{_macro(_LETTERS)}))"
_LENGTH4 = r"/(?P<length4>0|[1-9][0-9]?)"
_LENGTH6 = r"/(?P<length6>0|[1-9][0-9]{0,2})"
_HOST = rf"(?::{_DOMAIN})?(?:{_LENGTH4})?(?:/{_LENGTH6})?"
_MECHANISMS = {
    "all": "",
    "include": f":{_DOMAIN}",
    "a": _HOST,
    "mx": _HOST,
    "ptr": f"(?::{_DOMAIN})?",
    "ip4": rf":(?P<ip4>[0-9.]+(?:{_LENGTH4})?)",
    "ip6": rf":(?P<ip6>[0-9a-f:.]+(?:{_LENGTH6})?)",
    "exists": f":{_DOMAIN}",
}
_MODIFIERS = {"redirect": _DOMAIN, "exp": _DOMAIN}
_ANY_MODIFIER = _macro_string(_LETTERS + _EXPLANATION_LETTERS)


def fits_mechanism(name: str, value: str) -> bool:
    """Tell whether a mechanism, its name in lower case, may have this value, its colon included."""
    return _fits(_MECHANISMS[name], value)


def fits_modifier(name: str, value: str) -> bool:
    """Tell whether a modifier, its name in lower case, may have this value."""
    return _fits(_MODIFIERS.get(name, _ANY_MODIFIER), value)


def _fits(pattern: str, value: str) -> bool:
    match = re.fullmatch(pattern, value, re.IGNORECASE)
    if match is None:
        return False
    found = match.groupdict(default="")
    return (
        int(found.get("length4") or 0) <= 32
        and int(found.get("length6") or 0) <= 128
        and (not found.get("domain") or _is_name(found["domain"]))
        and (not found.get("ip4") or _is_network(found["ip4"], IPv4Network))
        and (not found.get("ip6") or _is_network(found["ip6"], IPv6Network))
    )


def _is_name(domain: str) -> bool:
    """Tell whether each label has a length that the DNS can carry; a macro stands for some characters."""
    labels = re.sub(_macro(_LETTERS), "x", domain, flags=re.IGNORECASE).removesuffix(".").split(".")
    return all(0 < len(label) <= _LONGEST_LABEL for label in labels)


def _is_network(text: str, kind: type[IPv4Network | IPv6Network]) -> bool:
    try:
        kind(text, strict=False)
    except ValueError:
        return False
    return True
