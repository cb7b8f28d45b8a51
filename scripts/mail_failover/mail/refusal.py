"""What an SMTP server's refusal means, and what to do about it."""

import re

from mail_failover.console.next_step import LOG

from .conversation import Reply

_LISTED = (
    "The server refuses this machine's address, which says nothing about the domain. Run this from a "
    "machine that may send mail, such as your mail server."
)
_NAMELESS = (
    "The server refuses this machine's name or reverse DNS, which says nothing about the domain. Run this "
    "on your mail server."
)
_UNAUTHENTICATED = (
    "The edge refuses mail that fails both SPF and DKIM, or its sender's DMARC policy. Run this on a "
    "machine that the SPF record of {domain} lists, or name another sender with --from."
)
_UNKNOWN = (
    "The edge does not know the address: see that Email Routing is on, and that the catch-all is on and "
    "sends to the Worker. `{plan}` shows what is missing."
)
_ADDRESS = r"\bip\b|\bclient host\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|[0-9a-f]{1,4}:[0-9a-f]{0,4}:[0-9a-f:]*"
# The first pattern that fits decides: a block list's words may hold any of the later ones. "Blocked" alone
# may be said of the domain; it is this machine that is blocked where an address is named.
_MEANINGS = (
    (r"spamhaus|\brbls?\b|block[ -]?list|black[ -]?list|reputation|dnsbl", _LISTED),
    (rf"(?=.*(?:{_ADDRESS})).*(?:blocked|\blisted|banned)", _LISTED),
    (r"\bptr\b|reverse (?:dns|hostname)|rdns|find your hostname|\bhelo\b|\behlo\b", _NAMELESS),
    (r"\bspf\b|\bdkim\b|dmarc|authenticat", _UNAUTHENTICATED),
    (r"not exist|no such|unknown (?:user|recipient)|user unknown|not found|relay|\b5\.1\.1\b", _UNKNOWN),
)
_TEMPORARY = f"A temporary answer: try again in some minutes. If it stays, see the Worker's log: `{LOG}`"
_PERMANENT = "See Email Routing's status in the dashboard; `{plan}` shows what is missing."


def explain(reply: Reply, sender: str, plan: str) -> str:
    """Say what to do about a refusal; `sender` is the envelope's, `plan` the command that shows the plan."""
    meaning = _meaning(reply)
    return meaning.format(domain=sender.rpartition("@")[2] or "the sender", plan=plan)


def blames_machine(reply: Reply) -> bool:
    """Tell whether a refusal is about the machine that asks and not about the domain."""
    return _meaning(reply) in {_LISTED, _NAMELESS}


def _meaning(reply: Reply) -> str:
    words = reply.words.lower()
    found = next((meaning for pattern, meaning in _MEANINGS if re.search(pattern, words)), "")
    return found or (_TEMPORARY if 400 <= reply.code < 500 else _PERMANENT)
