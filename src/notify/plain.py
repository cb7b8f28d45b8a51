"""What the services share that show plain text: an alert without anything live in it, and how urgent it is.

Their apps make links of a text by themselves, and none can be told not to: ntfy's and Gotify's on Android of
what `android.util.Patterns` takes for a web address, as Matrix's do in code, ntfy's web app of what begins
with http, Pushover's of URLs. Android counts every invisible character among a name's letters, WORD JOINER as
well, and browsers pass over it. So a space comes behind the signs that hold an address together: the thinnest
that there is.
"""

import hashlib
import re

from failover.text import isolate

from .alert import Alert
from .channel import Manner
from .service import json_object

QUOTA_SECONDS = 3600.0
"""How long to wait for a service that takes no more alerts for the day or the month, and says no time."""

HAIR_SPACE = "\u200a"

# The full stops are those of browsers (Unicode TR 46). Numbers and times stay whole, but for IP addresses.
_JOINT = re.compile(
    r"(?<=\S)[.:](?=[^\s0-9.:])|(?<=[^\s0-9])[.:](?=[0-9])|\.(?=[0-9]+\.[0-9])|[\u3002\uff0e\uff61](?=\S)"
)
# The beginning of what was posted, whose text may be cut short.
_POSTED = re.compile(r'\s*\{\s*"id"\s*:\s*["1-9]')

_MESSAGES = frozenset({"forwarded", "held", "deferred", "unreported", "returned", "misconfigured"})
_WAITING = frozenset({"deferred", "unreported"})
_ENDS = frozenset({"quiet", "back", "home", "heard"})


def title(alert: Alert) -> str:
    """Return the headline."""
    return apart(alert.headline)


def body(alert: Alert) -> str:
    """Say what is not in the title; the title again where there is nothing, for no service takes that."""
    facts = "\n".join(f"{fact.label}: {isolate(fact.text)}" for fact in alert.fields if fact.text)
    preview = f"> {isolate(alert.preview)}" if alert.preview else ""
    parts = (alert.repeat, facts, preview, alert.advice)
    return apart("\n\n".join(filter(None, parts)) or alert.headline)


def apart(text: str) -> str:
    """Take addresses apart, so that no app makes a link of one."""
    return _JOINT.sub(rf"\g<0>{HAIR_SPACE}", text)


def urgency(alert: Alert, manner: Manner) -> int:
    """Return 0 where nothing may ring, 2 where an outage begins or a message waits, and 1 for all else."""
    if not manner.sound or alert.kind in _ENDS:
        return 0
    begins = alert.kind in _MESSAGES and not manner.later
    return 2 if begins or alert.kind in _WAITING else 1


def told_apart(secret: str) -> str:
    """Return what tells a secret from others without showing it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:8]


def is_posted(answer: str) -> bool:
    """Tell whether an answer is the message that was posted: an object with an id, which comes first."""
    return "id" in json_object(answer) or bool(_POSTED.match(answer))
