"""The messages of the demo: what people fear to miss, and what they would rather not have."""

import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr

from mail_failover.emulator.reader.mailbox import BEGINNING, row

from .sender import Letter

DOMAIN = "example.com"
RECIPIENT = f"anna@{DOMAIN}"

_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""


def lunch() -> Letter:
    """Write a plain message."""
    message = _message("Ben Weber <ben@friends.example>", "Lunch on Sunday?")
    message.set_content("Hi Anna,\n\nnoon at ours? Bring nothing.\n\nBen\n")
    return _letter(message)


def booking() -> Letter:
    """Write a booking confirmation with an umlaut in its subject and a PDF attached."""
    message = _message("Hotel Grüner Baum <booking@hotel.example>", "Buchung bestätigt: Zürich, 3 Nächte")
    message.set_content(
        "Guten Tag Anna,\n\nIhre Buchung ist bestätigt: drei Nächte ab dem 12. Juni.\n"
        "Die Bestätigung liegt bei.\n\nHotel Grüner Baum\n"
    )
    message.add_attachment(_PDF, maintype="application", subtype="pdf", filename="Bestätigung.pdf")
    return _letter(message)


def newsletter() -> Letter:
    """Write a newsletter in HTML, with the usual hidden line, styles and tracking pixel."""
    message = _message("Garden Weekly <news@garden.example>", "What to sow in June")
    message["List-Id"] = "Garden Weekly <weekly.garden.example>"
    message["List-Unsubscribe"] = "<https://garden.example/stop?who=anna>"
    message["Precedence"] = "bulk"
    message.set_content("Beans, beetroot and chard.\n")
    message.add_alternative(
        "<html><head><style>p { color: green }</style></head><body>\n"
        '<div style="display:none">Only this week: three for two!</div>\n'
        '<p>Beans, beetroot &amp; chard. <a href="https://garden.example/june">Read on</a></p>\n'
        '<img src="https://garden.example/pixel.gif" width="1" height="1">\n</body></html>\n',
        subtype="html",
    )
    return _letter(message)


def hostile() -> Letter:
    """Write a message whose name and subject try to become markup, links, mentions and reversed text."""
    message = _message(
        '"Your Bank <security@bank.example>" <x91@phish.example>',
        "<!channel> <a href='https://phish.example'>Log in</a> *now* @anna phish.example \u202egnp.exe",
    )
    message.set_content("Click https://phish.example/login or lose <b>everything</b>. Code: 493817\n")
    return _letter(message)


def plumber() -> Letter:
    """Write the message that comes while the inbox fails."""
    message = _message("Rohr & Sohn <office@plumber.example>", "Tomorrow at nine")
    message.set_content("Dear Anna,\n\nwe come tomorrow at nine about the boiler.\n\nRohr & Sohn\n")
    return _letter(message)


def tickets() -> Letter:
    """Write the message of a sender that never tries again."""
    message = _message("Theatre <noreply@theatre.example>", "Your two tickets for Saturday")
    message.set_content("Dear Anna,\n\nrow 7, seats 11 and 12. This message can't be sent again.\n")
    return _letter(message)


def thanks() -> Letter:
    """Write the message that comes when all is well again."""
    message = _message("Mia Klein <mia@friends.example>", "Thank you!")
    message.set_content("Hi Anna,\n\nthe kids loved it.\n\nMia\n")
    return _letter(message)


def burst() -> list[Letter]:
    """Write what else comes within a minute."""
    short = [
        ("Mia Klein <mia@friends.example>", "Can you pick up the kids?"),
        ("Parcel Service <track@parcel.example>", "Your parcel arrives tomorrow"),
        ("Ben Weber <ben@friends.example>", "Re: Lunch on Sunday?"),
        ("City Library <desk@library.example>", "Two books are due on Friday"),
        ("Dr. Sommer <praxis@doctor.example>", "Your appointment on Monday"),
    ]
    return [newsletter(), hostile(), *(_short(author, subject) for author, subject in short)]


def many(count: int) -> Iterator[Letter]:
    """Write so many short letters, one after the other."""
    authors = ["Ben Weber <ben@friends.example>", "Parcel Service <track@parcel.example>"]
    return (_short(authors[n % 2], f"Message {n} of {count}") for n in range(1, count + 1))


def own(content: bytes, sender: str | None, recipient: str) -> Letter:
    """Take a message as a file has it: lines end with CRLF from here on, as SMTP wants them.

    Without a `sender` its From is one, or nobody, as of a bounce.
    """
    content = re.sub(rb"\r?\n", b"\r\n", content)
    line = row("", content[:BEGINNING], len(content))
    if sender is None:
        sender = parseaddr(line["from"])[1]
    return Letter(sender, recipient, line["subject"], content)


def _short(author: str, subject: str) -> Letter:
    message = _message(author, subject)
    message.set_content(f"{subject}\n")
    return _letter(message)


def _message(author: str, subject: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = author
    message["To"] = f"Anna <{RECIPIENT}>"
    message["Subject"] = subject
    message["Date"] = formatdate()
    return message


def _letter(message: EmailMessage) -> Letter:
    sender = message["From"].addresses[0].addr_spec
    message["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    return Letter(sender, RECIPIENT, message["Subject"], message.as_bytes())


WRITTEN: dict[str, tuple[str, Callable[[], Letter]]] = {
    "lunch": ("A plain message", lunch),
    "booking": ("A booking, with a PDF", booking),
    "newsletter": ("A newsletter, in HTML", newsletter),
    "hostile": ("A hostile one", hostile),
    "plumber": ("From the plumber", plumber),
    "tickets": ("Tickets, from who never tries again", tickets),
    "thanks": ("A thank-you", thanks),
}
"""Each letter by its name, with what it is."""
