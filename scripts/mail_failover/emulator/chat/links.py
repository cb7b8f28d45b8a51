"""What a chat service may make a link, a mention or a command of by itself."""

import re

# Wider than the services', whose lists of top-level domains are long: nothing clickable may be missed.
# Our own words name files: none of their endings is a top-level domain.
LINKED = re.compile(
    r"\w{1,20}://[^\s<>]+|[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+|(?<!\w)@\w{2,}|(?<!\w)[#$]\w+|(?<![\w/])/\w+"
    r"|[^\s<>]{1,64}\.(?!(?:toml|vars)\b)[^\W\d][\w-]+|\b\d{1,3}(?:\.\d{1,3}){3}\b"
)

# What apps that show plain text may link; wider than each of theirs for the same reason.
_PLAIN = re.compile(
    r"(?<!\w)(?:tel|sms|mailto):\S+|(?<!\w)[^\W\d_][\w+.-]*:[^\s\d]\S*"
    r"|[^\s<>]{1,64}[.\u3002\uff0e\uff61][^\W\d_][\w-]+|\b\d{1,3}(?:\.\d{1,3}){3}\b"
)


def plain_links(text: str) -> tuple[str, ...]:
    """List what an app may make a link of in plain text: addresses, and what begins with a scheme."""
    return tuple(found[0] for found in _PLAIN.finditer(text))
