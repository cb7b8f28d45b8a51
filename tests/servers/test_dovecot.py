"""A real Dovecot as the primary, by LMTP."""

import pytest

from mail_failover.replay.inject.letter import NoServerError
from mail_failover.replay.inject.target import target_from
from servers.dovecot import dovecot
from servers.letters import CONTENTS, HEAD, below, inject, stored

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def running():
    """Start a Dovecot."""
    with dovecot() as server:
        yield server


@pytest.fixture
def primary(running):
    """Lend it with empty mailboxes."""
    running.empty()
    return running


@pytest.fixture(params=["port", "socket"])
def to(primary, request):
    """Return one of its two doors."""
    return target_from(
        f"lmtp://127.0.0.1:{primary.port}" if request.param == "port" else f"lmtp:{primary.root}/lmtp.sock"
    )


@pytest.mark.parametrize("content", [*CONTENTS, "a bare CR"])
def test_a_message_arrives_byte_for_byte_with_its_envelope(primary, to, letter, content):
    """In one chunk, which it offers; it changes line ends alone."""
    raw = HEAD + (CONTENTS | {"a bare CR": b"\r\na\rb\r\r\n"})[content]
    assert inject(to, letter(raw)).kind == "delivered"
    (message,) = primary.box("anna")
    assert message.startswith(b"Return-Path: <ben@away.test>\nDelivered-To: anna@home.test\n")
    assert below(message) in {stored(raw), raw.replace(b"\r\n", b"\n")}


def test_a_bounce_comes_with_the_null_sender(primary, to, letter):
    """So that nobody ever answers it."""
    assert inject(to, letter(sender="")).kind == "delivered"
    assert primary.box("anna")[0].startswith(b"Return-Path: <>\n")


def test_an_unknown_user_is_refused_in_the_servers_words(to, letter):
    """LMTP answers for the recipient."""
    verdict = inject(to, letter(recipient="nobody@home.test"))
    assert (verdict.kind, verdict.words[:9]) == ("refused", "550 5.1.1")


def test_a_full_mailbox_is_what_the_server_makes_of_it(primary, to, letter):
    """For good, or for now where it is set so; said after the content."""
    verdict = inject(to, letter(recipient="full@home.test"))
    assert (verdict.kind, verdict.words[:9]) == ("refused", "552 5.2.2")
    with dovecot(tempfail="yes") as patient:
        verdict = inject(target_from(f"lmtp://127.0.0.1:{patient.port}"), letter(recipient="full@home.test"))
    assert (verdict.kind, verdict.words[:9]) == ("later", "452 4.2.2")


def test_25_mib_go_through(primary, to, letter):
    """As large as the edge takes them."""
    raw = HEAD + b"\r\n" + (b"x" * 76 + b"\r\n") * (25 * 1024 * 1024 // 78)
    assert inject(to, letter(raw)).kind == "delivered"
    assert below(primary.box("anna")[0]) == stored(raw)


def test_a_server_that_is_gone_is_named(letter):
    """With why there is no connection, by either door."""
    with dovecot() as gone:
        pass
    for door in (f"lmtp:{gone.root}/lmtp.sock", f"lmtp://127.0.0.1:{gone.port}"):
        with pytest.raises(
            NoServerError, match=f"^No connection to {door}: (No such file|connection refused)"
        ):
            inject(target_from(door), letter())
