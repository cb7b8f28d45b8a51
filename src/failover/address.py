"""Mail addresses, compared the way people mean them."""

import unicodedata

from .text import ELLIPSIS, clean


def canonical(address: str) -> str:
    """Return the form under which two spellings of an address are equal.

    Lower case and NFC; the domain without its last dot, each `xn--` label as the Unicode it stands for
    (RFC 5890, section 2.3.2.1), since the edge may report either; one that stands for nothing stays as it
    is. Not for sending: the local part's case is the receiver's business (RFC 5321, section 2.4).
    """
    local, at, domain = _folded(address.strip()).rpartition("@")
    while domain.endswith("."):
        domain = domain.rstrip(".").rstrip()
    if "xn--" in domain:
        domain = ".".join(map(_unicode_label, domain.split(".")))
    return f"{local}{at}{domain}"


def without_detail(address: str) -> str:
    """Return the address without its `+detail` (RFC 5233)."""
    local, at, domain = address.rpartition("@")
    name, _, _ = local.partition("+")
    return f"{name}{at}{domain}" if name else address


def lookups(address: str) -> tuple[str, str, str]:
    """Return under which keys a table may have an address, the first choice first; each is canonical.

    Itself, then without its `+detail`, then its domain.
    """
    address = canonical(address)
    return address, without_detail(address), f"@{domain(address)}"


def domain(address: str) -> str:
    """Return what follows the last `@`."""
    return address.rpartition("@")[2]


def shown(text: str, limit: int) -> str:
    """Make an address or a domain fit to show; too long, it loses its beginning: its end says whose it is."""
    text = clean(text, len(text))
    return text if len(text) <= limit else f"{ELLIPSIS}{text[1 - limit :]}"


def is_address(text: str) -> bool:
    """Tell whether the text has the shape of one address; only a mail server knows whether it exists."""
    local, _, host = text.rpartition("@")
    bare = not any(c.isspace() or not c.isprintable() or c in '<>()[],;:\\"*' for c in text)
    return bare and bool(local) and "@" not in local and bool(host.strip(".")) and len(text) <= 320


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.lower())


def _unicode_label(label: str) -> str:
    # Python's "idna" codec knows the rules of 2003 only, under which two domains of today can be one.
    if not label.startswith("xn--"):
        return label
    try:
        name = _folded(label[4:64].encode("ascii").decode("punycode"))
        # Only what encodes back to this very label: else two domains that DNS tells apart would be one.
        return label if name.isascii() or f"xn--{name.encode('punycode').decode()}" != label else name
    except UnicodeError:
        return label
