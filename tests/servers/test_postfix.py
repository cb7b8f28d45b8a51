"""A real Postfix as the primary: what is caught comes home, and what it says of a letter is understood."""

import smtplib
import tracemalloc

import pytest

from mail_failover.replay.inject.letter import NoServerError, UncertainError
from mail_failover.replay.inject.target import target_from
from servers.daemon import until
from servers.letters import CONTENTS, HEAD, below, inject, stored
from servers.policy import policy
from servers.postfix import postfix

pytestmark = pytest.mark.servers


def target(primary, port="plain", **options):
    """Return a port of the primary as the command's target."""
    return target_from(f"smtp://127.0.0.1:{primary.ports[port]}", **options)


def delivered(primary, box="anna"):
    """Wait for the one message of a mailbox, with the queue empty: nothing else is on its way."""
    until(lambda: primary.box(box))
    until(primary.idle)
    (message,) = primary.box(box)
    return message


@pytest.mark.parametrize("port", ["plain", "by data", "bare", "strict"])
@pytest.mark.parametrize("content", CONTENTS)
def test_a_message_arrives_byte_for_byte_with_its_envelope(primary, letter, port, content):
    """By one chunk or DATA, all extensions or none; and as one message, whatever it holds."""
    raw = HEAD + CONTENTS[content]
    assert inject(target(primary, port), letter(raw)).kind == "delivered"
    message = delivered(primary)
    assert message.startswith(b"Return-Path: <ben@away.test>\nX-Original-To: anna@home.test\n")
    assert below(message) == stored(raw)
    assert primary.box("watch") == []


def test_a_bare_cr_is_what_postfix_makes_of_it(primary, letter):
    """A blank, since 3.9 and its like (cleanup_replace_stray_cr_lf)."""
    assert inject(target(primary), letter(HEAD + b"\r\na\rb\r\n")).kind == "delivered"
    assert below(delivered(primary)) in {stored(HEAD + b"\r\na" + one + b"b\r\n") for one in (b" ", b"\r")}


def test_a_bounce_comes_with_the_null_sender(primary, letter):
    """So that nobody ever answers it."""
    assert inject(target(primary), letter(sender="")).kind == "delivered"
    assert delivered(primary).startswith(b"Return-Path: <>\n")


def test_an_unknown_user_is_refused_in_the_servers_words(primary, letter):
    """Before anything is in its queue."""
    verdict = inject(target(primary), letter(recipient="nobody@home.test"))
    assert verdict.kind == "refused"
    assert verdict.words.startswith("550 5.1.1 <nobody@home.test>: Recipient address rejected: User unknown")


def test_a_greylisted_message_waits_and_is_delivered_later(primary, letter):
    """By a policy service that takes the second try."""
    answers = iter(["450 4.2.0 Greylisted", "DUNNO"])
    with policy(primary.policy, lambda _: next(answers)):
        first = inject(target(primary, "asking"), letter())
        second = inject(target(primary, "asking"), letter())
    assert (first.kind, second.kind) == ("later", "delivered")
    assert first.words.startswith("450 4.2.0 ")
    delivered(primary)


def test_a_full_disk_is_a_matter_of_time(primary, letter):
    """452, at MAIL."""
    verdict = inject(target(primary, "full"), letter())
    assert (verdict.kind, verdict.words) == ("later", "452 4.3.1 Insufficient system storage")


@pytest.mark.parametrize(
    "port", ["small", "small and silent", "small by data"], ids=["chunk", "no SIZE", "DATA"]
)
def test_a_message_over_the_servers_limit_is_refused_wherever_it_says_so(primary, letter, port):
    """By its announced size, or in the middle of it."""
    verdict = inject(target(primary, port), letter(HEAD + b"\r\n" + b"x\r\n" * 2_000_000))
    assert verdict.kind == "refused"
    assert verdict.words.startswith("552 5.3.4 ")


def test_no_bounce_is_written_if_the_server_gives_up_later(primary, letter):
    """Since NOTIFY=NEVER; without it the sender, whom spam forges, would get one."""
    lost = letter(sender="watch@home.test", recipient="leaves@home.test")
    assert inject(target(primary), lost).kind == "delivered"
    until(lambda: "to=<leaves@home.test>" in primary.log)
    until(primary.idle)
    assert primary.box("watch") == []
    with smtplib.SMTP("127.0.0.1", primary.ports["plain"]) as smtp:
        smtp.sendmail(lost.sender, lost.recipient, lost.path.read_bytes())
    assert b"Undelivered Mail" in delivered(primary, "watch")


def test_an_address_beyond_ascii_goes_where_the_server_takes_it(primary, letter):
    """And where it does not, the words say what to change."""
    abroad = letter(sender="bjørn@away.test", recipient="ännä@home.test")
    assert inject(target(primary), abroad).kind == "delivered"
    message = delivered(primary, "ännä")
    assert message.startswith("Return-Path: <bjørn@away.test>\nX-Original-To: ännä@home.test\n".encode())
    verdict = inject(target(primary, "bare"), abroad)
    assert verdict.kind == "refused"
    assert verdict.words.startswith("not sent: an address needs SMTPUTF8")


@pytest.mark.parametrize("port", ["plain", "by data"])
def test_25_mib_go_through_in_little_memory(primary, letter, port):
    """Of ours; the message comes from the disk piece by piece."""
    raw = HEAD + b"\r\n" + (b"x" * 76 + b"\r\n") * (25 * 1024 * 1024 // 78)
    large, to = letter(raw), target(primary, port)
    tracemalloc.start()
    verdict = inject(to, large)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert verdict.kind == "delivered"
    assert peak < 4 * 1024 * 1024
    assert below(delivered(primary)) == stored(raw)


def test_a_server_that_dies_before_its_answer_leaves_it_open(letter):
    """Killed with all of its processes when it has the message whole and has not answered."""
    with postfix() as primary:

        def die(told):
            assert told["protocol_state"] == "END-OF-MESSAGE"
            primary.kill()
            return "DUNNO"

        with policy(primary.policy, die):
            with pytest.raises(UncertainError, match="was sent all of it"):
                inject(target(primary, "asking at the end"), letter())
            with pytest.raises(NoServerError):
                inject(target(primary, "asking at the end"), letter())


def test_a_server_that_wants_tls_refuses_no_letter(primary, letter):
    """It is the port that is wrong."""
    with pytest.raises(NoServerError, match=r"wants a login or TLS.*530 5.7.0 Must issue a STARTTLS"):
        inject(target(primary, "wants tls"), letter())


def test_with_xclient_the_server_does_not_take_us_for_itself(primary, letter):
    """Who is trusted may send anywhere; a stranger may not."""
    abroad = letter(recipient="ben@away.test")
    assert inject(target(primary, "knows us"), abroad).kind == "delivered"
    verdict = inject(target(primary, "knows us", xclient=True), abroad)
    assert verdict.kind == "refused"
    assert "Relay access denied" in verdict.words
    assert inject(target(primary, "knows us", xclient=True), letter()).kind == "delivered"
    assert "client=unknown[unknown]" in primary.log
    delivered(primary)


def test_xclient_where_it_is_not_allowed_sends_nothing(primary, letter):
    """Without it the server would trust the message."""
    with pytest.raises(NoServerError, match="smtpd_authorized_xclient_hosts"):
        inject(target(primary, xclient=True), letter())


@pytest.mark.parametrize("content", set(CONTENTS) - {"a line of 70000"})
def test_its_sendmail_delivers_byte_for_byte(primary, letter, content):
    """As docker-mailserver and Mailcow are called, without the container around it."""
    raw = HEAD + CONTENTS[content]
    assert inject(target_from(primary.sendmail), letter(raw)).kind == "delivered"
    message = delivered(primary)
    assert message.startswith(b"Return-Path: <ben@away.test>\n")
    assert below(message) == stored(raw)


@pytest.mark.parametrize(
    ("sender", "found"),
    [("", "<>"), ("-oQ/tmp@away.test", "<-oQ/tmp@away.test>"), ('"$(b);"@away.test', '<"$(b);"@away.test>')],
)
def test_its_sendmail_takes_any_sender_for_an_address(primary, letter, sender, found):
    """None, one that looks like an option, one that a shell would run."""
    assert inject(target_from(primary.sendmail), letter(sender=sender)).kind == "delivered"
    assert delivered(primary).startswith(f"Return-Path: {found}\n".encode())


def test_its_sendmail_takes_an_unknown_user_and_tells_nobody(primary, letter):
    """Which docs/replay.md warns of: only SMTP and LMTP answer for the recipient."""
    lost = letter(sender="watch@home.test", recipient="nobody@home.test")
    assert inject(target_from(primary.sendmail), lost).kind == "delivered"
    until(lambda: 'status=bounced (unknown user: "nobody@home.test")' in primary.log)
    until(primary.idle)
    assert primary.box("watch") == []


def test_what_is_too_large_for_its_sendmail_waits(primary, letter):
    """It ends with EX_TEMPFAIL."""
    verdict = inject(target_from(primary.sendmail), letter(b"\r\n" + b"x" * 60_000_000))
    assert (verdict.kind, verdict.words[:14]) == ("later", "exit code 75: ")
    assert "too big" in verdict.words
