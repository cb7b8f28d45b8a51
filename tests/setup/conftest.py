"""What the tests of this room share: Cloudflare's API is in memory, which answers at once."""

import pytest

from mail_failover.cloudflare.watch import Watch


@pytest.fixture(autouse=True)
def unwatched(monkeypatch):
    """Start no thread for every request, which would end one that takes too long (tests/cloudflare)."""
    monkeypatch.setattr(Watch, "__enter__", lambda watch: watch)
