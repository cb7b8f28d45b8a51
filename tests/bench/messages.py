"""Messages to measure with: usual ones in all sizes, and hostile ones. Runs in Pyodide.

From 4 KB up each usual one has in it what an alert shows of its kind: a preview's worth of text, as many
attachments as are listed. So a difference between sizes is one of size.
"""

import base64
import random

KB, MB = 1000, 1000 * 1000
SIZES = {"1 KB": KB, "4 KB": 4 * KB, "100 KB": 100 * KB, "1 MB": MB, "10 MB": 10 * MB, "25 MB": 25 * MB}

# What the edge puts on top, and the sender's server: 2 KB, as on real mail. At 1 KB there is no room for it.
_TRACE = (
    b"Received: from mail.hotel.example (192.0.2.1)\r\n"
    b"\tby cloudflare-email.net (cloudflare) id 0123456789 for <anna@example.com>;"
    b" Tue, 24 Nov 2026 18:59:02 +0000\r\n"
    b"ARC-Seal: i=1; a=rsa-sha256; s=cf2024-1; d=cloudflare-email.net; cv=none;\r\n\tb="
    + b"k7Qx"
    * 86
    + b"==\r\n"
    b"Received-SPF: pass (mx.cloudflare.net: domain of booking@hotel.example designates 192.0.2.1)\r\n"
    b"\treceiver=mx.cloudflare.net; client-ip=192.0.2.1;\r\n"
    b"Authentication-Results: mx.cloudflare.net;\r\n"
    b"\tdkim=pass header.d=hotel.example header.s=s1 header.b=abcdefgh;\r\n"
    b"\tdmarc=pass header.from=hotel.example policy.dmarc=none;\r\n"
    b"\tspf=pass (mx.cloudflare.net: domain of booking@hotel.example designates 192.0.2.1 as permitted)\r\n"
    b"\tsmtp.mailfrom=booking@hotel.example;\r\n"
    b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=hotel.example; s=s1;\r\n\tb="
    + b"m3Zp" * 86
    + b"==\r\n"
)
_OWN = (
    b"From: =?utf-8?q?Hotel_L=C3=B6we?= <booking@hotel.example>\r\n"
    b"To: Anna <anna@example.com>\r\n"
    b"Subject: =?utf-8?q?Ihre_Buchung_in_K=C3=B6ln_ist_best=C3=A4tigt?=\r\n"
    b"Date: Tue, 24 Nov 2026 19:59:00 +0100\r\n"
    b"Message-ID: <20261124185900.1@hotel.example>\r\n"
    b"MIME-Version: 1.0\r\n"
)
_HEADER = _TRACE + _OWN
_B = b"----=_Part_48213_1234567.1764012345678"
_SENTENCE = b"Wir freuen uns auf Ihren Besuch in K=C3=B6ln und w=C3=BCnschen eine gute Reise. =\r\n"


def plain(size):
    """Build one quoted-printable text."""
    head = (
        _header(size)
        + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return _filled(head, _SENTENCE, b"\r\n", size)


def newsletter(size):
    """Build an HTML part with style sheets, tables and tracking links."""
    head = (
        _multipart("alternative", _header(size))
        + b"--"
        + _B
        + b"\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    )
    style = b"<html><head><style>" + b"td.x{color:#333;font:14px/20px Arial}\r\n" * min(size // 200, 250)
    opening = style + b'</style></head><body><div style="display:none">Preheader &zwnj;&nbsp;&zwnj;</div>\r\n'
    row = (
        b'<table role="presentation" width="600"><tr><td style="padding:0 12px"><a href="https://n.example/c/'
        + b"Zk" * 40
        + b'">Was im Juni zu s&auml;en ist</a><br>Bohnen, Gurken und M&ouml;hren d&uuml;rfen jetzt '
        b"ins Freie. Tomaten warten noch eine Woche oder zwei, je nach Wetter.</td></tr></table>\r\n"
    )
    return _filled(head + opening, row, b"</body></html>\r\n--" + _B + b"--\r\n", size)


def small_attachments(size):
    """Build a text and as many tiny calendar entries as fit."""
    part = (
        b"--"
        + _B
        + b"\r\nContent-Type: text/calendar\r\nContent-Disposition: attachment; filename=day.ics\r\n\r\n"
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    )
    return _filled(_multipart("mixed", _header(size)) + _text_part(), part, b"--" + _B + b"--\r\n", size)


def large_attachment(size):
    """Build a text and one PDF."""
    head = (
        _multipart("mixed", _header(size))
        + _text_part()
        + (
            b"--" + _B + b"\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment;\r\n"
            b" filename*=UTF-8''Best%C3%A4tigung.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        )
    )
    return _filled(head, _base64(57), b"\r\n--" + _B + b"--\r\n", size)


def hostile():
    """Return messages made to cost time, by name."""
    simple = b"From: a@b.example\r\nSubject: x\r\n"
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(2000)
    )
    many = _multipart("mixed") + (b"--" + _B + b"\r\nContent-Type: a/b\r\n\r\nx\r\n") * 5000
    words = (
        b"Subject: "
        + b"=?utf-8?b?w6Q=?= " * 9000
        + b"\r\nFrom: "
        + b"=?utf-8?q?=C3?= =?utf-8?q?=A4?= " * 9000
    )
    return {
        "10,000 header lines": b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + simple + b"\r\nx",
        "1 MB header line": simple + b"Subject: " + b"=?utf-8?q?a?= " * 75_000 + b"\r\n\r\nx",
        "fields and no blank line": b"a:\n" * 100_000,
        "encoded words": words,
        "parameters": simple + b"Content-Type: text/html" + b"; a*1*=%20" * 20_000 + b"\r\n\r\nx",
        "5,000 parts": many,
        "5,000 parts that are nothing": many.replace(b"a/b", b"text/x"),
        "nested 2,000 deep": simple + nested,
        "lines like boundaries": _multipart("mixed") + (b"--" + _B + b"x\r\n") * 5_000,
        "runs of =": _HEADER + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * 200_000,
        "runs of <": _HEADER + b"Content-Type: text/html\r\n\r\n" + b"<" * 200_000,
        "tags without text": _HEADER + b"Content-Type: text/html\r\n\r\n" + b"<p style=x>" * 20_000,
        "hidden tags": _HEADER + b"Content-Type: text/html\r\n\r\n" + b"<p hidden>x</p>" * 20_000,
        "marks without letters": _HEADER + b"\r\n" + "\u0301\u0316".encode() * 40_000,
    }


def crafted():
    """Return messages made against this code: the dearest kinds that a search of thousands found."""
    field = b"; a=" + b"=?utf-8?q?b?= " * 6
    fields = (
        (b"Content-Type: text/x" + field * 15)[:1900]
        + b"\r\n"
        + (b"Content-Disposition: x" + field * 15)[:1900]
    )
    words = b"=?utf-8?q?=C3?= =?koi8-r?q?=A4?= " * 60
    people = b"".join(
        name + b": " + words + b"\r\n" for name in (b"To", b"Cc", b"From", b"Subject", b"List-Id")
    )
    html = _HEADER + b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    signs = b"\x1b$B-!\x1b(B"
    raw = b"".join(
        name + b": " + signs * 250 + b"\r\n" for name in (b"To", b"Cc", b"From", b"Subject", b"List-Id")
    )
    images = b"Content-Type: image/png; name=a\r\nContent-ID: <1>\r\n\r\nx\r\n--" + _B + b"\r\n"
    event = b"Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\n" + b"ATTENDEE:x\r\n y\r\n" * 500
    return {
        "vendors' signs in every field": raw
        + b"Content-Type: text/html; charset=iso-2022-jp\r\n\r\n"
        + signs * 8000,
        "vendors' signs in EUC-JP": html.replace(b"utf-8", b"euc-jp") + b"\xad\xa1a" * 20_000,
        "images without a text": _multipart("related")
        + b"--"
        + _B
        + b"\r\nContent-Type: text/html\r\n\r\n"
        + b"<p hidden>" * 4000
        + b"\r\n--"
        + _B
        + b"\r\n"
        + images * 9,
        "invitations without a name": _multipart("mixed") + (b"--" + _B + b"\r\n" + event) * 9,
        "a boundary that is another": _HEADER
        + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
        + (b"--y\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n") * 900,
        "parameters in every part": _multipart("mixed") + (b"--" + _B + b"\r\n" + fields + b"\r\n\r\n") * 30,
        "parts of fields alone": _multipart("mixed") + (b"--" + _B + b"\r\n" + b"a:\r\n" * 800) * 20,
        "words in every field": people + b"\r\nx",
        "parentheses": b"".join(name + b": " + b"()" * 1000 + b"\r\n" for name in (b"To", b"Cc", b"From"))
        + b"\r\nx",
        "faults behind 40 KB": html + b'<p style="' + b"y" * 40_000 + b"\x81" * 25_000,
        "styles that hide nothing": html + (b'<p style="' + b"max-width: " * 150 + b'">') * 40,
    }


def usual():
    """Return messages by kind and size."""
    kinds = {"plain": plain, "newsletter": newsletter, "small attachments": small_attachments}
    kinds["large attachment"] = large_attachment
    return {(kind, size): build(length) for kind, build in kinds.items() for size, length in SIZES.items()}


def _header(size):
    return _HEADER if size >= 4 * KB else _OWN


def _multipart(kind, header=_HEADER):
    return header + f'Content-Type: multipart/{kind}; boundary="'.encode() + _B + b'"\r\n\r\n'


def _text_part():
    return (
        b"--"
        + _B
        + b"\r\nContent-Type: text/plain; charset=utf-8"
        + b"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + _SENTENCE * 5
        + b"\r\n"
    )


def _base64(size):
    return base64.encodebytes(random.Random(1).randbytes(size)).replace(b"\n", b"\r\n")  # noqa: S311


def _filled(head, unit, tail, size):
    return head + unit * max((size - len(head) - len(tail)) // len(unit), 1) + tail
