"""From an installed state to nothing: the order, the questions, what is said, what stays."""

import json
import sys

import pytest

from mail_failover import cli
from standins.cloudflare import ACCOUNT, DOMAIN, TOKEN, fault_at
from standins.domains import INBOX, restored
from standins.installed import SECOND, WORKER, Owner
from standins.workers import namespace_id

DELETE = ("DELETE", f"/accounts/{ACCOUNT}/workers/scripts/{WORKER}")
CATCH_ALL = ("PUT", "/zones/zone-1/email/routing/rules/catch_all")


def changes(owner):
    """Return the requests that were not mere questions."""
    return [each for each in owner.standin.requests if each[0] != "GET"]


def test_all_of_it_goes_the_worker_last(tmp_path, capsys, monkeypatch):
    """With its secrets and objects; the domain is as it was, and a second run finds nothing left."""
    owner = Owner(tmp_path, capsys, monkeypatch)
    before = owner.standin.state()
    owner.set_up()
    owner.standin.requests.clear()
    code, said = owner.uninstall()
    assert (code, owner.lost, restored(owner.standin, before)) == (0, [], True)
    assert said["done"] == [f"{DOMAIN} off the Worker", f"the Worker {WORKER} deleted"]
    assert changes(owner)[-1] == DELETE
    assert changes(owner).index(CATCH_ALL) < changes(owner).index(DELETE)
    assert (owner.is_there, owner.standin.deployed, owner.standin.objects) == (False, {}, {})
    owner.standin.requests.clear()
    code, said = owner.uninstall()
    assert (code, said["done"], changes(owner)) == (0, [], [])
    code, (out, err) = owner.uninstall(json=False)
    assert out.startswith(f"Nothing is left to do: the account has no Worker {WORKER}.\nWhat stays")
    assert (code, err) == (0, "")


def test_the_account_of_wrangler_toml_is_looked_at_as_deploy_does(owner):
    """In another one nothing would be found, and the Worker would be called gone."""
    owner.settings.write_text(f'account_id = "another"\n{owner.settings.read_text()}')
    owner.standin.requests.clear()
    code, _ = owner.uninstall()
    assert code != 0
    assert owner.is_there
    asked = {path.split("/")[2] for _, path in owner.standin.requests if path.startswith("/accounts/")}
    assert "another" in asked


def test_half_a_minute_is_waited_for_mail_that_is_under_way(owner):
    """Longer than the Worker is at work on a message; then all is read anew, and nothing comes between."""
    owner.standin.requests.clear()
    assert owner.uninstall()[0] == 0
    assert owner.waited == [30.0]
    place = owner.standin.requests.index(DELETE)
    rules = ("GET", f"/accounts/{ACCOUNT}/email/routing/rules")
    after = owner.standin.requests[place - 12 : place]
    assert rules in after
    assert {method for method, _ in after} == {"GET"}


def test_a_person_is_asked_by_undo_and_before_the_worker_goes(owner):
    """Each time at what is shown; the text says which command is underneath."""
    code, (out, err) = owner.uninstall(True, True)
    assert (code, err) == (0, "")
    assert owner.person.asked == [
        f"Change {DOMAIN} as shown?",
        f"Delete the Worker {WORKER} from your account for good?",
    ]
    undo = owner.operator.again("undo")
    lines = out.splitlines()
    assert lines[0] == f"1. Take {DOMAIN} off the Worker: `{undo}`"
    assert lines[1:3] == [
        "   - Unlock the MX records of Email Routing",
        "   - Take the edge's MX out",
    ]
    assert "   - its secrets: SPOOL_TOKEN, TELEGRAM_BOT_TOKEN" in lines
    assert f"   - {DOMAIN}, spool: empty" in lines
    assert f"$ {undo}" in lines
    assert lines.index(f"$ {undo}") < lines.index(f"done: {DOMAIN} off the Worker")
    assert lines.index(f"done: {DOMAIN} off the Worker") < lines.index(f"done: the Worker {WORKER} deleted")


def test_a_no_to_undo_leaves_everything(owner):
    """The Worker, above all."""
    before = owner.standin.state()
    code, (_, err) = owner.uninstall(False)
    assert (code, owner.standin.state(), owner.is_there) == (1, before, True)
    assert f"{DOMAIN}: not undone, so the Worker {WORKER} stays" in err


def test_a_no_to_the_last_question_leaves_the_worker_and_the_next_run_goes_on(owner):
    """The domain is off it by then."""
    code, (out, _) = owner.uninstall(True, False)
    assert (code, owner.is_there, owner.open_rules) == (1, True, [])
    assert out.endswith("The Worker stays.\n")
    code, (out, _) = owner.uninstall(True)
    assert (code, owner.is_there) == (0, False)
    assert out.startswith(f"1. Delete the Worker {WORKER}")


@pytest.mark.parametrize("as_json", [True, False])
def test_without_a_terminal_it_only_shows_what_it_would_do(owner, as_json):
    """And says what to type for a yes; so does the JSON."""
    before = owner.standin.state()
    code, said = owner.uninstall(yes=False, json=as_json)
    assert (code, owner.standin.state(), owner.is_there) == (2, before, True)
    line = f"mail-failover uninstall --config {owner.settings} {'--yes --json' if as_json else '--yes'}"
    what = "Nothing was changed: there is no terminal to ask at."
    if as_json:
        fix = f"If you want what is shown: `{line}`."
        assert said["error"] == {"kind": "NoTerminal", "what": what, "fix": fix, "code": 0}
        assert said["domains"][0]["steps"][2] == "Put the catch-all back"
        return
    out, err = said
    assert out.startswith("1. Take ")
    assert err == f"mail-failover: {what}\nmail-failover: If you want what is shown: `{line}`.\n"


def test_two_domains_come_off_the_last_set_up_first(tmp_path, capsys, monkeypatch):
    """So that the inbox, which the first apply added, is not in use any more when its turn comes."""
    owner = Owner(tmp_path, capsys, monkeypatch)
    owner.add_neighbour()
    before = owner.standin.state(), owner.neighbour.state()
    owner.set_up(DOMAIN, SECOND)
    owner.deploy(objects=(DOMAIN, SECOND, ":door"))
    code, said = owner.uninstall()
    assert (code, owner.lost, owner.is_there) == (0, [], False)
    assert said["done"][0] == f"{SECOND}, {DOMAIN} off the Worker"
    assert restored(owner.standin, before[0])
    assert restored(owner.neighbour, before[1])


def test_every_apply_of_a_domain_is_taken_back(owner):
    """An undo takes back one, and says so of an earlier one."""
    owner.standin.clicks_after = 1
    code, _ = owner.setup("apply", DOMAIN, "--wait", "--inbox", INBOX, "--inbox", "ben@example.net")
    assert code == 0
    [newest] = [path for path in owner.journals() if not path.name.startswith("2026-11-01")]
    newest.rename(newest.with_name("2026-11-02T00-00-00Z-000.json"))
    code, said = owner.uninstall()
    assert (code, owner.states(), owner.standin.enabled) == (0, ["undone", "undone"], False)
    assert said["done"] == [f"{DOMAIN} off the Worker", f"the Worker {WORKER} deleted"]


def test_a_domain_that_was_set_up_for_another_worker_stays_as_it_is(tmp_path, capsys, monkeypatch):
    """It is told."""
    owner = Owner(tmp_path, capsys, monkeypatch)
    owner.add_neighbour()
    owner.set_up()
    owner.standin.scripts.append({"id": "other", "handlers": ["email"], "tag": "o"})
    code, _ = owner.setup("apply", SECOND, "--wait", "--worker", "other")
    assert code == 0
    before = owner.neighbour.state()["records"], owner.neighbour.catch_all
    code, (out, err) = owner.uninstall(True, True)
    assert (code, err) == (0, "")
    assert (owner.neighbour.state()["records"], owner.neighbour.catch_all) == before
    assert f"{SECOND} is set up for another Worker, other: it stays as it is.\n" in out
    assert [script["id"] for script in owner.standin.scripts] == ["other"]


def test_a_name_that_no_worker_has_does_not_hide_the_one_of_the_domains(owner):
    """Nothing is left to do for that name alone."""
    code, (out, _) = owner.uninstall(worker="typo", json=False)
    assert code == 0
    assert f"has no Worker typo.\n{DOMAIN} is set up for another Worker, {WORKER}: it stays" in out


def test_what_others_changed_is_left_told_and_the_exit_code_says_so(owner):
    """Nobody hands mail to the Worker for that, so it goes."""
    owner.standin.catch_all = {**owner.standin.catch_all, "actions": [{"type": "drop"}]}
    code, said = owner.uninstall()
    assert (code, owner.is_there) == (1, False)
    assert f"{DOMAIN}: Changed by somebody else since, and left: catch-all: drop" in said["stays"]


def test_a_name_that_still_leads_to_a_worker_that_is_gone_is_detached(owner):
    """Whether it goes with the Worker is not documented; a run after an interruption finds it, too."""
    owner.standin.attach("spool.example.com")
    code, (out, _) = owner.uninstall(True, True)
    assert (code, owner.standin.domains) == (0, [])
    assert "   - its address: spool.example.com" in out.splitlines()
    owner.standin.attach("spool.example.com")
    owner.standin.attach("www.example.com", "other")
    code, (out, _) = owner.uninstall(True)
    assert (code, owner.person.asked) == (0, ["Delete spool.example.com from your account for good?"])
    assert out.startswith(f"1. Detach spool.example.com, which led to the Worker {WORKER}\n")
    assert [each["hostname"] for each in owner.standin.domains] == ["www.example.com"]


def test_a_worker_that_is_still_listed_afterwards_is_not_called_gone(owner, monkeypatch):
    """Cloudflare said that it deleted it."""
    monkeypatch.setattr(owner.standin, "_delete_script", lambda *_: owner.standin._settings())
    code, said = owner.uninstall()
    assert (code, said["error"]["kind"]) == (1, "StillThere")


def test_nothing_on_this_machine_is_deleted_and_what_stays_is_named(owner):
    """With how it is removed, and careful words for private keys; values are not shown."""
    files = {".env": f"CLOUDFLARE_API_TOKEN={TOKEN}\n", ".dev.vars": "TELEGRAM_CHAT_ID=4711\n"}
    files[".dev.vars"] += "TELEGRAM_BOT_TOKEN=1234567:AAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
    for name, text in files.items():
        (owner.folder / name).write_text(text)
    keys = owner.folder / ".mail-failover" / "keys"
    keys.mkdir()
    owner.standin.inbox("second@example.net")
    code, said = owner.uninstall()
    assert code == 0
    stays = "\n".join(said["stays"])
    assert f"{owner.folder / '.env'} and {owner.folder / '.dev.vars'}, with your token" in stays
    assert (
        f"{keys}, with the private keys of the spool: what is encrypted for a key that is lost, is lost"
        in stays
    )
    assert "https://dash.cloudflare.com/profile/api-tokens" in stays
    assert "@BotFather" in stays
    assert "slack" not in stays
    assert "second@example.net" not in stays
    assert "AAaaa" not in stays
    assert {name: (owner.folder / name).read_text() for name in files} == files
    assert keys.is_dir()


def test_an_inbox_that_was_there_before_stays_and_is_named(tmp_path, capsys, monkeypatch):
    """Others may use it."""
    owner = Owner(tmp_path, capsys, monkeypatch)
    owner.standin.inbox(INBOX)
    owner.set_up()
    code, said = owner.uninstall()
    assert (code, [each["email"] for each in owner.standin.addresses]) == (0, [INBOX])
    assert any(text.startswith(f"The destination addresses {INBOX}: ") for text in said["stays"])


def test_a_journal_that_cant_be_read_stops_it_before_anything_changes(owner):
    """Whose the domain's rules are is not known then."""
    [path] = owner.journals()
    path.write_text(json.dumps({**json.loads(path.read_text()), "worker": "other"}))
    code, said = owner.uninstall()
    assert (code, owner.is_there, said["error"]["kind"]) == (2, True, "UsageError")
    assert "not as it was written" in said["error"]["what"]


def test_a_domain_that_left_cloudflare_does_not_keep_the_worker_for_ever(owner):
    """It says what to move away; then the rest goes."""
    (owner.folder / ".mail-failover" / DOMAIN).rename(owner.folder / ".mail-failover" / "gone.test")
    [path] = (owner.folder / ".mail-failover" / "gone.test").glob("*.json")
    code, said = owner.uninstall()
    assert (code, owner.is_there, said["error"]["kind"]) == (2, True, "ZoneNotFound")
    assert f"move {path.parent} away, then run" in said["error"]["fix"]


def test_the_account_of_the_domains_is_meant_where_the_token_sees_several(owner):
    """And without a domain, one has to be named."""
    owner.standin.zones.append(
        {**owner.standin.zones[0], "id": "z", "name": "x.test", "account": {"id": "b"}}
    )
    assert owner.uninstall()[0] == 0
    for path in owner.journals():
        path.unlink()
    code, said = owner.uninstall()
    assert (code, said["error"]["kind"]) == (2, "ZoneNotFound")
    assert owner.uninstall(domains=(DOMAIN,))[0] == 0


def test_a_lost_answer_to_the_deletion_is_asked_again(owner):
    """The second one hears that it is gone."""
    owner.standin.fault = lambda _count, method, path: (
        "lost after" if (method, path) == DELETE and owner.is_there else None
    )
    assert owner.uninstall()[0] == 0
    assert owner.standin.requests.count(DELETE) == 2
    assert namespace_id(WORKER, "Domain") not in owner.standin.objects


def test_an_interrupt_at_the_first_question_changes_nothing(owner):
    """And says so."""
    before = owner.standin.state()
    owner.standin.fault = fault_at(len(owner.standin.requests) + 1, "interrupt before")
    code, said = owner.uninstall()
    assert (code, said["error"]["kind"], owner.standin.state()) == (130, "Interrupted", before)
    assert said["error"]["fix"] == "Nothing was changed."


def test_without_a_token_it_ends_as_every_command_does(tmp_path, monkeypatch, capsys):
    """From the command line, in a folder with nothing in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN", raising=False)
    monkeypatch.setattr(sys, "argv", ["mail-failover", "uninstall", "--json"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = json.loads(capsys.readouterr().out)
    assert (end.value.code, said["error"]["kind"], said["worker"], said["done"]) == (2, "NoToken", "", [])
