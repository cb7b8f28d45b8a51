"""What a person changes while a command runs, or between two: it is never taken for ours, never lost."""

import os
import subprocess
import sys

import pytest

from mail_failover.disk import alone
from standins.domains import INBOX, OWN, ZONES, Operator, forwarding, fresh, redirect, split_mx, two_spf

THEIRS = "v=spf1 mx include:sendgrid.net -all"
FORWARD = {
    "id": "c",
    "matchers": [{"type": "all"}],
    "actions": [{"type": "forward", "value": [INBOX]}],
    "enabled": True,
    "name": "mine",
}


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator into an empty folder."""
    return Operator(tmp_path, capsys)


def write_spf(standin, text):
    """Let the owner rewrite the SPF record."""
    next(r for r in standin.records.values() if "v=spf1" in r["content"])["content"] = f'"{text}"'


def during_the_question(operator, change):
    """Let something happen before the first question is answered; all answers are yes."""

    def answer(question):
        if not operator.asked:
            change()
        operator.asked.append(question)
        return True

    operator.answers = [True]
    operator._answer = answer


def during_the_wait(standin, change):
    """Let something happen while the click in the verification mail is waited for."""
    look = standin._list_addresses

    def hook(*request):
        if standin.clicks_after == 0:
            change()
        return look(*request)

    standin._list_addresses = hook


def test_a_change_while_apply_asks_is_shown_and_asked_about(operator):
    """The include that the owner added stays, and undo knows it."""
    standin = redirect()
    during_the_question(operator, lambda: write_spf(standin, THEIRS))
    code, (out, _) = operator.apply(standin, json=False, yes=False)
    assert (code, len(operator.asked)) == (0, 2)
    assert "The domain changed meanwhile" in out
    assert standin.spf == ["v=spf1 mx include:sendgrid.net include:_spf.mx.cloudflare.net -all"]
    assert operator.undo(standin)[0] == 0
    assert standin.spf == [THEIRS]


def test_a_catch_all_set_while_apply_asks_is_not_overwritten(operator):
    """It makes the step unsafe, so a yes is not enough."""
    standin = redirect()
    during_the_question(operator, lambda: setattr(standin, "catch_all", FORWARD))
    assert operator.apply(standin, json=False, yes=False)[0] == 3
    assert standin.catch_all == FORWARD


def test_a_change_while_undo_asks_is_shown_and_left(operator):
    """It is a conflict by then."""
    standin = redirect()
    operator.apply(standin)
    theirs = "v=spf1 mx include:sendgrid.net include:_spf.mx.cloudflare.net -all"
    during_the_question(operator, lambda: write_spf(standin, theirs))
    code, _ = operator.undo(standin, json=False, yes=False)
    assert (code, len(operator.asked)) == (1, 2)
    assert standin.spf == [theirs]


def test_with_yes_a_change_in_the_last_moment_stops(operator):
    """There is nobody to ask again."""
    standin = redirect()

    def late(_count, method, path):
        if method == "GET" and path.endswith("/scripts"):
            write_spf(standin, THEIRS)

    standin.fault = late
    code, (_, err) = operator.apply(standin, json=False)
    assert (code, standin.spf) == (1, [THEIRS])
    assert "the domain changed meanwhile" in err


def test_an_spf_record_changed_during_the_wait_is_not_overwritten(operator):
    """Apply stops; run again, it merges what it finds."""
    standin = fresh(clicks_after=6)
    theirs = "v=spf1 mx include:sendgrid.net include:_spf.mx.cloudflare.net -all"
    during_the_wait(standin, lambda: write_spf(standin, "v=spf1 ip4:192.0.2.7 -all"))
    code, said = operator.apply(standin)
    assert (code, standin.spf) == (1, ["v=spf1 ip4:192.0.2.7 -all"])
    assert "It would replace: " in said["error"]["what"]
    write_spf(standin, theirs)
    assert operator.apply(standin)[0] == 0
    assert standin.spf == [theirs]


def interrupted(operator):
    """Return a domain whose SPF record has the include already when the apply is interrupted."""
    standin = redirect()
    write_spf(standin, "v=spf1 mx -all")
    standin.fault = lambda _count, method, _path: "interrupt before" if method == "PUT" else None
    assert operator.apply(standin)[0] == 130
    standin.fault = None
    assert standin.spf == ["v=spf1 mx include:_spf.mx.cloudflare.net -all"]
    return standin


def test_a_second_spf_record_that_somebody_adds_after_an_interruption_is_not_merged_unasked(operator):
    """It makes the step unsafe, so that --yes is not enough; undo leaves theirs, and ours goes."""
    standin = interrupted(operator)
    theirs = standin.add("TXT", "example.com", f'"{THEIRS}"', comment="sendgrid")
    code, said = operator.apply(standin)
    assert (code, said["error"]["kind"], len(standin.spf)) == (3, "Unsafe", 2)
    assert "The domain has 2 SPF records" in said["steps"][0]["unsafe"]
    code, said = operator.undo(standin)
    assert (code, len([text for text in said["conflicts"] if "sendgrid" in text])) == (1, 1)
    assert standin.records[theirs["id"]] == theirs
    assert sorted(standin.spf) == ["v=spf1 mx -all", THEIRS]


def test_records_that_are_listed_in_another_order_each_time_are_the_same_records(operator):
    """What was shown is what is done, with one command."""
    standin = two_spf()
    listed = standin._list_records

    def turned(*request):
        standin.records = dict(reversed(standin.records.items()))
        return listed(*request)

    standin._list_records = turned
    code, said = operator.apply(standin, force=True)
    assert (code, said.get("error"), len(standin.spf)) == (0, None, 1)


@pytest.mark.parametrize("spf", ["keep", "replace", "add"])
def test_a_second_spf_record_that_was_merged_when_forced_is_given_back_by_undo(operator, spf):
    """As it was, beside the domain's own; it is theirs, so undo says that it is there."""
    standin = interrupted(operator)
    standin.spf_on_enable = spf
    standin.add("TXT", "example.com", f'"{THEIRS}"', comment="sendgrid", ttl=77)
    assert operator.apply(standin, force=True)[0] == 0
    assert standin.spf == ["v=spf1 mx include:_spf.mx.cloudflare.net include:sendgrid.net -all"]
    code, said = operator.undo(standin)
    assert (code, sorted(standin.spf)) == (1, ["v=spf1 mx -all", THEIRS])
    theirs = next(r for r in standin.records.values() if "sendgrid" in r["content"])
    assert (theirs["comment"], theirs["ttl"]) == ("sendgrid", 77)
    assert len([text for text in said["conflicts"] if "sendgrid" in text]) == 1
    assert operator.undo(standin, force=True)[0] == 0
    assert standin.spf == ["v=spf1 mx -all"]


@pytest.mark.parametrize("mx", ["keep", "random", "replace"])
def test_what_the_owner_makes_of_the_primarys_mx_during_the_wait_is_kept(operator, mx):
    """One renumbered, one added: the edge goes behind both; neither apply nor undo brings back the old."""
    standin = fresh(clicks_after=6, mx_on_enable=mx, seed=165)
    own = next(r for r in standin.records.values() if r["content"] == OWN["content"] and r["type"] == "MX")

    def renumber():
        own.update(priority=50)
        standin.add("MX", "example.com", "mail2.example.com", priority=60)

    during_the_wait(standin, renumber)
    code, said = operator.apply(standin)
    assert (code, said.get("error"), split_mx(standin)[0]) == (0, None, [50, 60])
    assert min(split_mx(standin)[1]) > 60
    assert operator.apply(standin)[1]["steps"] == []
    operator.undo(standin)
    assert (split_mx(standin), standin.enabled) == (([50, 60], []), False)


def test_numbers_changed_during_the_wait_are_not_put_right_unseen(operator):
    """The primary is no longer the best, and no switch of ours did that."""
    standin = forwarding(clicks_after=6)
    standin.addresses.clear()
    own = next(r for r in standin.records.values() if r["content"] == OWN["content"])
    during_the_wait(standin, lambda: own.update(priority=25))
    code, said = operator.apply(standin, force=True)
    assert (code, said["done"]) == (1, [f"inbox:{INBOX}", "verify"])
    assert said["error"]["what"].startswith("The domain is not as it was")
    assert sorted(standin.mx)[1] == (25, "mail.example.com")


def test_a_catch_all_set_during_the_wait_is_left_by_undo_too(operator):
    """And so is the inbox that it uses."""
    standin = fresh(clicks_after=6)
    during_the_wait(standin, lambda: setattr(standin, "catch_all", FORWARD))
    assert "would replace" in operator.apply(standin)[1]["error"]["what"]
    code, said = operator.undo(standin)
    assert (code, standin.catch_all) == (1, FORWARD)
    assert any("catch-all: forward" in text for text in said["conflicts"])
    assert [a["email"] for a in standin.addresses] == [INBOX]


def test_a_catch_all_that_could_be_read_only_later_is_put_back(operator):
    """The answer to the merging of two SPF records was lost, and the journal had no catch-all."""
    standin = two_spf()
    standin.catch_all = FORWARD
    before = standin.state()
    standin.fault = _gone_after_batch()
    assert operator.apply(standin, force=True)[0] == 4
    standin.fault = None
    assert operator.apply(standin, force=True)[0] == 0
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_a_record_of_others_that_goes_with_the_switch_is_put_back(operator):
    """It belonged to Email Routing, and undo said that it would be left; an interruption changes nothing."""
    standin = redirect()
    operator.apply(standin)
    theirs = "v=spf1 mx include:sendgrid.net include:_spf.mx.cloudflare.net -all"
    write_spf(standin, theirs)
    standin.linked |= {r["id"] for r in standin.records.values() if "v=spf1" in r["content"]}
    standin.fault = lambda _n, method, path: "interrupt after" if method == "DELETE" else None
    assert operator.undo(standin)[0] == 130
    assert standin.spf == []
    standin.fault = None
    code, said = operator.undo(standin)
    assert (code, standin.spf) == (1, [theirs])
    assert [text for text in said["conflicts"] if "sendgrid" in text]


@pytest.mark.parametrize("hides_lock", [True, False])
def test_a_locked_spf_record_is_unlocked_and_mended(operator, hides_lock):
    """Email Routing replaced it, and guards what it wrote."""
    standin = redirect(locks_spf=True, hides_lock=hides_lock)
    before = standin.state()
    code, said = operator.apply(standin)
    assert (code, said["done"][-2:]) == (0, ["unlock", "spf"])
    assert standin.spf == ["v=spf1 include:_spf.mx.cloudflare.net redirect=_spf.example.net"]
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_an_spf_record_locked_from_the_dashboard_is_unlocked_first(operator):
    """And stays so, after the undo as well."""
    standin = ZONES["locked"](locks_spf=True)
    write_spf(standin, "v=spf1 mx -all")
    standin.linked |= {r["id"] for r in standin.records.values() if "v=spf1" in r["content"]}
    assert operator.apply(standin)[0] == 0
    assert standin.spf == ["v=spf1 mx include:_spf.mx.cloudflare.net -all"]
    operator.undo(standin)
    assert (standin.spf, standin.locked) == (["v=spf1 mx -all"], False)


def test_an_inbox_stays_while_another_zone_hands_mail_to_the_worker(operator):
    """The Worker forwards there, though no rule names the inbox; that zone was set up since."""
    standin = fresh()
    operator.apply(standin)
    standin.zones.append(standin._zone("zone-2", "example.org"))

    def set_up():
        rule = {**FORWARD, "actions": [{"type": "worker", "value": ["mail-failover"]}]}
        standin.elsewhere = {"zone-2": [rule]}

    during_the_question(operator, set_up)
    code, (out, _) = operator.undo(standin, json=False, yes=False)
    assert (code, len(operator.asked)) == (1, 2)
    assert f"The inbox {INBOX} stays: it is used by the zone example.org.\n" in out
    assert [a["email"] for a in standin.addresses] == [INBOX]


def test_email_routings_own_spf_record_alone_is_not_enough(operator):
    """The primary's mail would be doubtful: apply does the rest, but says so, and so does status."""
    standin = redirect()
    write_spf(standin, "v=spf1 include:_spf.mx.cloudflare.net ~all")
    code, said = operator.apply(standin)
    assert code == 1
    assert said["todo"][0].endswith("Add your server in front of the include, such as `a:mail.example.com`.")
    assert operator.status(standin)[1]["complete"] is False
    write_spf(standin, "v=spf1 a:mail.example.com include:_spf.mx.cloudflare.net ~all")
    assert operator.status(standin)[0] == 0


def _gone_after_batch():
    gone = []

    def fault(_count, _method, path):
        if gone:
            return "lost before"
        if path.endswith("/batch"):
            gone.append(path)
            return "lost after"
        return None

    return fault


def test_an_mx_that_its_owner_removed_after_the_apply_is_not_put_back_by_undo(operator):
    """Though Email Routing had removed it once, too, and apply had put it back."""
    standin = redirect(mx_on_enable="replace")
    operator.apply(standin)
    del standin.records[next(i for i, r in standin.records.items() if r["content"] == "mail2.example.com")]
    code, said = operator.undo(standin)
    assert (code, standin.mx) == (1, [(10, "mail.example.com")])
    assert "nothing where there was example.com 300 MX 20 mail2.example.com" in said["conflicts"][0]


def test_a_change_right_after_the_switch_is_not_taken_for_email_routings(operator):
    """Apply puts right what the switch did, and nothing that a person wrote meanwhile."""
    standin = redirect(mx_on_enable="random", seed=165)

    def meddle(_count, method, path):
        if method == "POST" and path.endswith("/batch") and standin.enabled:
            write_spf(standin, THEIRS)

    standin.fault = meddle
    code, said = operator.apply(standin)
    assert (code, standin.spf) == (1, [THEIRS])
    assert "include:sendgrid.net" in said["error"]["what"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
@pytest.mark.parametrize("command", ["apply", "undo"])
def test_two_commands_never_change_one_domain_at_a_time(operator, command):
    """The second one is told who works there, and changes nothing."""
    standin = redirect()
    if command == "undo":
        assert operator.apply(standin)[0] == 0
    before = standin.state()
    with alone(operator.folder / ".mail-failover" / "example.com" / "lock", "Another works"):
        code, said = getattr(operator, command)(standin)
    assert (code, standin.state()) == (2, before)
    assert said["error"]["what"] == (
        f"Another `mail-failover setup` is changing example.com (process {os.getpid()}, it holds "
        f"{operator.folder / '.mail-failover' / 'example.com' / 'lock'})."
    )
    again = operator.again(command, "--yes", *(["--wait"] if command == "apply" else []), "--json")
    assert said["error"]["fix"] == f"Wait until it has ended, then run `{again}` again."
    assert getattr(operator, command)(standin)[0] == 0
    assert standin.state() != before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
def test_the_lock_of_a_process_that_died_is_gone(tmp_path):
    """However it ended."""
    code = (
        "import os, pathlib, sys; from mail_failover.disk import alone; "
        "lock = alone(pathlib.Path(sys.argv[1]), 'Another'); lock.__enter__(); os._exit(7)"
    )
    lock = tmp_path / "example.com" / "lock"
    assert subprocess.run([sys.executable, "-c", code, str(lock)], timeout=30, check=False).returncode == 7
    assert lock.exists()
    with alone(lock, "Another"):
        pass


def test_looking_takes_no_lock_and_leaves_no_folder(operator):
    """Plan, status, and an apply that was told no."""
    standin = redirect()
    operator.plan(standin)
    operator.status(standin)
    operator.answers = [False]
    operator.apply(standin, json=False, yes=False)
    assert not (operator.folder / ".mail-failover").exists()


def test_an_inbox_that_is_verified_while_apply_asks_does_not_stop_it(operator):
    """There is less to wait for than what was shown, and nothing that was not."""
    standin = fresh()
    for email in (INBOX, "second@example.net"):
        standin.inbox(email, verified=False)

    def click():
        standin.addresses[0]["verified"] = "2026-11-24T00:00:00Z"

    during_the_question(operator, click)
    inboxes = (INBOX, "second@example.net")
    code, (out, _) = operator.apply(standin, json=False, yes=False, inboxes=inboxes)
    assert (code, len(operator.asked)) == (0, 1)
    assert f"Wait until {INBOX} and second@example.net are verified" in out


def test_an_apply_that_others_began_meanwhile_is_gone_on_with(operator):
    """It changed nothing, but its journal is the one that knows what was there before."""
    standin = redirect()

    def begin():
        standin.forbidden = {"POST .*/batch"}
        assert operator.apply(standin)[0] == 4
        standin.forbidden = set()

    during_the_question(operator, begin)
    assert operator.apply(standin, json=False, yes=False)[0] == 0
    assert len([*operator.folder.glob(".mail-failover/*/*.json")]) == 1
