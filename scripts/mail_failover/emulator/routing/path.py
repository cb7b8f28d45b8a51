"""The paths of MAIL and RCPT, by the grammar of RFC 5321, section 4.1.2, with what RFC 6531 adds to it."""

import re

# Beyond ASCII whatever is valid UTF-8 (RFC 6531, section 3.3); a surrogate stands for a byte that is not.
_BEYOND = r"\x80-\ud7ff\ue000-\U0010ffff"
_ATOM = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~{_BEYOND}-]+"
_QUOTED = rf'"(?:[ !#-\[\]-~{_BEYOND}]|\\[ -~])*"'
_LABEL = rf"[A-Za-z0-9{_BEYOND}]+(?:-+[A-Za-z0-9{_BEYOND}]+)*"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_HOST = rf"(?:{_DOMAIN}|\[[!-Z^-~]+\])"
_MAILBOX = rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@{_HOST}"
# A source route is taken and forgotten (RFC 5321, appendix C).
_ROUTE = rf"(?:@{_DOMAIN}(?:,@{_DOMAIN})*:)?"
_PATH = re.compile(rf"<(?:{_ROUTE}(?P<mailbox>{_MAILBOX}))?>(?:[ \t]+(?P<parameters>.*))?", re.DOTALL)


def read_path(text: str) -> tuple[str, str] | None:
    """Read a path in its angle brackets, and the parameters behind it; None if it is malformed.

    The mailbox comes as it was written, without brackets; that of the null path is empty. Bytes that are
    no UTF-8 are surrogates in the text (`surrogateescape`).
    """
    match = _PATH.fullmatch(text)
    return (match["mailbox"] or "", match["parameters"] or "") if match else None


def domain_of(mailbox: str) -> str:
    """Return what follows the last `@`."""
    return mailbox.rpartition("@")[2]
