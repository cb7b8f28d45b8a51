"""Mail that still comes to the Worker keeps it, whoever sends it there, and whatever is forced."""

import pytest

from standins.cloudflare import DOMAIN, ZONE
from standins.domains import SPF
from standins.installed import SECOND, SECOND_ZONE, WORKER, Owner

ACTION = {"type": "worker", "value": [WORKER]}
CATCH_ALL = {"id": "x", "matchers": [{"type": "all"}], "actions": [ACTION], "enabled": True, "name": ""}
LITERAL = {**CATCH_ALL, "id": "y", "matchers": [{"type": "literal", "field": "to", "value": f"a@{SECOND}"}]}


@pytest.fixture
def other(owner):
    """Give the account a second zone that the token sees, of whose Email Routing nothing is known."""
    owner.standin.zones.append({**owner.standin.zones[0], "id": SECOND_ZONE, "name": SECOND})
    return owner


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    ("rule", "named"), [(CATCH_ALL, "the catch-all"), (LITERAL, f"the rule for a@{SECOND}")]
)
def test_a_rule_of_another_zone_keeps_the_worker_and_nothing_changes(owner, rule, named, force):
    """Of a zone with a catch-all that nobody here set up."""
    before = owner.standin.state()
    neighbour = owner.add_neighbour()
    neighbour.enabled = True
    if rule is CATCH_ALL:
        neighbour.catch_all = rule
    else:
        neighbour.rules.append(rule)
    code, said = owner.uninstall(force=force)
    assert (code, owner.is_there, owner.standin.state()) == (1, True, before)
    assert said["error"]["kind"] == "InTheWay"
    assert f"mail still comes to it ({SECOND}: {named}) and would be lost" in said["error"]["what"]
    assert said["mail_from"][-1] == {"zone": SECOND, "rule": named, "open": True}


def test_a_rule_of_a_zone_that_the_token_does_not_see_keeps_it_too(owner, monkeypatch):
    """The account's list has it."""
    elsewhere = {**owner.standin.zones[0], "id": SECOND_ZONE, "name": SECOND}
    whole = owner.standin._list_account_rules

    def listed(request, body):
        owner.standin.zones.append(elsewhere)
        try:
            return whole(request, body)
        finally:
            owner.standin.zones.pop()

    monkeypatch.setattr(owner.standin, "_list_account_rules", listed)
    owner.standin.elsewhere[SECOND_ZONE] = [CATCH_ALL]
    code, said = owner.uninstall(force=True)
    assert (code, owner.is_there, said["error"]["kind"]) == (1, True, "InTheWay")
    owner.standin.elsewhere.clear()
    assert owner.uninstall()[0] == 0


@pytest.mark.parametrize("routed", [True, False])
def test_a_rule_by_which_no_mail_comes_is_only_named(owner, routed):
    """It is off, or the zone's Email Routing is."""
    neighbour = owner.add_neighbour()
    neighbour.enabled = routed
    neighbour.rules.append({**LITERAL, "enabled": not routed})
    code, said = owner.uninstall()
    assert (code, owner.is_there) == (0, False)
    assert f"{SECOND}: the rule for a@{SECOND}, which is off, names the Worker: delete it under" in "\n".join(
        said["stays"]
    )


def test_a_rule_for_a_subdomain_keeps_it_even_if_the_zone_itself_is_off(owner):
    """Email Routing is switched on for a subdomain by itself."""
    neighbour = owner.add_neighbour()
    neighbour.enabled = False
    at = f"a@lists.{SECOND}"
    neighbour.rules.append({**LITERAL, "matchers": [{"type": "literal", "field": "to", "value": at}]})
    code, said = owner.uninstall(force=True)
    assert (code, owner.is_there, said["error"]["kind"]) == (1, True, "InTheWay")
    assert f"({SECOND}: the rule for {at})" in said["error"]["what"]


def test_a_rule_that_somebody_makes_in_the_last_second_is_told(owner):
    """Mail goes to a Worker that is not there; it is not called off."""
    neighbour = owner.add_neighbour()
    neighbour.enabled = True

    def make(_count, method, path):
        if method == "DELETE" and path.endswith(f"/scripts/{WORKER}"):
            neighbour.rules.append(LITERAL)

    owner.standin.fault = make
    code, said = owner.uninstall()
    assert (code, owner.is_there, said["error"]["kind"]) == (1, False, "InTheWay")
    assert f"which is not there ({SECOND}: the rule for a@{SECOND})" in said["error"]["what"]
    assert said["done"][-1] == f"the Worker {WORKER} deleted"
    owner.lost.clear()


def test_a_catch_all_that_was_set_by_hand_before_stays_and_so_does_the_worker(tmp_path, capsys, monkeypatch):
    """Undo brings back what was there, which was that; the domain is off the edge by then."""
    owner = Owner(tmp_path, capsys, monkeypatch)
    owner.standin.route(locked=False, preferences=(20, 30, 40))
    owner.standin.catch_all = {**CATCH_ALL, "name": "by hand"}
    owner.set_up()
    code, said = owner.uninstall(force=True)
    assert (code, owner.is_there, owner.lost) == (1, True, [])
    assert f"({DOMAIN}: the catch-all)" in said["error"]["what"]
    owner.standin.catch_all["enabled"] = False
    assert owner.uninstall()[0] == 0


def test_a_rule_that_somebody_makes_while_mail_is_waited_for_keeps_it(owner):
    """What was seen before the wait is not trusted."""
    neighbour = owner.add_neighbour()
    neighbour.enabled = True
    owner.waited = Waiting(lambda: neighbour.rules.append(LITERAL))
    code, said = owner.uninstall()
    assert (code, owner.is_there, said["error"]["kind"]) == (1, True, "InTheWay")
    assert said["done"] == [f"{DOMAIN} off the Worker"]


@pytest.mark.parametrize(
    ("switches", "why"),
    [
        ({"has_account_rules": False}, "Cloudflare would not read the routing rules of all zones"),
        ({"lists_catch_alls": False}, "Cloudflare's list of all rules has no catch-all"),
        ({"forbidden": {"accounts/.*/rules"}}, "The token may not read the routing rules of all zones"),
    ],
)
def test_where_not_every_rule_can_be_known_it_is_refused_unless_forced(owner, switches, why):
    """With what to look at, and the line that does it all the same."""
    before = owner.standin.state()
    for name, value in switches.items():
        setattr(owner.standin, name, value)
    code, said = owner.uninstall()
    assert (code, owner.is_there, owner.standin.state()) == (3, True, before)
    assert f"it is not known whether other mail comes to it: {why}" in said["error"]["what"]
    forced = f"`mail-failover uninstall --config {owner.settings} --force --yes --json`"
    assert said["error"]["fix"].endswith(f"If you want it all the same: {forced}.")
    assert owner.uninstall(force=True)[0] in {0, 1}
    assert not owner.is_there


def test_where_the_list_has_no_catch_all_every_zone_in_sight_is_asked_itself(owner):
    """So what can be known is, and is not forced."""
    neighbour = owner.add_neighbour()
    neighbour.enabled, neighbour.catch_all = True, CATCH_ALL
    owner.standin.lists_catch_alls = False
    code, said = owner.uninstall(force=True)
    assert (code, owner.is_there, said["error"]["kind"]) == (1, True, "InTheWay")


def test_two_spf_records_hide_the_rules_so_nobody_knows(owner):
    """Cloudflare answers as if the token were wrong."""
    assert owner.uninstall(True, False)[0] == 1
    owner.standin.add(**{**SPF, "content": '"v=spf1 ip4:192.0.2.10 ~all"'})
    code, said = owner.uninstall()
    assert (code, owner.is_there, said["error"]["kind"]) == (3, True, "Unsafe")
    assert f"{DOMAIN}: The token may not read the routing rules" in said["error"]["what"]


def test_a_zone_without_email_routing_and_a_pending_one_hand_over_nothing(other):
    """They are passed over."""
    other.standin.lists_catch_alls = False
    other.standin.zones.append(
        {**other.standin.zones[0], "id": "zone-3", "name": "cname.test", "type": "partial"}
    )
    code, said = other.uninstall(force=True)
    assert (code, other.is_there, said["mail_from"]) == (0, False, [])
    assert not [path for _, path in other.standin.requests if "zone-3" in path]


def test_mail_that_goes_to_a_worker_which_somebody_deleted_is_told_at_once(owner):
    """After the domain is off it, that is over."""
    owner.setup("undo", DOMAIN)
    owner.standin.enabled = True
    owner.standin.catch_all = CATCH_ALL
    owner.standin.scripts.clear()
    code, said = owner.uninstall()
    assert (code, said["error"]["kind"]) == (1, "InTheWay")
    where = f"it goes to the Worker {WORKER}, which is not there ({DOMAIN}: the catch-all)"
    assert said["error"]["what"] == f"Mail is lost or bounces: {where}."


def test_a_domain_is_taken_off_a_worker_that_somebody_deleted(owner):
    """That is what stops the loss."""
    owner.standin.scripts.clear()
    owner.standin.deployed.clear()
    code, said = owner.uninstall()
    assert (code, said["done"], owner.open_rules) == (0, [f"{DOMAIN} off the Worker"], [])
    owner.lost.clear()


@pytest.mark.parametrize("kind", ["500", "429", "lost before"])
def test_a_question_about_rules_that_fails_is_no_answer(owner, kind):
    """Not even if it is forced: it may pass, and then it can be known."""
    before = owner.standin.state()
    path = f"/zones/{ZONE}/email/routing/rules/catch_all"
    seen = []

    def fault(_count, _method, asked):
        # The first three are those of `setup undo`.
        seen.append(asked)
        return (
            kind
            if asked.startswith("/accounts")
            and asked.endswith("/email/routing/rules")
            and (seen.count(path) > 1)
            else None
        )

    owner.standin.fault = fault
    code, said = owner.uninstall(force=True)
    assert (code, owner.is_there, owner.standin.state()) == (4, True, before)
    assert "error" in said


class Waiting(list):
    """Does something while it is waited."""

    def __init__(self, do):
        super().__init__()
        self._do = do

    def append(self, seconds):
        """Take note of the wait."""
        super().append(seconds)
        self._do()
