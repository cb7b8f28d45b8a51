"""Mail as public bug reports tell of it, and what must come of each, for every Python that reads it.

The messages lie in tests/mails/cases. This file runs in Pyodide, too, so it needs nothing but the Worker.
"""

import codecs
import json
from dataclasses import asdict
from typing import NamedTuple

from failover.charsets import CODECS, PAGES
from failover.skim import skim


class Case(NamedTuple):
    """What must come of a message; of what is None, nothing is said."""

    subject: str | None = None
    preview: str | None = None
    sender: str | None = None
    # A name may be given by its beginning and its end, around an ellipsis.
    attachments: tuple[tuple[str, str, int | None], ...] = ()
    # SPF, DKIM, DMARC, and whether they can be the edge's own.
    verdicts: tuple[str, str, str, bool] | None = None


MEETING = "会議の案内"
INVITATION = "Invitation: Budget talk, 2026-11-25 09:00 UTC"
PASSES = ("pass", "pass", "pass")
CASES = {
    "01-utf8-labelled-iso-2022-jp": Case("会議のご案内", "指定された宛先に届きませんでした"),
    "02-iso-2022-jp-nec-row13": Case("会議の案内 ①②㈱", "会議の案内 ①②㈱会議の案内"),
    "04-inline-html-with-filename": Case(
        "Order 4711",
        "Thank you for your order of 3 chairs.",
        attachments=(("order-form.htm", "text/html", 70),),
    ),
    "06-charset-csiso2022jp": Case(MEETING, MEETING),
    "06-charset-ibm850": Case("Grüße", "Grüße"),
    "06-charset-ibm866": Case("Привет", "Привет"),
    "06-charset-iso-8859-6-i": Case("مرحبا", "مرحبا"),
    "06-charset-latin2": Case("żółć", "żółć"),
    "06-charset-windows-949": Case("안녕하세요", "안녕하세요"),
    "06-charset-x-euc-jp": Case("会議", "会議"),
    "08-iso-2022-jp-without-charset": Case("no charset", "会議の案内 こんにちは"),
    "09-inner-multipart-reuses-boundary": Case(
        "immagine", "Sent from my phone", attachments=(("photo.jpg.zip", "application/zip", 4),)
    ),
    "10-only-an-embedded-photo": Case("", "", attachments=(("IMG_0001.jpeg", "image/jpeg", 3),)),
    "10b-only-a-calendar": Case("Meeting", INVITATION, attachments=((INVITATION, "text/calendar", 121),)),
    "11-content-type-with-comma": Case("x", "Hello there"),
    "12-raw-gbk-subject": Case("撤回邮件成功 撤回邮件测试", "你好，测试"),
    "13-html-meta-charset": Case("x", "Здравствуйте, Анна"),
    "14-long-name-loses-extension": Case(
        "x",
        "",
        attachments=(("Invoice_2026_November_final_version_…x.pdf.exe", "application/octet-stream", 1),),
    ),
    "15-unquoted-comma-in-name": Case("x", "x", "Joe Foo, PhD <joe@example.org>"),
    "16-body-tag-in-css": Case("x", "Real text"),
    "17-boundary-differs-from-header": Case(
        "bounce", "Grüße", attachments=(("a.pdf", "application/pdf", 5),)
    ),
    "18-size-of-quoted-printable": Case("csv", "x", attachments=(("u.csv", "text/csv", 720),)),
    "19-one-encoded-word-over-2k": Case(f"{('Ein sehr langer Betreff mit Umlauten äöü. ' * 9)[:249]}…", "x"),
    "20-charset-without-semicolon": Case("x", "żółć"),
    "22-forged-verdicts-when-edge-adds-none": Case("Your account", "hello", verdicts=(*PASSES, False)),
    "22b-real-shape-of-edge-headers": Case("real", "hello", verdicts=(*PASSES, True)),
    "23-text-before-body-tag": Case("x", "CAUTION: external sender"),
    "24-placeholder-text-part": Case("Order shipped", "Your parcel arrives on Friday."),
}


def read(data):
    """Return what is read of a message, as plain values."""
    mail = skim(data, len(data))
    return asdict(mail) | {"sender": str(mail.sender)}


def missing():
    """Name the codecs of the charset table that this Python does not have."""

    def known(codec):
        try:
            codecs.lookup(codec)
        except LookupError:
            return False
        return True

    own = {"iso2022_cn"}
    return sorted(codec for codec in {*CODECS.values(), *PAGES.values()} - own if not known(codec))


def main(folder):
    """Read every case in a folder; return one JSON text of what came of it."""
    found = {}
    for name in CASES:
        with open(f"{folder}/{name}.eml", "rb") as file:  # noqa: PTH123 pathlib would have to be loaded
            found[name] = read(file.read())
    return json.dumps({"missing": missing(), "found": found})


def check(case, found):
    """Compare what came of a message with what must."""
    assert case.subject in {None, found["subject"]}
    assert case.preview in {None, found["preview"]}
    assert (case.sender or found["sender"]) == found["sender"]
    for wanted, attachment in zip(case.attachments, found["attachments"], strict=True):
        start, _, end = wanted[0].partition("…")
        name = attachment["name"]
        assert name == wanted[0] or (end and name.startswith(start) and name.endswith(end))
        assert (attachment["type"], attachment["size"]) == wanted[1:]
    if case.verdicts:
        verdicts = found["authentication"]
        assert tuple(verdicts[key] for key in ("spf", "dkim", "dmarc", "by_edge")) == case.verdicts
    assert found["whole"]
