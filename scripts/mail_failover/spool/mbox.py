"""A copy as an entry of an mbox file in the variant mboxrd, which loses no line. Pure.

Python's own `mailbox` writes mboxo: there nobody can tell a line ">From " that was so from one that was made.
"""

import re
import time

from mail_failover.door.answers import Copy

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_NO_ADDRESS = re.compile(r"[^!-~]")


def entry(copy: Copy, content: bytes) -> bytes:
    """Return the entry: a separator, the envelope as two header fields, the message; lines end as in Unix."""
    sender, recipient = (_NO_ADDRESS.sub("?", text) for text in (copy.sender, copy.recipient))
    when = time.asctime(time.gmtime(copy.caught))
    head = f"From {sender or 'MAILER-DAEMON'} {when}\nReturn-Path: <{sender}>\nX-Original-To: {recipient}\n"
    lines = _FROM.sub(rb">\1", content.replace(b"\r\n", b"\n"))
    return head.encode() + lines + (b"\n" if lines.endswith(b"\n") else b"\n\n")
