"""Mail addresses, compared the way people mean them."""

import unicodedata


def canonical(address: str) -> str:
    """Return the form under which two spellings of an address are equal.

    Lower case and NFC; the domain without its last dot, each `xn--` label as the Unicode it stands for
    (RFC 5890, section 2.3.2.1), since the edge may report either. Not for sending: the local part's case
    is the receiver's business (RFC 5321, section 2.4).
    """
    local, at, domain = _folded(address.strip()).rpartition("@")
    return f"{local}{at}{'.'.join(map(_unicode_label, domain.rstrip('.').split('.')))}"


def without_detail(address: str) -> str:
    """Return the address without its `+detail` (RFC 5233)."""
    local, at, domain = address.rpartition("@")
    name, _, _ = local.partition("+")
    return f"{name}{at}{domain}" if name else address


def domain(address: str) -> str:
    """Return what follows the last `@`."""
    return address.rpartition("@")[2]


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
        return _folded(label[4:64].encode("ascii").decode("punycode"))
    except UnicodeError:
        return label
