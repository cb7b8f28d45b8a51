"""Messages as mailers and bug reports make them: which text is shown, and what is listed."""

import base64

import pytest

from failover.body import alike
from failover.skim import skim

CALENDAR = (
    "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Talk\nDTSTART:20261125T090000Z\nEND:VEVENT\n"
)
INVITATION = "Invitation: Talk, 2026-11-25 09:00 UTC"
PHOTO = "Content-Type: image/jpeg; name=a.jpg\nContent-ID: <1>\nContent-Transfer-Encoding: base64\n\n/9j/\n"
PDF = "Content-Type: application/pdf; name=a.pdf\n\nx\n"


def multipart(kind, *parts, boundary="b"):
    """Return a multipart of some parts, which begin with their fields."""
    delimiter = f"--{boundary}"
    return (
        f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n'
        + "".join(f"{delimiter}\n{part}\n" for part in parts)
        + f"{delimiter}--\n"
    )


def part(kind, text, fields=""):
    """Return a part of some type."""
    return f"Content-Type: {kind}\n{fields}\n{text}"


def read(source, charset="utf-8", **options):
    """Skim a whole message that begins with the fields of its content."""
    data = b"From: a@b.example\n" + (source if isinstance(source, bytes) else source.encode(charset))
    return skim(data, len(data), **options)


def names(mail):
    """Return the names or, where there is none, the types of what is listed."""
    return [attachment.name or attachment.type for attachment in mail.attachments]


HELLO = part("text/plain", "Hello")
NAMED = part("text/plain; name=a.txt", "Named")
NAMED_HTML = part("text/html", "<p>Named", "Content-Disposition: inline; filename=a.htm\n")
ATTACHED = part("text/plain", "Attached", "Content-Disposition: attachment; filename=a.txt\n")
MARKDOWN = part("text/markdown", "# Hi")
MEETING = part("text/calendar; method=REQUEST", CALENDAR)
IMAGE_ALONE = part("text/html", '<div><img src="cid:1"></div>')


@pytest.mark.parametrize(
    ("source", "preview", "listed"),
    [
        # A text with a file name is the text where there is no other, unless it is attached (RFC 2183, 2.1).
        (NAMED, "Named", ["a.txt"]),
        (NAMED_HTML, "Named", ["a.htm"]),
        (multipart("mixed", NAMED, PDF), "Named", ["a.txt", "a.pdf"]),
        (multipart("mixed", NAMED, HELLO), "Hello", ["a.txt"]),
        (multipart("mixed", HELLO, NAMED_HTML), "Hello", ["a.htm"]),
        (multipart("mixed", NAMED_HTML, NAMED), "Named", ["a.htm", "a.txt"]),
        (multipart("mixed", part("text/plain", " \n "), NAMED), "Named", ["a.txt"]),
        # The first that says something, where more than one may be the text.
        (multipart("mixed", part("text/plain; charset=utf-8", "\u00a0"), PDF, HELLO), "Hello", ["a.pdf"]),
        (
            multipart("mixed", IMAGE_ALONE, PDF, IMAGE_ALONE, part("text/html", "<p>Hello")),
            "Hello",
            ["a.pdf"],
        ),
        (
            multipart("mixed", part("text/plain; charset=utf-8; name=b.txt", "\u200b"), NAMED),
            "Named",
            ["b.txt", "a.txt"],
        ),
        (multipart("related", IMAGE_ALONE, PHOTO, NAMED), "Named", ["a.txt"]),
        (ATTACHED, "", ["a.txt"]),
        (multipart("mixed", ATTACHED, MARKDOWN), "# Hi", ["a.txt", "text/markdown"]),
        # What belongs to a text is listed where there is none.
        (multipart("related", IMAGE_ALONE, PHOTO), "", ["a.jpg"]),
        (multipart("related", PHOTO), "", ["a.jpg"]),
        (multipart("related", part("text/html", "<p>See<img src='cid:1'>"), PHOTO), "See", []),
        (multipart("related", part("text/html", "&nbsp;<br>\u200b"), PHOTO), "", ["a.jpg"]),
        (multipart("mixed", multipart("related", IMAGE_ALONE, PHOTO, boundary="c"), HELLO), "Hello", []),
        (multipart("related", IMAGE_ALONE, *[PHOTO] * 7), "", ["a.jpg"] * 6),
        (
            multipart(
                "related",
                multipart("alternative", part("text/plain", "[cid:1]"), IMAGE_ALONE, boundary="c"),
                PHOTO,
            ),
            "",
            ["a.jpg"],
        ),
        (multipart("related", part("text/plain", "[image: a.jpg]\n[image: b.jpg]"), PHOTO), "", ["a.jpg"]),
        (
            multipart("related", part("text/html", "<p>See"), PHOTO.replace("a.jpg", "a.exe")),
            "See",
            ["a.exe"],
        ),
        (multipart("related", part("text/html", "<p>See"), PHOTO.replace("; name=a.jpg", "")), "See", []),
        (
            multipart("related", part("text/html", "<p>See"), PHOTO.replace("a.jpg", "=?utf-8?q?a=2Eexe?=")),
            "See",
            ["a.exe"],
        ),
        # What only says that there is a picture is shown where nothing else is.
        (part("text/plain", "[image: Sale ends today]"), "[image: Sale ends today]", []),
        # Not what a list puts behind it.
        (
            multipart("mixed", part("text/html", "<p>Hello"), part("text/plain", "-- \nlist footer")),
            "Hello",
            [],
        ),
        (
            multipart(
                "mixed",
                multipart(
                    "alternative", part("text/plain", " "), part("text/html", "<p>Hello"), boundary="c"
                ),
                HELLO.replace("Hello", "footer"),
            ),
            "Hello",
            [],
        ),
        # A line that is no field hides none behind it.
        (multipart("mixed", HELLO, ">From ann\n" + PDF), "Hello", ["a.pdf"]),
        # A part may have no fields, nor a blank line in their place.
        (multipart("mixed", "Hello", PDF), "Hello", ["a.pdf"]),
        (multipart("alternative", part("text/x-a", " ")), "", ["text/x-a"]),
        # A text of any type is a text (RFC 2046, section 4.1.4).
        (MARKDOWN, "# Hi", []),
        (part("text/x-nobody-knows", "Hello"), "Hello", []),
        (part("text/", "Hello"), "Hello", []),
        (part("text/csv; name=a.csv", "a;b"), "a;b", ["a.csv"]),
        (
            part("text/enriched", "<bold>Now</bold> <color><param>red</param>is</color> <<x> 1<2"),
            "Now is <x> 1<2",
            [],
        ),
        (part("text/richtext", "<Bold>Now</Bold>"), "Now", []),
        (part("text/x-amp-html", "<style>p{}</style><p>Hi"), "Hi", []),
        (multipart("alternative", MARKDOWN, part("text/html", "<p>Hello")), "Hello", []),
        (multipart("alternative", part("text/plain", ""), MARKDOWN), "# Hi", []),
        (multipart("mixed", HELLO, MARKDOWN), "Hello", ["text/markdown"]),
        (multipart("report", HELLO, part("text/rfc822-headers", "From: x")), "Hello", []),
        # An invitation says so.
        (MEETING, INVITATION, [INVITATION]),
        (multipart("alternative", MEETING), INVITATION, [INVITATION]),
        (multipart("alternative", HELLO, MEETING), "Hello", []),
        (multipart("alternative", part("text/plain", "\u00a0"), MEETING), INVITATION, [INVITATION]),
        (multipart("mixed", HELLO, MEETING), "Hello", [INVITATION]),
        (
            part("text/calendar; name=i.ics", CALENDAR, "Content-Disposition: attachment\n"),
            INVITATION,
            ["i.ics"],
        ),
        (part("application/ics; name=i.ics", CALENDAR), INVITATION, ["i.ics"]),
        (multipart("mixed", HELLO, part("application/ics; name=i.ics", CALENDAR)), "Hello", ["i.ics"]),
        (part("text/calendar", "nothing of the kind"), "", ["text/calendar"]),
        (
            part(
                "text/calendar",
                base64.encodebytes(CALENDAR.encode()).decode(),
                "Content-Transfer-Encoding: base64\n",
            ),
            INVITATION,
            [INVITATION],
        ),
    ],
)
def test_no_message_looks_empty(source, preview, listed):
    """What it holds is shown, or listed, or both; and its attachments hang on no preview."""
    mail = read(source)
    assert (mail.preview, names(mail)) == (preview, listed)
    assert names(read(source, preview=False)) == listed


def test_what_is_listed_for_want_of_a_text_may_be_too_much_to_list():
    """Then it is known that there is more."""
    assert read(multipart("related", IMAGE_ALONE, *[PHOTO] * 6)).whole
    assert not read(multipart("related", IMAGE_ALONE, *[PHOTO] * 7)).whole


ANSWER = part("text/html", "<p>Your parcel arrives on Friday.")
PARCEL = "Your parcel arrives on Friday."


@pytest.mark.parametrize(
    ("text", "html", "preview"),
    [
        ("Your email client does not support HTML messages.", PARCEL, PARCEL),
        ("Ihr E-Mail-Programm kann leider kein HTML anzeigen.", PARCEL, PARCEL),
        ("Votre logiciel de messagerie ne prend pas en charge le HTML", PARCEL, PARCEL),
        (
            "お使いのメールソフトはHTMLメールに対応していません。",
            "荷物は金曜日に届きます。",
            "荷物は金曜日に届きます。",
        ),
        ("您的邮件客户端不支持HTML格式", "您的包裹星期五到达", "您的包裹星期五到达"),
        ("This is a multi-part message in MIME format.", PARCEL, PARCEL),
        ("View this message online: https://shop.example/x?y=z", PARCEL, PARCEL),
        ("https://shop.example/x?y=z", PARCEL, PARCEL),
        ("No plain text version available.", PARCEL, PARCEL),
        ("Sollte diese Nachricht nicht richtig angezeigt werden, klicken Sie bitte hier.", PARCEL, PARCEL),
        ("Si vous ne visualisez pas ce message", PARCEL, PARCEL),
        ("Si no puede ver este mensaje, ábralo en su navegador", PARCEL, PARCEL),
        ("Если письмо отображается некорректно", "Посылка придёт в пятницу", "Посылка придёт в пятницу"),
        ("View it online: https://shop.example/" + "x" * 300, PARCEL, PARCEL),
        ("Your parcel 123 is online now.", PARCEL.replace("Your", "A"), "Your parcel 123 is online now."),
        ("-", PARCEL, PARCEL),
        ("Ваш браузер или почтовая программа", "Посылка придёт в пятницу", "Посылка придёт в пятницу"),
        # What says the same is the text.
        (
            "Your parcel arrives on Friday. https://x.example",
            PARCEL,
            "Your parcel arrives on Friday. https://x.example",
        ),
        ("*Your parcel* mail arrives on Friday.", PARCEL, "*Your parcel* mail arrives on Friday."),
        (
            "OK, see you at the HTML class",
            "OK, see you at the <b>HTML class</b>",
            "OK, see you at the HTML class",
        ),
        # As is what speaks of nothing of the kind, is too long to, or has nothing to stand for.
        ("See you.", PARCEL, "See you."),
        ("HTML " * 60, PARCEL, ("HTML " * 60).strip()),
        (
            "Your email client does not support HTML.",
            "<img src=x>",
            "Your email client does not support HTML.",
        ),
    ],
)
def test_a_text_that_only_says_that_there_is_html_is_not_shown_for_it(text, html, preview):
    """In any language: it speaks of programs, and says nothing of what the HTML does."""
    source = multipart(
        "alternative", part("text/plain; charset=utf-8", text), part("text/html; charset=utf-8", html)
    )
    assert read(source).preview == preview


def test_only_another_form_of_the_same_text_stands_for_it():
    """Two parts in a row are two texts."""
    text = "Your email client does not support HTML messages."
    assert read(multipart("mixed", part("text/plain", text), ANSWER)).preview == text


@pytest.mark.parametrize(
    ("text", "preview"),
    [
        ("<!DOCTYPE html>\n<html><head><title>T</title></head><body><p>Hello", "Hello"),
        ("  <html><style>" + "p{}" * 3000 + "</style><p>Hello", "Hello"),
        ("<!-- x -->\n<DIV CLASS=a>Hello</DIV>", "Hello"),
        ("<p>Hello <b>you</b></p>", "Hello you"),
        ("<br>Hello<br>\n", "Hello"),
        ("\ufeff<!-- a --><!-- b --> <pre>Hello</pre>", "Hello"),
        ('<?xml version="1.0"?><html xmlns:v="' + "v" * 2000 + '"><body>Hello', "Hello"),
        ("<div><p>" + "Hello</p><p>" * 500, ("Hello " * 60)[:299] + "…"),
        # What only speaks of tags stays as it is.
        ("Hello <b>you</b>", "Hello <b>you</b>"),
        ("<b> makes text bold; use <i> for italics", "<b> makes text bold; use <i> for italics"),
        ("<div> or <span>, which one is right?", "<div> or <span>, which one is right?"),
        ("<!DOCTYPE html> must come first, I read.", "<!DOCTYPE html> must come first, I read."),
        ("<table> does not close </table> there?", "<table> does not close </table> there?"),
        ("<html> <head> and <body> are three tags.", "<html> <head> and <body> are three tags."),
        ("<i> opens italics, which end with </i>", "<i> opens italics, which end with </i>"),
        ("<p> is a paragraph, a new line <br>", "<p> is a paragraph, a new line <br>"),
        ("<anna@example.org> wrote:", "<anna@example.org> wrote:"),
        ("<paragraph> is no tag", "<paragraph> is no tag"),
        ("<p class=a></p>", "<p class=a></p>"),
        ("1 < 2", "1 < 2"),
    ],
)
def test_html_that_says_it_is_plain_text_is_shown_as_html(text, preview):
    """If it begins as such, and shows anything."""
    assert read(part("text/plain", text)).preview == preview


@pytest.mark.parametrize(
    ("head", "charset"),
    [
        ('<meta charset="windows-1251">', "cp1251"),
        ("<META CHARSET = koi8-r />", "koi8_r"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
        ("<meta content='text/html;charset=ISO-8859-5' http-equiv=Content-Type>", "iso8859_5"),
        ('<?xml version="1.0" encoding="windows-1251"?>', "cp1251"),
        ('<!-- <meta charset="koi8-r"> --><meta charset="windows-1251">', "cp1251"),
        ("<title>x</title>" * 50 + '<meta charset="windows-1251">', "cp1251"),
        ("<script>'<meta charset=koi8-r>'</script><meta charset=windows-1251>", "cp1251"),
        ("<meta data-charset=koi8-r><meta charset=x-nobody-knows><meta charset=windows-1251>", "cp1251"),
        # What names UTF-16 in ASCII is UTF-8.
        ('<meta charset="utf-16">', "utf_8"),
        ("", "utf_8"),
    ],
)
@pytest.mark.parametrize("fields", ["Content-Type: text/html", "Content-Type: text/html; charset=us-ascii"])
@pytest.mark.parametrize("encoding", ["8bit", "base64"])
def test_html_may_name_its_charset_itself(head, charset, fields, encoding):
    """In its first 1,024 bytes, if its field names none that can be true."""
    data = f"{head}<p>Привет, Анна</p>".encode(charset)
    data = base64.encodebytes(data) if encoding == "base64" else data
    assert read(f"{fields}\nContent-Transfer-Encoding: {encoding}\n\n".encode() + data).preview.endswith(
        "Привет, Анна"
    )


def test_html_that_names_charsets_in_vain_is_searched_for_four():
    """Whoever names more means none."""
    text = '<meta charset="windows-1251"><p>Привет'.encode("cp1251")
    for count, preview in ((3, "Привет"), (4, "Привет".encode("cp1251").decode("cp1252"))):
        data = b"Content-Type: text/html\n\n" + b"<meta charset=x-nobody-knows>" * count + text
        assert read(data).preview == preview


@pytest.mark.parametrize(("length", "is_html"), [(999, False), (1000, False), (1001, True)])
def test_a_document_without_an_end_tag_is_one_if_it_is_long(length, is_html):
    """A question of a few lines about tags is not."""
    text = "<html><body>Hello".ljust(length, "o")
    assert read(part("text/plain", text)).preview.startswith("Hello" if is_html else "<html>")


@pytest.mark.parametrize(("breaks", "preview"), [(2047, "x"), (2048, "")])
def test_of_a_plain_text_the_first_4_kib_are_decoded(breaks, preview):
    """However little comes of them."""
    coded = part("text/plain", "=\n" * breaks + "x", "Content-Transfer-Encoding: quoted-printable\n")
    assert read(coded).preview == preview


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("parameters", "preview"),
    [("", "Donau dampf schiff"), ("; delsp=no", "Donau dampf schiff"), ("; DelSp=Yes", "Donaudampfschiff")],
)
def test_a_flowed_text_may_say_that_its_line_ends_are_no_gaps(parameters, preview, end):
    """Texts without spaces are flowed so (RFC 3676, section 4.3)."""
    text = part(f"text/plain; format=flowed{parameters}", "Donau \ndampf \nschiff")
    assert read(text.replace("\n", end)).preview == preview


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("a", "a", True),
        ("abcdefgh", "xabcdx", True),
        ("abcdefghi", "xabcdx", False),
        ("A b-c.D", "ABCD", True),
        ("abcd https://x.example/y", "abcd", True),
        ("", "abcd", False),
        ("", "", False),
    ],
)
def test_texts_are_alike_if_half_of_one_is_in_the_other(text, other, same):
    """In pieces of four letters."""
    assert alike(text, other) == same


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("blanks", ["", " ", "\t", " " * 78])
def test_blanks_behind_a_delimiter_are_nothing(blanks, end):
    """Padding that a gateway added (RFC 2046, section 5.1.1)."""
    source = (
        multipart("mixed", "\nHello", PDF)
        .replace("--b\n", f"--b{blanks}\n")
        .replace("--b--", f"--b--{blanks}")
    )
    mail = read(source.replace("\n", end))
    assert (mail.preview, names(mail), mail.defects) == ("Hello", ["a.pdf"], ())


def test_lines_that_only_look_like_delimiters_are_passed_over_a_few_times():
    """200 of them, and then it is said that there may be more."""
    for count, listed in ((200, ["a.pdf"]), (201, [])):
        mail = read(multipart("mixed", "\nHello\n" + "--bx\n" * count, PDF))
        assert (mail.preview[:5], names(mail)) == ("Hello", listed)
        assert ("lines that only look like boundaries" in mail.defects) != bool(listed)


def test_a_parameter_wins_over_what_html_names():
    """And what stands behind the first 1,024 bytes names nothing."""
    data = '<meta charset="koi8-r"><p>Привет'.encode("cp1251")
    assert read(b"Content-Type: text/html; charset=windows-1251\n\n" + data).preview == "Привет"
    late = ("<title>x</title>" * 70 + '<meta charset="koi8-r"><p>Привет').encode("koi8_r")
    assert read(b"Content-Type: text/html\n\n" + late).preview == "Привет".encode("koi8_r").decode("cp1252")


TYPES = ["text/html, charset=koi8-r", "text/html charset=koi8-r", "text/html;charset=koi8-r, format=x"]
TYPES += [
    'text/html; charset="koi8-r; format=x',
    "text/html ; charset = koi8-r(x)",
    "text/html;; charset='koi8-r'",
]


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_with_a_slip_in_it_is_still_a_type(kind):
    """Readers show the content."""
    mail = read(f"Content-Type: {kind}\n\n<p>Привет", "koi8-r")
    assert (mail.preview, mail.defects) == ("Привет", ())


@pytest.mark.parametrize("boundary", ['"abc"', "abc", '""', '"ABC "', "a b c", '"x'])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_boundary_that_never_occurs_is_found_in_the_text(boundary, end):
    """What stands before the parts' fields is it; no delimiter and no code is shown."""
    text = base64.encodebytes("Grüße".encode()).decode()
    source = multipart(
        "mixed",
        part("text/plain; charset=utf-8", text, "Content-Transfer-Encoding: base64\n"),
        PDF,
        boundary="real=_1",
    )
    mail = read(
        source.replace('"real=_1"', boundary).replace("\n\n", "\n\nPreamble.\n\n", 1).replace("\n", end)
    )
    assert (mail.preview, names(mail)) == ("Grüße", ["a.pdf"])
    assert len(mail.defects) == 1


def test_a_boundary_has_no_semicolon():
    """What stands behind one, and is no parameter, is not part of it."""
    assert names(read(multipart("mixed", HELLO, PDF).replace('"b"', "b; foo"))) == ["a.pdf"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("boundary", ["b", '""'])
def test_a_boundary_that_never_occurs_is_found_by_its_end_too(boundary, end):
    """Where its parts have no fields."""
    source = f"Content-Type: multipart/mixed; boundary={boundary}\n\n--REAL\n\nHello\n--REAL--\n"
    assert read(source.replace("\n", end)).preview == "Hello"


def test_where_no_boundary_is_named_a_line_that_looks_like_one_needs_no_end():
    """The message may be cut off before it."""
    mail = read("Content-Type: multipart/mixed\n\n--REAL\n\nHello\n--REAL\n\nmore")
    assert mail.preview == "Hello"
    assert "a multipart without a boundary parameter" in mail.defects


@pytest.mark.parametrize(
    "text",
    [
        "--abc\nA line of dashes.",
        "--abc\n\nContent-Type: x",
        "-- \nContent-Type: x",
        "--\nContent-Type: x",
        "-----\nPlan\n------------\nmore\n-------\n",
        "x",
    ],
)
def test_lines_that_begin_no_part_are_text(text):
    """A signature, dashes, and what is no field."""
    mail = read(f"Content-Type: multipart/mixed; boundary=none\n\n{text}")
    assert mail.preview.startswith(text.split()[0])
    assert mail.defects == ("a multipart without its boundary",)


def reused(*inner, outer=(PDF,), depth=1):
    """Return a multipart with another in it that has the same boundary, and parts behind that."""
    begin = "--b\nContent-Type: multipart/alternative; boundary=b\n\n" * depth
    within = "".join(f"--b\n{each}\n" for each in inner) + "--b--\n" * depth
    behind = "".join(f"--b\n{each}\n" for each in outer)
    return f"Content-Type: multipart/mixed; boundary=b\n\n{begin}{within}{behind}--b--\n"


def test_nothing_hides_behind_the_end_of_a_multipart_within():
    """It may have the boundary of the one around it, more than once, and there may be more than one."""
    assert names(read(reused(HELLO))) == ["a.pdf"]
    assert names(read(reused(HELLO, ANSWER, outer=(PDF, PHOTO)))) == ["a.pdf", "a.jpg"]
    assert names(read(reused(HELLO, depth=3))) == ["a.pdf"]
    assert names(read(reused(HELLO, outer=(reused(HELLO), PDF)))) == ["a.pdf", "a.pdf"]
    assert read(reused(HELLO)).preview == "Hello"
    assert read(reused(HELLO)).whole


def test_what_stands_behind_the_true_end_is_no_part():
    """An epilogue is nobody's to see (RFC 2046, section 5.1.1); but that there is more is said."""
    late = "--b\nContent-Type: image/png; name=late.png\n\nx\n--b--\n"
    for source in (multipart("mixed", HELLO, PDF), reused(HELLO)):
        assert read(source + "An epilogue. --b\n--bc\n").whole
        mail = read(source + late)
        assert (names(mail), mail.whole) == (["a.pdf"], False)


PLAIN_ASCII = "--b\nContent-Type: text/plain; charset=us-ascii\n\nx\n"


def raw(subject, kind, charset, text="x"):
    """Return a message with raw bytes in its Subject, and a body of some type."""
    head = f"Subject: {subject}\nFrom: {subject} <a@b.example>\nContent-Type: {kind}\n\n"
    return skim((head + text).encode(charset), 10**6)


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain; charset=windows-1251",
        "multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; charset=windows-1251",
        f"multipart/mixed; boundary=b\n\n{PLAIN_ASCII}--b\nContent-Type: text/html; charset=windows-1251",
        "text/html\n\n<meta charset=windows-1251>",
    ],
)
def test_raw_bytes_of_a_field_are_in_the_charset_of_the_body(kind):
    """Wherever the message names it, if they are not UTF-8."""
    mail = raw("Привет", kind, "cp1251")
    assert (mail.subject, mail.sender.name) == ("Привет", "Привет")
    assert raw("Привет", kind, "utf-8").subject == "Привет"


def test_a_part_without_a_text_names_a_charset_too():
    """As where only a file is sent."""
    empty = part("text/plain; charset=windows-1251", "")
    assert read("Subject: Привет\n" + multipart("mixed", empty, PDF), "cp1251").subject == "Привет"


def test_raw_bytes_of_a_file_name_are_in_the_charset_of_the_message():
    """Of its own part, or of a text before it."""
    name = "Content-Type: application/pdf; name=отчёт.pdf\n\nx\n"
    before = part("text/plain; charset=koi8-r", "Привет")
    assert names(read(multipart("mixed", before, name), "koi8-r")) == ["отчёт.pdf"]
    own = "Content-Type: text/csv; name=отчёт.csv; charset=koi8-r\nContent-Disposition: attachment\n\nx\n"
    assert names(read(multipart("mixed", own), "koi8-r")) == ["отчёт.csv"]
    assert names(read(multipart("mixed", own), "utf-8")) == ["отчёт.csv"]


@pytest.mark.parametrize(
    ("encoding", "body", "size"),
    [
        ("quoted-printable", "=C3=A4=\na", 3),
        ("Quoted-Printable", "plain", 5),
        ("base64", "QUJD\nRA==", 4),
        ("base64", "QUJD \t\nRA== \n\n", 4),
        ("7bit", "four", 4),
        ("8bit", "four", 4),
        ("BINARY", "four", 4),
        ("", "four", 4),
        ("x-uuencode", "begin 644 x\n#86)C\n`\nend", None),
        ("x-nobody-knows", "four", None),
    ],
)
def test_a_size_is_that_of_what_is_inside(encoding, body, size):
    """Or it is not known."""
    mail = read(part("a/b; name=x", body, f"Content-Transfer-Encoding: {encoding}\n"))
    assert mail.attachments[0].size == size


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("i" * 300 + ".pdf.exe", "iii", "ii.pdf.exe"),
        ("=?utf-8?q?" + "i" * 300 + ".pdf.exe?=", "iii", "ii.pdf.exe"),
        (
            " ".join(f"=?utf-8?q?{'i' * 30}{n:02}?=" for n in range(15)) + " =?utf-8?q?.pdf.exe?=",
            "iii",
            "14.pdf.exe",
        ),
        ("invoice.pdf" + " " * 900 + ".exe", "invoice.pdf", "….exe"),
        ("invoice " * 30 + ".pdf.exe", "invoice invoice", ".pdf.exe"),
        # Where the end can't be told, that is told.
        ("i" * 3000 + ".pdf.exe", "iii", "i…"),
        (" ".join(f"=?utf-8?q?{'i' * 30}{n:02}?=" for n in range(30)) + " =?utf-8?q?.pdf.exe?=", "iii", "…"),
    ],
)
@pytest.mark.parametrize(
    "field", ["Content-Type: a/b; name=", "Content-Type: a/b\nContent-Disposition: x; filename="]
)
def test_a_long_file_name_keeps_its_beginning_and_its_end(name, start, end, field):
    """It says what opening it does."""
    [attachment] = read(f'{field}"{name}"\n\nx').attachments
    assert attachment.name.startswith(start)
    assert attachment.name.endswith(end)
    assert len(attachment.name) <= 120
