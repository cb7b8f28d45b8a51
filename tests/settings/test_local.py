"""What the files say, judged by the Worker's own code."""

import pytest

from mail_failover.errors import UsageError
from mail_failover.settings.local import Addresses, domain_of
from standins.settings import SETTINGS


def test_the_domain_is_the_one_of_routes(local):
    """If there is exactly one."""
    assert domain_of(local()) == "shop.test"
    with pytest.raises(UsageError, match=r"ROUTES names several: other.test, shop.test\."):
        domain_of(local(SETTINGS + '"@other.test" = "x@inbox.test"\n'))
    with pytest.raises(UsageError, match=r"^Which domain\? Name it, as in --domain example\.com\.$"):
        domain_of(None)


@pytest.mark.parametrize(
    ("lines", "addresses"),
    [
        ("workers_dev = false", Addresses()),
        ("workers_dev = true", Addresses(workers_dev=True)),
        ("", Addresses(workers_dev=True)),
        ("route = 'shop.test/x/*'", Addresses(routes=True)),
        ("routes = ['shop.test/x/*']\nworkers_dev = true", Addresses(workers_dev=True, routes=True)),
        (
            "routes = [{ pattern = 'A.shop.test', custom_domain = true }, { pattern = 'x/*' }, 'y/*']",
            Addresses(hosts=("a.shop.test",), routes=True),
        ),
        ("routes = [{ pattern = 'a.shop.test', custom_domain = true }]", Addresses(hosts=("a.shop.test",))),
    ],
)
def test_where_a_deploy_puts_the_worker_on_the_web(local, lines, addresses):
    """As wrangler reads it: without a word under workers.dev, unless there are routes."""
    found = local(SETTINGS.replace("workers_dev = false", lines)).addresses
    assert found == addresses
    assert bool(found) == (addresses != Addresses())
