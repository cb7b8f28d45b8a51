"""A letter handed in by SMTP or LMTP: what is said, and what each answer means."""

import asyncio
from dataclasses import replace

import pytest

from mail_failover.replay.inject.letter import NoServerError, UncertainError, Verdict
from mail_failover.replay.inject.smtp import Limits
from mail_failover.replay.inject.target import target_from
from standins.primary import HANG_UP, SILENCE, Primary

ALL = ("PIPELINING", "SIZE 1000", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING")
SHORT = Limits(connect=5, command=0.3, block=0.3, end=0.3)


def inject(primary, letter, scheme="smtp", limits=None, **options):
    """Hand a letter to a primary of the test's own."""

    async def run():
        async with primary.serving() as port:
            to = target_from(f"{scheme}://127.0.0.1:{port}", now=lambda: 1_795_000_500.0, **options)
            return await replace(to, limits=limits or to.limits).inject(letter)

    return asyncio.run(run())


def test_where_nothing_is_offered_nothing_is_asked_for(letter):
    """A plain envelope, and DATA."""
    primary = Primary()
    assert inject(primary, letter()) == Verdict("delivered", "250 2.0.0 Ok: queued")
    [hello, *rest] = primary.heard
    assert hello.startswith("EHLO ")
    assert rest == ["MAIL FROM:<ben@away.test>", "RCPT TO:<anna@home.test>", "DATA", "QUIT"]
    assert primary.content.endswith(b"\r\nSubject: hello\r\n\r\nhello\r\n.\r\n")


def test_what_is_offered_and_needed_is_asked_for(letter):
    """The size of what is sent, eight bits, addresses beyond ASCII, no bounces, one chunk."""
    primary = Primary(*ALL)
    assert inject(primary, letter(b"\xe4\r\n", recipient="ännä@home.test")).kind == "delivered"
    size = len(primary.content)
    assert primary.heard[1:] == [
        f"MAIL FROM:<ben@away.test> SIZE={size} BODY=8BITMIME SMTPUTF8",
        "RCPT TO:<ännä@home.test> NOTIFY=NEVER",
        f"BDAT {size} LAST",
        "QUIT",
    ]


def test_what_is_offered_and_not_needed_is_left_out(letter):
    """A plain message to a plain address may then go on to a server that offers less."""
    primary = Primary(*ALL)
    inject(primary, letter(sender=""))
    assert primary.heard[1:3] == [
        f"MAIL FROM:<> SIZE={len(primary.content)}",
        "RCPT TO:<anna@home.test> NOTIFY=NEVER",
    ]


def test_the_envelope_goes_out_at_once_where_that_is_offered(letter):
    """A server that answers MAIL only when it has RCPT gets it."""

    class Waiting(Primary):
        async def _say(self, reader, writer, step):
            if step == "MAIL":
                self.heard.append((await asyncio.wait_for(reader.readline(), 5)).decode().strip())
                await super()._say(reader, writer, "MAIL")
                step = "RCPT"
            await super()._say(reader, writer, step)

    primary = Waiting("PIPELINING")
    assert inject(primary, letter()).kind == "delivered"
    assert primary.heard[1:3] == ["MAIL FROM:<ben@away.test>", "RCPT TO:<anna@home.test>"]


def test_lmtp_greets_in_its_own_way_and_answers_for_the_recipient(letter):
    """One recipient, one answer (RFC 2033, section 4.2)."""
    primary = Primary(content="452 4.2.2 Mailbox full")
    assert inject(primary, letter(), "lmtp") == Verdict("later", "452 4.2.2 Mailbox full")
    assert primary.heard[0].startswith("LHLO ")


def test_a_socket_is_a_door_too(letter, tmp_path):
    """As Dovecot has one."""

    async def run():
        async with Primary(*ALL).serving(tmp_path / "lmtp"):
            return await target_from(f"lmtp:{tmp_path}/lmtp").inject(letter())

    assert asyncio.run(run()).kind == "delivered"


@pytest.mark.parametrize("offers", [(), ALL], ids=["nothing offered", "all offered"])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "content"])
@pytest.mark.parametrize(
    ("reply", "kind"), [("550 5.1.1 No", "refused"), ("450 4.2.0 Wait", "later"), ("421 4.3.2 Bye", "later")]
)
def test_a_no_to_a_letter_is_what_its_code_says(letter, step, reply, kind, offers):
    """At whichever step, in the server's words; a 421 may be this letter's doing, so it stops no other."""
    if step == "DATA" and offers:
        step = "content"
    assert inject(Primary(*offers, **{step: reply}), letter()) == Verdict(kind, reply)


@pytest.mark.parametrize(("scheme", "step"), [("smtp", "banner"), ("smtp", "EHLO"), ("lmtp", "LHLO")])
@pytest.mark.parametrize("reply", ["421 4.3.2 Bye", "554 5.7.1 No", HANG_UP, SILENCE, "SSH-2.0-OpenSSH"])
def test_a_no_before_any_letter_is_none_to_a_letter(letter, scheme, step, reply):
    """The server is not ready, or is none."""
    said = rf"^{scheme}://127\.0\.0\.1:\d+ (takes no mail from|does not greet)"
    with pytest.raises(NoServerError, match=said):
        inject(Primary(**{step: reply}), letter(), scheme, limits=SHORT)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_a_server_that_wants_a_login_refuses_no_letter(letter, step, code):
    """It is the port that is wrong: all letters would be refused for good."""
    with pytest.raises(NoServerError, match=f"wants a login or TLS.*{code} 5.7.0 Authenticate"):
        inject(Primary(**{step: f"{code} 5.7.0 Authenticate"}), letter())


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", [HANG_UP, SILENCE, "nonsense", "150 hm", "354 hm?"])
def test_a_connection_that_ends_before_the_content_is_no_delivery(letter, step, reply):
    """This letter waits, and the next one finds out whether there is a server."""
    if step == "DATA" and reply == "354 hm?":
        reply = "250 hm?"
    assert inject(Primary(**{step: reply}), letter(), limits=SHORT).kind == "later"


@pytest.mark.parametrize("offers", [(), ALL], ids=["DATA", "BDAT"])
@pytest.mark.parametrize("reply", [HANG_UP, SILENCE, "nonsense", "354 hm?"])
def test_a_connection_that_ends_after_the_content_leaves_it_open(letter, reply, offers):
    """The server may have taken the letter, and its answer may be what was lost."""
    with pytest.raises(UncertainError, match=r"^smtp://127\.0\.0\.1:\d+ was sent all of it"):
        inject(Primary(*offers, content=reply), letter(), limits=SHORT)


@pytest.mark.parametrize("offers", [(), ALL], ids=["DATA", "BDAT"])
@pytest.mark.parametrize(
    ("early", "kind"), [("552 5.3.4 Too big", "refused"), ("452 4.3.1 Full", "later"), ("250 Ok", "later")]
)
def test_an_answer_in_the_middle_of_the_content_counts_if_it_is_a_no(letter, early, kind, offers):
    """The rest is not sent; and a yes can't be meant for what has not come."""
    verdict = inject(Primary(*offers, early=early), letter(b"x\r\n" * 3_000_000), limits=SHORT)
    assert verdict.kind == kind
    assert early in verdict.words


@pytest.mark.parametrize("offers", [(), ALL], ids=["DATA", "BDAT"])
def test_a_server_that_takes_no_more_of_the_content_has_not_got_it(letter, offers):
    """Bounded by the time for a piece, not by that for the whole."""

    class Full(Primary):
        async def _take(self, reader, writer, line):
            await asyncio.sleep(0.6)

    assert inject(Full(*offers), letter(b"x\r\n" * 3_000_000), limits=SHORT).kind == "later"


def test_an_address_that_smtp_can_not_carry_is_not_sent(letter):
    """A line break would make a command of what follows."""
    primary = Primary(*ALL)
    verdict = inject(primary, letter(sender="a@b.test>\r\nRCPT TO:<c@d.test"))
    assert verdict == Verdict("refused", "not sent: an address holds a control character")
    assert primary.heard[1:] == ["QUIT"]


def test_an_address_beyond_ascii_is_not_sent_where_that_is_not_offered(letter):
    """And the words say what to change; the letter is kept."""
    verdict = inject(Primary(), letter(sender="bjørn@away.test"))
    assert verdict.kind == "refused"
    assert "needs SMTPUTF8, which the server does not offer" in verdict.words


def test_with_xclient_the_server_is_told_that_the_client_is_nobody_it_knows(letter):
    """By the names that it offers, and it is greeted anew."""
    primary = Primary("XCLIENT NAME ADDR PROTO HELO LOGIN PORT")
    assert inject(primary, letter(), xclient=True).kind == "delivered"
    told = "XCLIENT NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] PROTO=ESMTP LOGIN=[UNAVAILABLE]"
    assert [line.split()[0] for line in primary.heard[:4]] == ["EHLO", "XCLIENT", "EHLO", "MAIL"]
    assert primary.heard[1] == told
    primary = Primary("XCLIENT ADDR")
    inject(primary, letter(), xclient=True)
    assert primary.heard[1] == "XCLIENT ADDR=[UNAVAILABLE]"


@pytest.mark.parametrize(
    "primary", [Primary(), Primary("XCLIENT NAME"), Primary("XCLIENT ADDR", XCLIENT="550 5.7.0 Not you")]
)
def test_without_the_xclient_that_was_asked_for_nothing_is_sent(letter, primary):
    """The server would trust the letter as this machine's own."""
    with pytest.raises(NoServerError):
        inject(primary, letter(), xclient=True)
    assert not any(line.startswith("MAIL") for line in primary.heard)


def test_words_are_one_line_and_bounded(letter):
    """Whatever the server says; nothing in them moves a cursor."""
    reply = "\r\n".join(f"550-\x1b[2J{'no' * 500}" for _ in range(9)) + "\r\n550 no"
    words = inject(Primary(RCPT=reply), letter()).words
    assert len(words) == 500
    assert words.isprintable()


def test_a_port_where_nobody_listens_is_named(letter):
    """With the reason."""
    with pytest.raises(
        NoServerError, match=r"^No connection to smtp://127\.0\.0\.1:1: connection refused\.$"
    ):
        asyncio.run(target_from("smtp://127.0.0.1:1").inject(letter()))
