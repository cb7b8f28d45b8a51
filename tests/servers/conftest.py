"""One Postfix and one Dovecot for all tests, and letters for them."""

import time

import pytest

from mail_failover.replay.inject.letter import Letter
from servers.postfix import postfix


@pytest.fixture(scope="session")
def running():
    """Start a Postfix."""
    with postfix() as server:
        yield server


@pytest.fixture
def primary(running):
    """Lend the Postfix with empty mailboxes."""
    running.empty()
    return running


@pytest.fixture
def letter(tmp_path):
    """Make a letter of raw bytes."""

    def make(raw=b"Subject: hello\r\n\r\nhello\r\n", sender="ben@away.test", recipient="anna@home.test"):
        path = tmp_path / f"{time.monotonic_ns()}.eml"
        path.write_bytes(raw)
        return Letter("01JDKW", path, len(raw), sender, recipient, 1_795_000_000.0)

    return make
