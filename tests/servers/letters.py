"""What is handed in, and what a maildir makes of it."""

import asyncio

# Postfix adds these where a client of this machine leaves them out.
HEAD = b"Date: Mon, 01 Jan 2024 00:00:00 +0000\r\nFrom: ben@away.test\r\nMessage-ID: <1@away.test>\r\n"
# What ends a message for a server that takes a bare LF for the end of a line.
SMUGGLED = b"".join(
    end + b"MAIL FROM:<evil@away.test>\r\nRCPT TO:<watch@home.test>\r\nDATA\r\nSubject: evil\r\n\r\n"
    for end in (b"\n.\r\n", b"\n.\n", b"\r\n.\n", b"\r\n.\r\n")
)
CONTENTS = {
    "dots": b"\r\n.\r\n..\r\n.a\r\nb.\r\n",
    "eight bits": b"Subject: \xc3\xa4\r\n\r\n\xe4\xff\r\n",
    "a line of 998": b"\r\n" + b"x" * 998 + b"\r\n",
    "a line of 70000": b"\r\n" + b"y" * 70_000 + b"\r\n",
    "NUL": b"\r\na\0b\r\n",
    "bare LF": b"\r\na\nb\n.c\n\r\n",
    "commands after a bare LF": b"\r\nhello" + SMUGGLED,
    "header only": b"Subject: hello\r\n",
    "a last line without its end": b"\r\nhello",
}


def inject(to, letter):
    """Hand a letter in."""
    return asyncio.run(to.inject(letter))


def below(message):
    """Return what is below our two fields."""
    above, _, rest = message.partition(b"\nX-Mail-Failover-Replayed: ")
    assert b"\nReceived: from cloudflare-email.net\n" in above
    return rest.partition(b"\n")[2]


def stored(raw):
    """Return bytes as a maildir has them: lines end with LF, the last one, too."""
    text = raw.replace(b"\r\n", b"\n")
    return text if text.endswith(b"\n") else text + b"\n"
