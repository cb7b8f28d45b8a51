"""What a person reads on the page of the mail that lies in a Maildir."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.skim import skim
from failover.text import clean
from mail_failover.emulator.reader.mailbox import TEXT, listing, path_of, reading
from mail_failover.emulator.routing.inbox import write_maildir

MAILS = Path(__file__).parents[1] / "mails"
CORPUS = sorted(MAILS.rglob("*.eml"))
# Where the Worker's reader does more: it guesses charsets and boundaries, and passes over what is hidden.
WORKERS_OWN = {
    *("boundary_not_named", "17-boundary-differs-from-header"),
    *("02-iso-2022-jp-nec-row13", "08-iso-2022-jp-without-charset", "13-html-meta-charset", "shift_jis"),
    *("20-charset-without-semicolon", "wrong_charset", "flowed_delsp"),
    *("10b-only-a-calendar", "24-placeholder-text-part", "newsletter"),
}


def mail(*lines):
    """Return a message of these lines."""
    return "\r\n".join(lines).encode()


def test_a_message_is_read_whole():
    """Its fields as they stand and decoded, its text, what is attached, how long it is."""
    content = mail(
        "Received: from a\r\n\tby b",
        "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>",
        "received: second",
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        "Content-Type: text/plain; charset=iso-8859-1",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "Gr=FC=DFe",
        "--b",
        "Content-Type: application/pdf",
        "Content-Disposition: attachment; filename*=utf-8''B%C3%BCcher.pdf",
        "Content-Transfer-Encoding: base64",
        "",
        "QUJD",
        "--b--",
    )
    assert reading(content) == {
        "headers": [
            ("Received", "from a by b"),
            ("From", "Jürgen <j@example.org>"),
            ("received", "second"),
            ("Content-Type", "multipart/mixed; boundary=b"),
        ],
        "text": "Grüße",
        "attachments": [{"name": "Bücher.pdf", "type": "application/pdf", "size": 3}],
        "defects": [],
        "size": len(content),
        "clipped": False,
    }


def test_the_page_and_the_alert_say_the_same():
    """Two readers that have nothing in common agree on all of tests/mails, but where the other does more."""
    differ = set()
    for path in CORPUS:
        content = path.read_bytes()
        said = clean(reading(content)["text"], 300)
        if said != skim(content, len(content)).preview:
            differ.add(path.stem)
    assert len(CORPUS) > 90
    assert differ == WORKERS_OWN


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain", "Hi Jonas,\n\nare you coming on Friday?\n\n-- \nAnna\n"),
        ("alternative", "The plain version.\n"),
        ("empty_plain_alternative", "The HTML version."),
        ("bare_cr", "First line.\nSecond line.\n"),
        ("cr_cr_lf", "First line.\nSecond line.\n"),
        ("body_only", "Just text.\n"),
        ("no_blank_line", "The text begins at once.\n"),
        ("iso_2022_jp", "ご予約ありがとうございます。11月28日にお待ちしております。\n"),
        ("unknown_charset", "Das Café öffnet.\n"),
    ],
)
def test_the_text_keeps_its_lines(name, text):
    """By eye, of the corpus."""
    assert reading((MAILS / f"{name}.eml").read_bytes())["text"] == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One &amp; two</p><p>three<br>four</p>", "One & two\nthree\nfour"),
        ("<style>p {color: red}</style><!-- > no --><b>b</b>old<script>'</p>'</script>", "bold"),
        ("<a href='x>y' title=\"a>b\">link</a> 1 < 2 &lt;b&gt; &bogus; &#8364;", "link 1 < 2 <b> &bogus; €"),
        ("<table><tr><td>a<td>b</tr></table>", "a b"),
        ("a<script>never closed", "a"),
        ("&#" + "9" * 5000 + ";", "\ufffd" + "9" * 4993 + ";"),
    ],
)
def test_html_is_shown_as_text(source, text):
    """Without scripts, styles, comments; entities last, so that none becomes a tag."""
    assert reading(mail("Content-Type: text/html; charset=utf-8", "", source))["text"] == text


@pytest.mark.parametrize(
    ("name", "attachments"),
    [
        ("pdf_names", ["Bestätigung für Jonas.pdf", "Rechnung Ü1.pdf", 'AGB "neu".pdf', "plan (1).pdf"]),
        ("text_attached", ["server.log", "page.html"]),
        ("related", ["logo.png"]),
        ("cases/04-inline-html-with-filename", ["order-form.htm", "orderno.bmp"]),
        # Not what they are called, but that they are there.
        ("digest", ["", ""]),
        ("calendar", ["", "invite.ics"]),
        ("nested_too_deep", [""]),
    ],
)
def test_whatever_the_text_does_not_say_is_listed(name, attachments):
    """Nothing of a message disappears."""
    found = reading((MAILS / f"{name}.eml").read_bytes())["attachments"]
    assert [each["name"] for each in found] == attachments


def test_html_beside_a_text_is_listed_unless_it_is_the_same_in_another_form():
    """A part of its own may say something else."""

    def listed(kind):
        content = mail(
            f"Content-Type: multipart/{kind}; boundary=b",
            *("", "--b", "", "plain", "--b", "Content-Type: text/html", "", "<p>html</p>", "--b--"),
        )
        found = reading(content)
        assert found["text"] == "plain"
        return [each["type"] for each in found["attachments"]]

    assert (listed("mixed"), listed("alternative")) == (["text/html"], [])


@pytest.mark.parametrize(
    ("name", "defect"),
    [
        ("no_blank_line", "no blank line behind the header"),
        ("boundary_never_closed", "a multipart without an end"),
        ("boundary_never_used", "a multipart without its boundary"),
        ("boundary_prefix_of_another", "parts behind the end of a multipart"),
        ("nested_too_deep", "parts nested too deep"),
        ("unknown_charset", "an unknown charset: x-klingon"),
        ("wrong_charset", "text that is not in its charset: utf-8"),
    ],
)
def test_what_is_wrong_with_a_message_is_said(name, defect):
    """And what could be read is shown beside it."""
    found = reading((MAILS / f"{name}.eml").read_bytes())
    assert found["defects"] == [defect]
    assert found["text"] or found["attachments"]


def test_a_line_that_is_no_field_has_no_name():
    """It stands where it stood; a decoded line break makes no second field."""
    content = mail("From x", "Subject: =?utf-8?q?a=0D=0ABcc:_b=1B?=", "no field", "To: you", "", "x")
    assert reading(content)["headers"] == [
        ("", "From x"),
        ("Subject", "a Bcc: b\ufffd"),
        ("", "no field"),
        ("To", "you"),
    ]


@pytest.mark.parametrize(
    ("content", "clipped"),
    [
        (mail("a: b", "", "x" * TEXT), False),
        (mail("a: b", "", "x" * (TEXT + 1)), True),
        (mail("a: b", "", "\ufffd" * (TEXT + 1)), True),
        (mail("a: " + "x" * 2000, "", ""), False),
        (mail("a: " + "x" * 2001, "", ""), True),
        (mail(*["a: b"] * 300, "", ""), False),
        (mail(*["a: b"] * 301, "", ""), True),
        (mail("Content-Type: multipart/mixed; boundary=b", "", *["--b", "", "x"] * 100, "--b--"), False),
        (mail("Content-Type: multipart/mixed; boundary=b", "", *["--b", "", "x"] * 101, "--b--"), True),
    ],
    ids=range(9),
)
def test_what_is_left_out_is_said_to_be(content, clipped):
    """Of texts, fields and parts."""
    found = reading(content)
    assert found["clipped"] == clipped
    assert len(found["text"]) <= TEXT
    assert len(found["headers"]) <= 300


def test_the_newest_are_listed_and_nothing_else_is_opened(tmp_path, monkeypatch):
    """Five hundred lie there; what is read of each has an end."""
    opened = []
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    for number in range(500):
        file = tmp_path / ("new" if number % 2 else "cur") / f"{number}.x"
        file.write_bytes(mail(f"Subject: {number}", "From: Anna <a@example.org>", "Date: now", "", "x"))
        os.utime(file, (number, number))
    read = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode: opened.append(self.name) or read(self, mode))
    rows = listing(tmp_path, 3)
    assert [row["name"] for row in rows] == opened == ["499.x", "498.x", "497.x"]
    assert rows[0] == {
        "name": "499.x",
        "from": "Anna <a@example.org>",
        "subject": "499",
        "date": "now",
        "size": 56,
    }
    assert len(listing(tmp_path)) == 100


def test_a_message_without_an_end_to_its_header_has_a_row(tmp_path):
    """Of 64 KiB."""
    write_maildir(tmp_path, b"Subject: early\r\n" + b"X: y\r\n" * 20_000 + b"From: late\r\n")
    [row] = listing(tmp_path)
    assert (row["subject"], row["from"], row["size"]) == ("early", "", 120_028)


def test_what_is_no_message_is_not_listed(tmp_path):
    """Folders, links to files elsewhere, names that nobody can type; nor a Maildir that is not there."""
    assert listing(tmp_path / "none") == []
    file = write_maildir(tmp_path, b"Subject: x\r\n\r\n")
    (tmp_path / "secret").write_text("Subject: secret\n")
    (tmp_path / "new" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "new" / "folder").mkdir()
    (tmp_path / "new" / "a\nb").write_text("x")
    (tmp_path / "new" / os.fsdecode(b"\xff")).write_text("x")
    (tmp_path / "tmp" / "draft").write_text("x")
    assert [row["name"] for row in listing(tmp_path)] == [file.name]
    for name in ("link", "folder", "a\nb", "draft", "\udcff"):
        assert path_of(tmp_path, name) is None


def test_a_message_that_goes_away_meanwhile_is_left_out(tmp_path, monkeypatch):
    """Somebody else may read the same Maildir."""
    one, two = (write_maildir(tmp_path, b"Subject: x\r\n\r\n") for _ in range(2))
    read = Path.open

    def going(self, mode):
        one.unlink(missing_ok=True)
        return read(self, mode)

    monkeypatch.setattr(Path, "open", going)
    assert [row["name"] for row in listing(tmp_path)] == [two.name]


@pytest.fixture(scope="module")
def maildir(tmp_path_factory):
    """Return a Maildir with one message, and something beside it."""
    folder = tmp_path_factory.mktemp("mail") / "you@example.net"
    write_maildir(folder, b"Subject: x\r\n\r\n").rename(folder / "cur" / "1.x:2,S")
    (folder.parent / "secret").write_text("x")
    (folder / "secret").write_text("x")
    return folder


def test_a_name_is_found_where_its_message_lies(maildir):
    """Whether it was read or not."""
    assert path_of(maildir, "1.x:2,S") == maildir / "cur" / "1.x:2,S"
    [row] = listing(maildir)
    assert row["name"] == "1.x:2,S"


NAMES = st.lists(st.sampled_from(["..", ".", "/", "\\", "new", "cur", "secret", "1.x:2,S", "\0", "%2e"])).map(
    "".join
)


@given(NAMES | st.text() | st.text(st.characters(categories=["Cs"])))
def test_no_name_leads_anywhere_else(maildir, name):
    """It comes from an address in a browser."""
    assert path_of(maildir, name) == (maildir / "cur" / name if name == "1.x:2,S" else None)


@pytest.mark.parametrize("name", ["../secret", "../../secret", "cur/1.x:2,S", "/etc/passwd", "x" * 9000, ""])
def test_a_path_is_no_name(maildir, name):
    """Nor is one that no file could have."""
    assert path_of(maildir, name) is None
    assert path_of(maildir, str(maildir / name)) is None


def test_what_is_read_can_be_sent_to_a_browser():
    """As JSON in UTF-8, though some charsets hold halves of characters."""
    content = mail(
        "Content-Type: multipart/mixed; boundary=b",
        "Subject: =?utf-7?q?+2AA-?=",
        *("", "--b", "Content-Type: text/plain; charset=utf-7", "", "+2AA-"),
        *("--b", "Content-Disposition: attachment; filename*=utf-7''+2AA-", "", "x", "--b--"),
    )
    found = reading(content)
    assert json.dumps(found, ensure_ascii=False).encode()
    assert (found["text"], found["headers"][1][1]) == ("\ufffd", "\ufffd")
    assert found["attachments"][0]["name"] == "\ufffd"
