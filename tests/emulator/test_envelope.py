"""The edge announces what it keeps, and takes the envelopes that RFC 5321 and RFC 6531 allow."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_failover.emulator.routing.path import read_path
from standins.session import Recorder, serving, session

MAIL, RCPT = "MAIL FROM:<a@example.org>", "RCPT TO:<anna@example.com>"
UTF8 = "MAIL FROM:<a@example.org> SMTPUTF8"


def said(*lines, domains=()):
    """Say lines in one session, and return the last line of each reply and what the server took."""

    async def run():
        recorder = Recorder()
        async with serving(recorder, domains=domains) as server, session(server.port) as talk:
            return await talk.replies(*lines), recorder.taken

    return asyncio.run(run())


def test_the_edge_announces_what_it_keeps():
    """No log-in, and no TLS without a certificate."""

    async def run():
        async with serving(Recorder()) as server, session(server.port) as talk:
            talk.writer.write(b"EHLO again.example\r\n")
            return await talk.lines()

    assert {line[4:] for line in asyncio.run(run())[1:]} == {
        *("SIZE 26214400", "8BITMIME", "SMTPUTF8", "PIPELINING", "CHUNKING", "HELP"),
    }


def test_a_pipelined_group_is_answered_in_its_order():
    """Each command, whatever became of those before it (RFC 2920, section 3.2)."""
    replies, taken = said(
        MAIL, "RCPT TO:nobody", RCPT, "VRFY", "DATA", b"x\r\n.\r\n", MAIL, "RCPT TO:<>", "DATA", "QUIT"
    )
    assert [int(reply[:3]) for reply in replies] == [250, 553, 250, 501, 354, 250, 250, 553, 503, 221]
    assert taken == [("a@example.org", ["anna@example.com"], b"x\r\n")]


@pytest.mark.parametrize(
    "path",
    [
        "anna@example.com",
        "<anna@example.com",
        "anna@example.com>",
        "Anna <anna@example.com>",
        "<<anna@example.com>>",
        "<anna>",
        "<@example.com>",
        "<anna@>",
        "< anna@example.com >",
        "<anna @example.com>",
        "<anna(home)@example.com>",
        "<anna@example.com>x",
        "<anna..b@example.com>",
        "<.anna@example.com>",
        "<an na@example.com>",
        '<"anna@example.com>',
        '<"an"na@example.com>',
        "<anna@exa_mple.com>",
        "<anna@-example.com>",
        "<anna@example-.com>",
        "<anna@example..com>",
        "<anna@example.com.>",
        "<anna@[127.0.0.1>",
        "<anna@b@example.com>",
        "<anna,ben@example.com>",
        "<anna\t@example.com>",
    ],
)
@pytest.mark.parametrize("command", ["MAIL FROM:", "RCPT TO:"])
def test_a_malformed_path_is_refused(command, path):
    """Brackets are part of it, and no comment, blank or name is (RFC 5321, section 4.1.2)."""
    before = [] if command.startswith("MAIL") else [MAIL]
    replies, _ = said(*before, f"{command}{path}", "DATA")
    assert replies[-2].startswith("553 5.1.3 ")
    assert replies[-1].startswith("503 ")


@pytest.mark.parametrize(
    "address",
    [
        "anna@example.com",
        "ANNA+Detail@EXAMPLE.com",
        "o'hara/x=y!z@a-b.example",
        "{a|b}~`?^#$%&*@example.com",
        '"a b"@example.com',
        '"a\\"b\\\\c"@example.com',
        '"a>b@c"@example.com',
        "=?utf-8?q?anna?=@example.com",
        "anna@[192.0.2.1]",
        "anna@[IPv6:2001:db8::1]",
        "anna@localhost",
        "jörg@müller.example",
        "用户@例え.jp",
        f"{'x' * 200}@{'y' * 60}.example",
    ],
)
def test_an_address_arrives_as_it_was_written(address):
    """Nothing of it is decoded, folded or shortened."""
    extra = "" if address.isascii() else " SMTPUTF8"
    _, taken = said(f"MAIL FROM:<{address}>{extra}", f"RCPT TO:<{address}>", "DATA", b"x\r\n.\r\n")
    assert taken == [(address, [address], b"x\r\n")]


def test_a_source_route_is_taken_and_forgotten():
    """It is deprecated, but must be accepted (RFC 5321, section 4.1.1.3)."""
    replies, taken = said(MAIL, "RCPT TO:<@one.example,@two.example:anna@example.com>", "DATA", b"x\r\n.\r\n")
    assert replies[-1].startswith("250 ")
    assert taken[0][1] == ["anna@example.com"]


def test_the_null_path_is_a_sender_and_no_recipient():
    """A bounce comes from nobody, and goes to somebody."""
    replies, taken = said("MAIL FROM:<> SIZE=5", "RCPT TO:<>", RCPT, "DATA", b"x\r\n.\r\n")
    assert [reply[:9] for reply in replies[:3]] == ["250 2.1.0", "553 5.1.3", "250 2.1.5"]
    assert taken == [("", ["anna@example.com"], b"x\r\n")]


@pytest.mark.parametrize("address", ["jörg@example.org", "joerg@müller.example", '"jörg"@example.org'])
def test_an_address_beyond_ascii_takes_smtputf8(address):
    """For a sender and a recipient alike (RFC 6531, section 3.5)."""
    replies, _ = said(f"MAIL FROM:<{address}>", MAIL, f"RCPT TO:<{address}>", RCPT)
    assert [reply[:9] for reply in replies] == ["553 5.6.7", "250 2.1.0", "553 5.6.7", "250 2.1.5"]
    replies, _ = said(f"MAIL FROM:<{address}> SMTPUTF8", f"RCPT TO:<{address}>")
    assert [reply[:9] for reply in replies] == ["250 2.1.0", "250 2.1.5"]


def test_smtputf8_ends_with_its_transaction():
    """The next one has to ask again."""
    replies, _ = said(UTF8, "RSET", MAIL, "RCPT TO:<änna@example.com>")
    assert replies[-1].startswith("553 5.6.7 ")


@pytest.mark.parametrize("raw", [b"j\xf6rg@example.org", b"a@m\xfcller.example", b"\xed\xa0\x80@example.org"])
def test_an_address_that_is_not_utf8_is_refused(raw):
    """SMTPUTF8 does not make Latin-1 or half a character valid."""
    replies, _ = said(b"MAIL FROM:<" + raw + b"> SMTPUTF8\r\n", UTF8, b"RCPT TO:<" + raw + b">\r\n")
    assert [reply[:9] for reply in replies] == ["553 5.1.3", "250 2.1.0", "553 5.1.3"]


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ("anna@example.com", 250),
        ("anna@EXAMPLE.Com", 250),
        ("anna@müller.example", 250),
        ("anna@xn--mller-kva.example", 250),
        ("anna@example.net", 550),
        ("anna@sub.example.com", 550),
        ("anna@xample.com", 550),
        ("anna@[192.0.2.1]", 550),
        ("anna@com", 550),
        ('"anna@example.com"@example.net', 550),
    ],
)
def test_only_recipients_of_the_domains_are_taken(recipient, code):
    """In either spelling of the domain; the sender may be anybody."""
    domains = ["example.com", "xn--mller-kva.example"]
    replies, _ = said("MAIL FROM:<a@example.net> SMTPUTF8", f"RCPT TO:<{recipient}>", domains=domains)
    assert int(replies[0][:3]) == 250
    assert int(replies[1][:3]) == code


def test_one_recipient_of_another_domain_does_not_cost_the_others_theirs():
    """Each is answered for itself, in a line as short as it has to be (RFC 5321, section 4.5.3.1.5)."""
    replies, taken = said(
        *(MAIL, "RCPT TO:<ben@example.net>", RCPT, "DATA", b"x\r\n.\r\n"),
        domains=["example.com", *(f"d{number}.example" for number in range(100))],
    )
    assert replies[1].startswith("550 5.7.1 Mail for this domain is not taken here")
    assert len(replies[1]) <= 510
    assert taken == [("a@example.org", ["anna@example.com"], b"x\r\n")]


def test_there_is_nobody_to_log_in_as():
    """An edge has no users."""
    replies, _ = said("AUTH PLAIN AGEAYg==", "NOOP")
    assert [reply[:3] for reply in replies] == ["502", "250"]


_ATOMS = st.text(st.sampled_from("aZ0!#$%&'*+-/=?^_`{|}~äß用"), min_size=1, max_size=8)
_QUOTED = st.lists(st.sampled_from(['\\"', "\\\\", "\\a", "a", " ", ">", "<", "@", "ä"]), max_size=6).map(
    lambda parts: f'"{"".join(parts)}"'
)
_LABELS = st.from_regex(r"[a-z0-9ä]([a-z0-9ä-]{0,6}[a-z0-9ä])?", fullmatch=True)
_DOMAINS = st.lists(_LABELS, min_size=1, max_size=3).map(".".join)


@given(st.one_of(st.lists(_ATOMS, min_size=1, max_size=3).map(".".join), _QUOTED), _DOMAINS, st.booleans())
def test_every_address_of_the_grammar_is_read_as_it_is(local, domain, parameters):
    """And what follows it are its parameters."""
    behind = "SIZE=1 BODY=8BITMIME" if parameters else ""
    assert read_path(f"<{local}@{domain}> {behind}" if behind else f"<{local}@{domain}>") == (
        f"{local}@{domain}",
        behind,
    )


@settings(max_examples=300)
@given(st.text(st.sampled_from('<>@".,:\\ \t()[]a-ä\udce4')))
def test_what_is_read_stood_between_brackets_whole(text):
    """A path is never guessed from a part of it."""
    path = read_path(text)
    if path is not None:
        address, parameters = path
        assert text.startswith("<")
        assert f"{address}>" in text
        assert text.endswith(parameters)
        assert "\udce4" not in address
        assert not address or "@" in address


def test_a_long_path_is_read_quickly():
    """A line is at most 4096 bytes, and its form must not make it dear."""
    for unit in ("a-", "a.", '"', "\\a", "@a,", "a@", "<"):
        assert read_path("<" + unit * 4096 + ">") is None
