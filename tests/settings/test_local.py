"""What the files say, judged by the Worker's own code."""

import pytest

from mail_failover.errors import UsageError
from mail_failover.settings.local import domain_of
from standins.settings import SETTINGS


def test_the_domain_is_the_one_of_routes(local):
    """If there is exactly one."""
    assert domain_of(local()) == "shop.test"
    with pytest.raises(UsageError, match=r"ROUTES names several: other.test, shop.test\."):
        domain_of(local(SETTINGS + '"@other.test" = "x@inbox.test"\n'))
    with pytest.raises(UsageError, match=r"^Which domain\? Name it, as in --domain example\.com\.$"):
        domain_of(None)
