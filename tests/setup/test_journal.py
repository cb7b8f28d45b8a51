"""What undo knows from the journal, and what it says where there is none."""

import pytest
import typer

from mail_failover.console.ask import Asker
from mail_failover.setup import session
from standins.cloudflare import DOMAIN, gone_from
from standins.domains import INBOX, SPF, Operator, forwarding, fresh, locked, redirect, two_spf

WORKER = {"type": "worker", "value": ["mail-failover"]}


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator into an empty folder."""
    return Operator(tmp_path, capsys)


def elsewhere(operator, capsys):
    """Return the same operator in another folder."""
    folder = operator.folder / "elsewhere"
    folder.mkdir()
    return Operator(folder, capsys)


def test_undo_without_a_journal_says_so_where_the_domain_looks_set_up(operator, capsys):
    """Exit code 1: what somebody wanted was not done; the JSON has all its fields."""
    standin = fresh()
    operator.apply(standin)
    reached = standin.state()
    stranger = elsewhere(operator, capsys)
    code, said = stranger.undo(standin)
    assert (code, standin.state()) == (1, reached)
    assert said.pop("error")["kind"] == "NoJournal"
    assert said == {
        "version": 1,
        "exit_code": 1,
        "domain": DOMAIN,
        "worker": None,
        "journal": None,
        "steps": [],
        "conflicts": [],
        "earlier": None,
        "danger": None,
        "done": [],
    }
    code, (out, err) = stranger.undo(standin, json=False)
    assert (code, out) == (1, "")
    assert err == (
        f"mail-failover: Nothing was changed: there is no journal of {DOMAIN} under"
        f" {stranger.folder / '.mail-failover'}, but the domain looks set up ({DOMAIN}: 1 MX of the primary,"
        " 3 of the edge; Email Routing on, ready).\n"
        f"mail-failover: Run `mail-failover setup undo --domain {DOMAIN} --config PATH` with the settings"
        " that apply was given, beside which the journal is; without it, change the domain in the"
        " dashboard.\n"
    )
    assert operator.undo(standin)[0] == 0


def test_undo_without_a_journal_names_the_folder_only_where_that_decides(operator, monkeypatch, tmp_path):
    """Which it does where no settings are named; and by its whole path."""
    standin = redirect()
    operator.apply(standin)
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    error = operator.undo(standin, config=None)[1]["error"]
    assert f"under {tmp_path / 'away' / '.mail-failover'}, but" in error["what"]
    undo = f"mail-failover setup undo --domain {DOMAIN}"
    assert f"`{undo} --config PATH` with" in error["fix"]
    assert f"; or `{undo}` in the folder in which apply ran; without" in error["fix"]


def test_undo_without_a_journal_says_so_where_the_rules_can_not_be_read(operator, capsys):
    """Cloudflare does not show them beside two SPF records; Email Routing is on."""
    standin = redirect()
    operator.apply(standin)
    standin.add("TXT", DOMAIN, '"v=spf1 mx -all"')
    code, said = elsewhere(operator, capsys).undo(standin)
    assert (code, said["error"]["kind"]) == (1, "NoJournal")


@pytest.mark.parametrize("zone", [fresh, locked, two_spf, forwarding])
def test_undo_of_a_domain_that_was_never_set_up_has_nothing_to_do(operator, zone):
    """Though Email Routing may be on, as somebody switched it on in the dashboard."""
    standin = zone()
    code, said = operator.undo(standin)
    assert (code, said["journal"], said["steps"], said["conflicts"], said["done"]) == (0, None, [], [], [])
    _, (out, _) = operator.undo(standin, json=False)
    assert out == f"Nothing to undo: no journal of {DOMAIN} under {operator.folder / '.mail-failover'}.\n"


@pytest.mark.parametrize("enabled", [True, False])
def test_a_catch_all_that_is_off_does_not_look_set_up(operator, enabled):
    """Nothing catches mail then."""
    rule = {"id": "c", "matchers": [{"type": "all"}], "actions": [WORKER], "enabled": enabled, "name": ""}
    standin = fresh()
    standin.catch_all = rule
    assert operator.undo(standin)[0] == (1 if enabled else 0)


def test_an_undo_of_what_is_taken_back_already_has_nothing_to_do(operator):
    """Whatever the domain looked like before: it is as it was."""
    standin = locked()
    standin.catch_all = {"id": "c", "matchers": [{"type": "all"}], "enabled": True, "name": ""}
    standin.catch_all["actions"] = [{"type": "worker", "value": ["other"]}]
    standin.scripts.append({"id": "other", "handlers": ["email"]})
    operator.apply(standin, force=True)
    assert operator.undo(standin)[0] == 0
    code, (out, _) = operator.undo(standin, json=False)
    assert (code, out) == (
        0,
        f"Nothing to undo: every apply under {operator.folder / '.mail-failover'} is taken back.\n",
    )


def test_every_end_of_an_undo_has_the_fields_of_an_undo(operator):
    """Also where there is nobody to ask."""
    standin = redirect()
    operator.apply(standin)
    code, said = operator.undo(standin, yes=False)
    assert (code, said["done"], said["conflicts"], said["error"]["kind"]) == (2, [], [], "NoTerminal")
    keys = ["unlock", "mx", "catch-all", "disable", "spf", "records"]
    assert [step["key"] for step in said["steps"]] == keys


# --- what is ours ---


def lost_batch(standin, number):
    """Let the network go for good right after the n-th change of records took effect."""
    seen = []

    def fault(count, method, path):
        if method == "POST" and path.endswith("/batch"):
            seen.append(count)
            if len(seen) == number:
                standin.fault = gone_from(count + 1)
                return "lost after"
        return None

    standin.fault = fault


@pytest.mark.parametrize(("number", "posted"), [(1, "v=spf1 a:mail"), (2, "route1.mx")])
def test_a_record_whose_post_was_never_read_back_is_ours(operator, number, posted):
    """Undo takes it away: nobody else would have written just that."""
    standin = fresh()
    spf = next(r for r in standin.records.values() if "v=spf1" in r["content"])
    del standin.records[spf["id"]]
    before = standin.state()
    lost_batch(standin, number)
    assert operator.apply(standin)[0] == 4
    assert any(posted in r["content"] for r in standin.records.values())
    standin.fault = None
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert standin.state() == before


def test_a_domain_without_spf_is_as_it_was_after_an_undo(operator):
    """And an undo that ends early does not call the missing record a danger."""
    standin = fresh()
    del standin.records[next(i for i, r in standin.records.items() if r["content"] == SPF["content"])]
    before = standin.state()
    assert operator.apply(standin)[0] == 0
    assert standin.spf == ["v=spf1 a:mail.example.com include:_spf.mx.cloudflare.net ?all"]

    standin.forbidden = {"DELETE .*/addresses/"}
    code, (_, err) = operator.undo(standin, json=False)
    assert (code, standin.spf) == (4, [])
    assert "ight now" not in err
    standin.forbidden = set()
    standin.fault = None
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


# --- inboxes ---


@pytest.mark.parametrize("place", [0, 1, 2])
def test_undo_removes_our_inboxes_wherever_they_stand_in_the_listing(operator, place):
    """Those of others, and those that were there, stay."""
    standin = fresh()
    for name in ("old@example.net", "older@example.net"):
        standin.inbox(name)
    operator.apply(standin, inboxes=(INBOX, "second@example.net", "old@example.net"))
    ours = [a for a in standin.addresses if a["email"] in {INBOX, "second@example.net"}]
    rest = [a for a in standin.addresses if a not in ours]
    standin.addresses = [*rest[:place], *ours, *rest[place:]]
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert [a["email"] for a in standin.addresses] == ["old@example.net", "older@example.net"]


def lower_case(standin):
    """Let Cloudflare keep addresses in small letters, as it may."""
    add = standin._add_address

    def _add_address(request, body):
        return add(request, {"email": body["email"].lower()})

    standin._add_address = _add_address


@pytest.mark.parametrize("listed", ["Anna@Example.NET", INBOX])
def test_an_inbox_written_with_capitals_is_the_one_that_cloudflare_lists(operator, listed):
    """However it lists it: it is added once, waited for, not added again, and removed by undo."""
    standin = fresh()
    if listed == INBOX:
        lower_case(standin)
    before = standin.state()
    assert operator.apply(standin, inboxes=("Anna@Example.NET",))[0] == 0
    assert [a["email"] for a in standin.addresses] == [listed]
    assert operator.apply(standin, inboxes=("ANNA@example.net",))[1]["steps"] == []
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_an_inbox_that_was_there_in_other_letters_stays(operator):
    """It is not ours, though the settings write it otherwise."""
    standin = redirect()
    standin.addresses[0]["email"] = "Anna@Example.net"
    operator.apply(standin)
    operator.undo(standin)
    assert [a["email"] for a in standin.addresses] == ["Anna@Example.net"]


# --- nothing to do ---


def test_nothing_to_do_and_no_journal_is_said_and_writes_none(operator, capsys):
    """As after an apply in another folder."""
    standin = redirect()
    operator.apply(standin)
    stranger = elsewhere(operator, capsys)
    code, (out, err) = stranger.apply(standin, json=False)
    assert (code, err) == (0, "")
    assert out.endswith("Nothing to do: everything is as it should be.\n")
    assert not (stranger.folder / ".mail-failover").exists()
    assert stranger.apply(standin)[1]["done"] == []


# --- interrupts ---


@pytest.mark.parametrize("abort", [KeyboardInterrupt, typer.Abort])
@pytest.mark.parametrize("command", ["apply", "undo"])
def test_a_ctrl_c_at_the_question_changes_nothing_and_says_so(operator, command, abort):
    """Exit code 130, as at every Ctrl-C."""
    standin = redirect()
    if command == "undo":
        operator.apply(standin)
    before = standin.state()

    def ask(_question):
        raise abort

    operator._answer, operator.answers = ask, [True]
    code, (_, err) = getattr(operator, command)(standin, json=False, yes=False)
    assert (code, standin.state()) == (130, before)
    assert err == "mail-failover: Interrupted.\nmail-failover: Nothing was changed.\n"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_ctrl_c_after_a_change_says_what_is_changed_and_what_can_be_done(operator, as_json):
    """Never silent: what was done, where the journal is, how to go on and how to go back."""
    standin = redirect()
    standin.fault = lambda _count, method, _path: "interrupt before" if method == "PUT" else None
    code, said = operator.apply(standin, json=as_json)
    assert code == 130
    if as_json:
        error, account = said["error"], said["error"]["fix"]
        assert (said["exit_code"], error["kind"], said["done"]) == (130, "Interrupted", ["spf"])
    else:
        interrupted, account = said[1].replace("mail-failover: ", "").splitlines()
        assert interrupted == "Interrupted."
    assert account.startswith("Done before that: Add Email Routing to the SPF record. The journal")
    assert account.endswith(
        f": `{operator.again('apply')}` goes on, `{operator.again('undo')}` takes it back."
    )


def test_the_question_is_asked_at_the_console():
    """Whose Abort is what a Ctrl-C at a question ends in."""
    assert session.World().ask.__func__ is Asker.yes
