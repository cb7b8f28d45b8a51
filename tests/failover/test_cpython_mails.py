"""Understanding CPython's own test messages, which no one wrote with this reader in mind."""

import importlib.util
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from typing import NamedTuple

import pytest

from failover.skim import skim


def _messages():
    try:
        spec = importlib.util.find_spec("test.test_email")
    except ModuleNotFoundError:
        spec = None
    folder = Path(spec.origin).parent / "data" if spec and spec.origin else Path("/nonexistent")
    return {path.stem.removeprefix("msg_"): path.read_bytes() for path in sorted(folder.glob("msg_*.txt"))}


MESSAGES = _messages()
NAMES = sorted(MESSAGES) or ["none"]
pytestmark = pytest.mark.skipif(not MESSAGES, reason="this Python comes without its test package")


class Row(NamedTuple):
    """What a reader finds; of the preview, its beginning. Defects stand for a message that breaks a rule."""

    sender: str = ""
    subject: str = ""
    preview: str = ""
    attachments: tuple[tuple[str, str], ...] = ()
    defects: tuple[str, ...] = ()


DOE = "John X. Doe <bbb@ddd.com>"
TEST = "This is a test message"
HI = "Hi, Do you like this message? -Me"
BARRY = "Barry A. Warsaw <barry@python.org>"
LYRICS = ("Barry Warsaw <barry@python.org>", "Lyrics")
FISH = ("Barry <barry@digicool.com>", "Here is your dingus fish")
GIF = (("dingusfish.gif", "image/gif"),)
RFC822 = "message/rfc822"
STATUS = (("", "message/delivery-status"),)
NO_FROM = ("no From field",)
MIRROR = "a simple kind of mirror to reflect upon our own"
NO_BOUNDARY = ("a multipart without its boundary",)
READ_BY_EYE = {
    "01": Row(DOE, TEST, HI),
    "02": Row(
        "<ppp-request@zzz.org>",
        "Ppp digest, Vol 1 #2 - 5 msgs",
        "Send Ppp mailing list submissions to ppp@zzz.org To subscribe",
        # Number 2 has no subject.
        tuple((f"[Ppp] testing #{n}" if n != 2 else "", RFC822) for n in range(1, 6)),
    ),
    "03": Row(DOE, TEST, HI),
    # A text with a file name is listed, and shown where there is no other.
    "04": Row(BARRY, "a simple multipart", MIRROR, (("msg.txt", "text/plain"),) * 2),
    "05": Row("foo <>", "bar", "Yadda yadda yadda", (("", RFC822),)),
    "06": Row(BARRY, "forwarded message from Barry A. Warsaw", "", (("testing", RFC822),)),
    "07": Row(*FISH, "Hi there, This is the dingus fish.", GIF),
    "08": Row(*LYRICS),
    "09": Row(*LYRICS),
    "10": Row(*LYRICS, "This is a 7bit encoded message."),
    "11": Row("", "The enclosing message", "", (("An enclosed message", RFC822),), NO_FROM),
    "12": Row(*LYRICS),
    "12a": Row(*LYRICS),
    "13": Row(*FISH, "A text/plain part", GIF),
    "14": Row(DOE, TEST, "Hi, I'm sorry but I'm using a drainbread ISP, which although big and wealthy"),
    # Its inner multipart reuses the outer boundary, so that the inner end comes first.
    "15": Row("<xx@xx.dk>", "XX", "Some removed test.", (("xx.gif", "image/gif"),), NO_BOUNDARY),
    "16": Row(
        "Internet Mail Delivery <postmaster@ucla.edu>",
        "Delivery Notification: Delivery has failed",
        "This report relates to a message you sent with the following header fields:",
        (*STATUS, ("[scr] yeah for Ians!!", RFC822)),
    ),
    "17": Row(*FISH, "Hi there, This is the dingus fish. [Non-text (image/gif) part", (), NO_BOUNDARY),
    "18": Row(defects=NO_FROM),
    # No header at all: the first paragraph passes for one.
    "19": Row("", "", "To subscribe or unsubscribe via the World Wide Web", (), NO_FROM),
    "20": Row(DOE, TEST, HI),
    "21": Row("<aperson@dom.ain>", "Test", "One"),
    "22": Row(
        "<b@example.com>",
        "",
        "Text text text.",
        (("wibble.JPG", "image/jpeg"), ("wibble2.JPG", "image/jpeg")),
    ),
    "23": Row("<aperson@dom.ain>", "", "A message part"),
    "24": Row("<bperson@dom.ain>", "A subject"),
    # Its boundary parameter is cut off: "bo".
    "25": Row(
        "Mail Delivery Subsystem <MAILER-DAEMON@zinfandel.lacita.com>",
        "Returned mail: Too many hops 19 (17 max): from <linuxuser-admin@www.linux.org.uk> via "
        "[199.164.235.226], to <scoffman@wellpartner.com>",
        "The original message was received at Fri, 6 Apr 2001 09:23:03 -0800 (GMT-0800) from",
        STATUS,
        ("a multipart without a boundary parameter",),
    ),
    "26": Row(
        "Father Time <father.time@xcar.wooster.local>",
        "IMAP file test",
        "Simple email with attachment.",
        (("clock.bmp", "application/riscos"),),
    ),
    "27": Row(
        "Anne P. Erson <aperson@dom.ain>",
        "bug demonstration 123456789112345678921234567893123456789412345678951234567896123456789712345678"
        "98112345678911234567892123456789112345678911234567892123456789 more text",
        "test",
    ),
    "28": Row("<aperson@dom.ain>", "", "", (("ee", RFC822),) * 2),
    "29": Row(DOE, TEST, HI),
    "30": Row("<aperson@dom.ain>", "", "", (("ee", RFC822),) * 2),
    # The header names another boundary than the body uses.
    "31": Row("<aperson@dom.ain>", "", "message 1", (), ("a boundary other than the parameter's",)),
    "32": Row("Anne Person <aperson@example.com>", "Re: Limiting Perl CPU Utilization...", "Some message."),
    "33": Row("Anne Person <aperson@example.com>", "Re: Limiting Perl CPU Utilization...", "part 1"),
    "34": Row(
        "<aperson@dom.ain>",
        "",
        "This is a text plain part that is counter to recommended practice in RFC 2046",
        (("", RFC822),),
    ),
    "35": Row(
        "<aperson@dom.ain>",
        "here's something interesting",
        "counter to RFC 2822, there's no separating newline here",
        (),
        ("no blank line after the header",),
    ),
    "36": Row(
        "<Internet-Drafts@ietf.org>",
        "I-D ACTION:draft-ietf-mboned-mix-00.txt",
        "Blah blah blah",
        (("", "message/external-body"), ("draft-ietf-mboned-mix-00.txt", "message/external-body")),
    ),
    # Parts of types that nobody knows are listed, and shown as plain text.
    "37": Row("", "", "Blah", (("", "text/x-one"), ("", "text/x-two"), ("", "text/x-two")), NO_FROM),
    # Its text holds lines that are true delimiters of the multiparts around it.
    "38": Row(
        "",
        "",
        "Unlike the test test_nested-multiples-with-internal-boundary, this piece of text",
        (),
        (*NO_FROM, "a multipart without an end"),
    ),
    # Like 15, more than once.
    "39": Row(
        "",
        "",
        "-- It's never too late to have a happy childhood.",
        (("", "application/octet-stream"),) * 6,
        (*NO_FROM, *NO_BOUNDARY),
    ),
    # It says text/html, and means a multipart.
    "40": Row("", "", "----961284236552522269 Content-Type: text/html;", (), NO_FROM),
    "41": Row(
        "Allison Dunlap <xxx@example.com>",
        "64423",
        "Blah blah blah",
        (),
        ("a multipart without a boundary parameter", *NO_BOUNDARY),
    ),
    "42": Row("Mail Delivery Subsystem <xxx@example.com>", "", "Stuff", (("", RFC822),)),
    "43": Row(
        "MAILER DAEMON <>",
        "Banned file: auto__mail.python.bat in mail from you",
        "BANNED FILENAME ALERT Your message to: xxxxxxx@dot.ca.gov",
        STATUS,
    ),
    "44": Row(BARRY, "a simple multipart", MIRROR, (("msg.txt", "text/plain"),) * 2),
    "45": Row(
        "<foo@bar.baz>",
        "test",
        "This is the signed contents.",
        (("signature.asc", "application/pgp-signature"),),
    ),
    "46": Row(
        "Sender <sender@example.net>", "GroupwiseForwardingTest", "", (("GroupwiseForwardingTest", RFC822),)
    ),
    # No blank line between a part's header and its body.
    "47": Row("<arthur@example.example>", "", "bar"),
}
# What they call base64 is none.
NO_BASE64 = {"15", "39"}
# Where the standard parser says otherwise: a From without "@" is a name to us, an address to it.
OTHER_SENDERS = {"05": ("", "foo")}


def read(name):
    """Skim a whole message."""
    return skim(MESSAGES[name], len(MESSAGES[name]))


@pytest.mark.parametrize("name", [name for name in NAMES if name in READ_BY_EYE] or NAMES)
def test_reads_what_a_person_reads(name):
    """Every message says what the table, written by eye, says."""
    mail, row = read(name), READ_BY_EYE[name]
    sender = f"{mail.sender.name} <{mail.sender.addr}>".strip() if mail.sender else ""
    attachments = tuple((a.name, a.type) for a in mail.attachments)
    preview = mail.preview[: len(row.preview)] if row.preview else mail.preview
    assert Row(sender, mail.subject, preview, attachments, mail.defects) == row


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_the_standard_parser(name):
    """From and Subject are those of the `email` package."""
    mail, message = read(name), message_from_bytes(MESSAGES[name])
    subject = " ".join(str(make_header(decode_header(message["subject"] or ""))).split())
    expected = OTHER_SENDERS.get(name) or parseaddr(message["from"] or "")
    found = (mail.sender.name, mail.sender.addr) if mail.sender else ("", "")
    found = ("", found[0]) if name in OTHER_SENDERS else found
    assert (found, mail.subject) == (expected, subject)


@pytest.mark.parametrize("name", NAMES)
def test_sizes_are_those_of_the_decoded_parts(name):
    """Each attachment is as large as some part that the standard parser decodes, but for a last line end."""
    message = message_from_bytes(MESSAGES[name], policy=policy.compat32)
    parts = [part for part in message.walk() if not part.is_multipart()]
    sizes = {len(part.get_payload(decode=True) or b"") for part in parts}
    for attachment in read(name).attachments:
        if not attachment.type.startswith("message/") and name not in NO_BASE64:
            assert sizes & {attachment.size, attachment.size + 1}, attachment
