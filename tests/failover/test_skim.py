"""Understanding a message from its first bytes: the corpus of tests/mails, read by eye."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from failover.skim import PREFIX_BYTES, skim

MAILS = {path.stem: path.read_bytes() for path in (Path(__file__).parents[1] / "mails").glob("*.eml")}
UTC1 = "2026-11-24 18:05 +01:00"


class Row(NamedTuple):
    """What a reader finds in a message. The preview is its beginning where it is long."""

    sender: str
    subject: str
    preview: str
    attachments: tuple[tuple[str, str, int], ...] = ()
    defects: tuple[str, ...] = ()


NO_FROM = "no From field"
PDF = "application/pdf"
A = "<a@example.org>"
BANK = "Bank <ceo@bank.example>"
LINES = Row(A, "Line ends", "First line. Second line.")
READ_BY_EYE = {
    # Charsets and transfer encodings.
    "plain": Row(
        "Anna Weber <anna@weber.example>", "Dinner on Friday", "Hi Jonas, are you coming on Friday? -- Anna"
    ),
    "quoted_printable_german": Row(
        "Jürgen Müller <jm@mueller.example>",
        "Grüße aus Köln",
        "Schöne Grüße aus Köln! Wir haben für dich eine Tür geöffnet, die man nicht sieht. Preis: 5 DM.",
    ),
    "base64_utf8": Row(
        "Иван <ivan@pochta.example>",
        "Заказ № 17",
        "Здравствуйте! Ваш заказ готов. Ждём вас до пятницы.",
    ),
    "iso_2022_jp": Row(
        "旅館 <yoyaku@ryokan.example>",
        "予約の確認",
        "ご予約ありがとうございます。11月28日にお待ちしております。",
    ),
    "gb18030": Row("王小明 <wang@shop.example>", "您的订单已发货", "您的订单已经发货，预计三天内送达。"),
    "big5": Row("<service@bank.example>", "帳單通知", "您的電子帳單已經寄出。"),
    "koi8_r": Row("Ольга <olga@pochta.example>", "Привет", "Как дела? Приезжай в гости."),
    "shift_jis": Row("<info@shop.example>", "発送のお知らせ", "商品①を発送しました。"),
    "windows_1251": Row("<shop@magazin.example>", "Скидка 50%", "Только сегодня — «всё» за полцены."),
    "utf_16_base64": Row("<report@meter.example>", "Monthly report", "Zählerstand: 4711 m³"),
    "unknown_charset": Row(
        "Worf <worf@ship.example>", "café", "Das Café öffnet.", defects=("an unknown charset",)
    ),
    "wrong_charset": Row("café <cafe@example.org>", "Grüße", "Das heißt: übermorgen."),
    "raw_8bit_utf8": Row("Zoë Ångström <zoe@example.org>", "Überraschung 🎁", "Köln"),
    "raw_8bit_latin1": Row("José García <jose@example.org>", "Señal perdida", "Mañana vuelvo."),
    "long_quoted_printable": Row(
        A, "Cut me", "Zeile 00 für das €-Konto, weich umgebrochen. Zeile 01 für das €-Konto, weich"
    ),
    "long_base64": Row(A, "Cut me", "Zeile 00 für das €-Konto. Zeile 01 für das €-Konto. Zeile 02 für"),
    # Header fields.
    "words_split_in_a_character": Row(
        "<hotel@alpen.example>", "Zahlungsbestätigung für Ihre Übernachtung", "Danke!"
    ),
    "words_without_padding": Row("Müller <m@example.org>", "Grüße aus Köln", "x"),
    "words_broken": Row("Doe, John <john@doe.example>", "what? really and =?utf-8?X?no?= =?utf-8?Q?end", "x"),
    "words_in_quotes": Row("Bücher GmbH <info@buecher.example>", "Re: Kölntower (5 €)", "x"),
    "folded": Row(
        "A Very Long Name Indeed <long@example.org>", "A subject folded three times over", "Folded."
    ),
    "space_before_colon": Row("Old Mailer <old@example.org>", "Legal once", "Still legal."),
    "broken_line": Row(A, "After the break", "The body."),
    "mbox_line_first": Row("Anna <anna@weber.example>", "Exported", "From a mailbox."),
    "repeated_fields": Row(
        "First <first@example.org>",
        "One",
        "Which?",
        defects=("more than one From field", "more than one Subject field"),
    ),
    "no_from_no_subject": Row("", "", "Who was it?", defects=(NO_FROM,)),
    "group_address": Row("Newsdesk <news@example.org>", "Hidden list", "x"),
    "list": Row("Someone <someone@lists.example>", "[users] Upgrade", "Did anybody upgrade yet?"),
    "auto_submitted": Row("<vacation@example.org>", "Out of office", "I am away."),
    "one_header_line_too_long": Row(
        "", "long " * 49 + "long…", "x", defects=("a From field too long to read",)
    ),
    # Names that lie: the address is the true one, whatever stands around it.
    "spoofed_name": Row("ceo@bank.example <evil@x.example>", "Invoice overdue", "Pay now."),
    "spoofed_by_comments": Row("a (nested) ceo@bank.example, <evil@x.example>", "Account", "Pay now."),
    "spoofed_by_words": Row(
        '"Bank" <ceo@bank.example> Bcc: x <evil@x.example>', "Hello X-Injected: yes[31m", "x"
    ),
    "two_senders": Row(
        "Anna <anna@weber.example>", "From us both", "x", defects=("more than one From address",)
    ),
    "right_to_left": Row("שלום כהן <cohen@example.org>", "الفاتورة رقم 17", "مرحبا، شكرا لكم"),
    "bidi_tricks": Row(
        "elpmaxe.knab@oec <x <evil@x.example>",
        "paypal gnp.exe",
        "Look at it.",
        (("photogpj.exe", "application/x-msdownload", 2),),
    ),
    # Verdicts: see VERDICTS.
    "verdicts": Row("Shop <a@shop.example>", "Your order", "Thanks."),
    "verdicts_forged_below": Row("Shop <a@shop.example>", "Your order", "Thanks."),
    "verdicts_forged_by_sender": Row(BANK, "Trust me", "Pay now."),
    "verdicts_of_another_server": Row(BANK, "Trust me", "Pay now."),
    "verdicts_in_comments": Row(BANK, "Trust me", "Pay now."),
    # Line ends and the end of the header.
    "bare_lf": LINES,
    "bare_cr": LINES,
    "cr_cr_lf": LINES,
    "mixed_line_ends": LINES,
    "no_blank_line": Row(
        A, "No blank line", "The text begins at once.", defects=("no blank line after the header",)
    ),
    "empty": Row("", "", "", defects=(NO_FROM,)),
    "header_only": Row(A, "Nothing more", ""),
    "body_only": Row("", "", "Just text.", defects=(NO_FROM,)),
    "nul_bytes": Row(A, "NUL", "Hello"),
    # HTML.
    "newsletter": Row(
        "Café Nord <news@cafe.example>",
        "News of the week",
        "Hello Jonas New cakes & coffee <today>. But this. The end.",
    ),
    "html_only_entities": Row(A, "Entities", "Café €5 😀 <b>not bold</b> txt &bogus; \ufffd &amp;"),
    "html_unfinished": Row(A, "Unfinished", "Text before"),
    "alternative": Row("Shop <shop@example.org>", "Two versions", "The plain version."),
    "empty_plain_alternative": Row("Shop <shop@example.org>", "Only HTML counts", "The HTML version."),
    "related": Row("Shop <shop@example.org>", "A logo", "With a logo."),
    # Attachments.
    "pdf_names": Row(
        "Hotel <hotel@alpen.example>",
        "Buchungsbestätigung",
        "Anbei die Bestätigung.",
        (
            ("Bestätigung für Jonas.pdf", PDF, 100),
            ("Rechnung Ü1.pdf", PDF, 100),
            ('AGB "neu".pdf', PDF, 100),
            ("plan (1).pdf", "application/octet-stream", 7),
        ),
    ),
    "text_attached": Row(
        A, "A log", "See the log.", (("server.log", "text/plain", 4), ("page.html", "text/html", 8))
    ),
    "only_a_pdf": Row("<scanner@home.example>", "Scan", "", (("scan 1.pdf", PDF, 100),)),
    # Structure.
    "nested": Row(A, "Four deep", "Deep inside.", (("cat.jpg", "image/jpeg", 4),)),
    "nested_too_deep": Row(A, "Ten deep", "", defects=("parts nested too deep",)),
    "boundary_not_named": Row(
        A,
        "Which boundary",
        "Found it.",
        (("a.zip", "application/zip", 2),),
        ("a multipart without a boundary parameter",),
    ),
    "boundary_never_closed": Row(
        A, "No end", "The text.", (("a.png", "image/png", 8),), ("a multipart without an end",)
    ),
    "boundary_never_used": Row(
        A, "Not there", "--other Text after all.", defects=("a multipart without its boundary",)
    ),
    "boundary_prefix_of_another": Row(
        A, "Prefixes", "The text, --abcd still the text, and --abc", (("x.gif", "image/gif", 6),)
    ),
    "message_attached": Row(
        "Anna <anna@weber.example>",
        "Fwd: Contract",
        "See below.",
        (("Der Vertrag über X", "message/rfc822", 178),),
    ),
    "digest": Row(
        "<list@lists.example>",
        "Digest 17",
        "",
        (("First topic", "message/rfc822", 51), ("Second topic", "message/rfc822", 31)),
    ),
    "bounce": Row(
        "Mail Delivery System <MAILER-DAEMON@mx.example>",
        "Undelivered Mail Returned to Sender",
        "This is the mail system. Your message could not be delivered.",
        (("", "message/delivery-status", 32),),
    ),
    "calendar": Row(
        "Anna <anna@weber.example>",
        "Invitation: Lunch",
        "Lunch at noon.",
        (("invite.ics", "application/ics", 15),),
    ),
    "flowed_delsp": Row(A, "Flowed", "An overflowing line goes on. A new one."),
    "signed": Row(
        "Anna <anna@weber.example>",
        "Signed",
        "I mean it.",
        (("smime.p7s", "application/pkcs7-signature", 60),),
    ),
}
# SPF, DKIM, DMARC as the edge gave them; None where nothing is to be believed.
VERDICTS = {
    "verdicts": ("softfail", "pass", "pass"),
    "verdicts_forged_below": ("softfail", "fail", "fail"),
    "verdicts_in_comments": ("none", "", "none"),
    "verdicts_forged_by_sender": None,
    "verdicts_of_another_server": None,
    "plain": None,
}


def read(name):
    """Skim a whole message of the corpus."""
    return skim(MAILS[name], len(MAILS[name]))


def person(address):
    """Write an address down, or nothing."""
    return f"{address.name} <{address.addr}>".strip() if address else ""


@pytest.mark.parametrize("name", sorted(MAILS))
def test_reads_what_a_person_reads(name):
    """Every message of the corpus says what the table, written by eye, says."""
    mail, row = read(name), READ_BY_EYE[name]
    preview = mail.preview[: len(row.preview)] if mail.preview.endswith("…") else mail.preview
    attachments = tuple((a.name, a.type, a.size) for a in mail.attachments)
    assert Row(person(mail.sender), mail.subject, preview, attachments, mail.defects) == row
    # The one holds parts that are not looked at, the other seems to hold one behind its end.
    assert mail.whole is (name not in {"nested_too_deep", "boundary_prefix_of_another"})


def test_the_table_has_no_row_too_many():
    """Each row has its message."""
    assert READ_BY_EYE.keys() == MAILS.keys()


@pytest.mark.parametrize("name", VERDICTS)
def test_believes_only_the_edges_own_topmost_verdicts(name):
    """Comments, quoted strings, lower fields and the sender's own fields decide nothing."""
    found = read(name).authentication
    assert (found and (found.spf, found.dkim, found.dmarc)) == VERDICTS[name]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("plain", UTC1),
        ("folded", "2026-11-24 18:05 -05:00"),
        ("space_before_colon", "1999-02-03 07:08 -05:00"),
        ("no_from_no_subject", "yesterday"),
        ("empty", ""),
    ],
)
def test_reads_the_date(name, sent):
    """A date is rewritten where it can be read, else shown as it stands."""
    assert read(name).sent == sent


def test_reads_the_list_and_the_message_id():
    """A list's name with its identifier (RFC 2919)."""
    assert read("list").list_id == "Users of Über <users.lists.example>"
    assert read("plain").message_id == "<1@sender.example>"


@pytest.mark.parametrize("name", ["long_quoted_printable", "long_base64", "iso_2022_jp", "gb18030", "big5"])
def test_a_preview_cut_anywhere_is_the_beginning_of_the_whole(name):
    """No half character, escape or transfer encoding shows where the prefix ends."""
    data = MAILS[name]
    whole = read(name).preview.removesuffix("…")
    for end in range(data.index(b"\r\n\r\n"), len(data)):
        mail = skim(data[:end], len(data))
        shown = mail.preview.removesuffix("…")
        assert not mail.whole
        assert whole[: len(shown)] == shown[: len(whole)], end


@pytest.mark.parametrize("name", ["pdf_names", "nested", "text_attached"])
def test_attachments_cut_anywhere_are_the_first_of_the_whole(name):
    """What was seen before the cut is right; the last one may lack a size and the end of its name."""
    data, whole = MAILS[name], read(name).attachments
    body = data.index(b"\r\n\r\n")
    for end in range(body, len(data)):
        *before, last = skim(data[:end], len(data)).attachments or [None]
        assert before == [*whole[: len(before)]]
        if last is not None and b"\r\n\r\n" in data[data.rindex(b"\r\n--", 0, end) : end]:
            assert last in {whole[len(before)], replace(whole[len(before)], size=None)}, end


def test_the_size_of_an_attachment_that_goes_on_is_what_it_claims():
    """Its end was not seen: the Content-Disposition's size counts, else nothing does."""
    text = (
        "From: a@b.example\nContent-Type: image/png\nContent-Disposition: attachment; filename=a.png{}\n\nx"
    )
    for claim, size in (("; size=1234567", 1234567), ("", None), ("; size=-1", None), ("; size=1e9", None)):
        data = text.format(claim).encode()
        assert skim(data, len(data) + 1).attachments[0].size == size
        assert skim(data, len(data)).attachments[0].size == 1


def test_nothing_beyond_the_prefix_is_looked_at():
    """A message's tail changes nothing."""
    start = MAILS["pdf_names"].removesuffix(b"--b 1--\r\n").ljust(PREFIX_BYTES, b"\n")
    tail = b"\r\n--b 1\r\nContent-Type: image/png; name=late.png\r\n\r\nx\r\n--b 1--\r\n"
    mail = skim(start + tail, len(start + tail))
    assert mail == skim(start, len(start + tail))
    assert (len(mail.attachments), mail.whole) == (4, False)


@pytest.mark.parametrize(
    ("count", "listed", "whole"), [(5, 5, True), (6, 6, True), (7, 6, False), (99, 6, False)]
)
def test_the_first_six_attachments_are_listed(count, listed, whole):
    """Of more, it is known that there are some; no part behind them is looked at."""
    parts = [f"--b\nContent-Type: image/png; name={number}.png\n\nx\n" for number in range(count)]
    data = ("Content-Type: multipart/mixed; boundary=b\n\n" + "".join(parts) + "--b--\n").encode()
    mail = skim(data, len(data))
    assert [attachment.name for attachment in mail.attachments] == [f"{n}.png" for n in range(listed)]
    assert mail.whole == whole
    assert ("more attachments than are listed" in mail.defects) != whole


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("fields", [0, 50, 500, 5000])
def test_half_a_field_is_no_text(fields, end):
    """A long header that no blank line ends is not cut in the middle of a line and taken for text."""
    data = ("From: a@b.example" + end + ("X-Field: y" + end) * fields).encode()
    assert skim(data, len(data)).preview == ""


def test_text_without_a_blank_line_before_it_is_found_early():
    """Within 4 KiB the first line that is no field begins the text; behind that it is not looked for."""
    for fields, preview in ((300, "The text."), (500, "")):
        data = b"From: a@b.example\n" + b"X-Field: y\n" * fields + b"The text.\n"
        assert skim(data, len(data)).preview == preview


@pytest.mark.parametrize(
    "encoding", ["base64 charset=utf-8", "base64 .", "base64\tx", '"base64"', "BASE64; x", "base64(c)"]
)
def test_an_encoding_with_something_behind_it_is_known(encoding):
    """Its first word counts."""
    data = f"From: a@b.example\nContent-Transfer-Encoding: {encoding}\n\nVGhlIHRleHQu\n".encode()
    assert skim(data, len(data)).preview == "The text."


def test_a_long_header_with_a_line_that_is_no_field_ends_at_its_blank_line():
    """Not at that line."""
    data = b"odd line\nFrom: a@b.example\n" + b"X: y\n" * 9000 + b"\nThe text.\n"
    mail = skim(data, len(data))
    assert (mail.sender.addr, mail.preview) == ("a@b.example", "The text.")


@pytest.mark.parametrize(
    "rest",
    [
        "()" * 100 + ", evil@x.example",
        "(" + "()" * 100 + "), evil@x.example",
        "(" * 100 + ")" * 100 + ", evil@x.example",
    ],
)
def test_a_from_field_that_can_not_be_followed_may_name_others(rest):
    """What was read of it is not all, and the alert says so."""
    data = f"From: bank@bank.example, {rest}\nSubject: x\n\nx".encode()
    mail = skim(data, len(data))
    assert mail.other_senders
    assert "more in the From field than was read" in mail.defects


def test_no_preview_is_made_where_none_is_wanted():
    """The text is not even decoded."""
    data = MAILS["plain"]
    assert skim(data, len(data), preview=False) == replace(read("plain"), preview="")


def test_a_boundary_need_not_be_encodable():
    """UTF-7 can spell half a surrogate pair."""
    data = b"Content-Type: multipart/mixed; boundary*=utf-7''+2AA-\n\n--?\n\nThe text.\n--?--\n"
    assert skim(data, len(data)).preview == "The text."
