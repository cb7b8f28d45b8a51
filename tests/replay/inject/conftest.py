"""Letters to hand in."""

import pytest

from mail_failover.replay.inject.letter import Letter


@pytest.fixture
def letter(tmp_path):
    """Make a letter of raw bytes."""

    def make(raw=b"Subject: hello\r\n\r\nhello\r\n", sender="ben@away.test", recipient="anna@home.test"):
        path = tmp_path / "letter"
        path.write_bytes(raw)
        return Letter("01J", path, len(raw), sender, recipient, 1_795_000_000.0)

    return make
