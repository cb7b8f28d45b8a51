"""What a person sees of `mail-failover setup`: texts, questions, exit codes."""

import errno
import json
import os
import stat
import sys

import pytest
from typer.testing import CliRunner

from mail_failover.cloudflare.records import line
from mail_failover.console.voice import Voice
from mail_failover.setup import command as setup
from mail_failover.setup.session import World
from standins.cloudflare import DOMAIN, Standin, fault_at
from standins.domains import INBOX, OWN, Operator, fresh, redirect, two_spf


def silent():
    """Make a domain that says that it sends no mail at all."""
    standin = redirect()
    next(r for r in standin.records.values() if "v=spf1" in r["content"])["content"] = '"v=spf1 -all"'
    return standin


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator into an empty folder."""
    return Operator(tmp_path, capsys)


def test_a_failure_half_way_says_what_was_begun_and_where_the_journal_is(tmp_path, capsys):
    """So that nobody has to guess how the domain is now."""
    operator = Operator(tmp_path, capsys)
    _, (_, err) = operator.apply(redirect(forbidden={"PUT .*/catch_all"}), json=False)
    [journal] = tmp_path.glob(".mail-failover/example.com/*.json")
    assert err.endswith(
        f"mail-failover: Done before that: Add Email Routing to the SPF record. The journal is {journal}:"
        f" `{operator.again('apply')}` goes on, `{operator.again('undo')}` takes it back.\n"
    )


@pytest.mark.parametrize(
    ("options", "what", "fix"),
    [
        ({"domain": "exmaple,com"}, "--domain exmaple,com: not a domain.", "Write it like example.com."),
        (
            {"domain": "mail.example.com"},
            "--domain mail.example.com: Email Routing is set up for whole zones.",
            "Name example.com, or make a zone of this subdomain.",
        ),
        ({"inboxes": ("nobody",)}, "--inbox nobody: not a mail address.", "Write it like you@example.net."),
    ],
)
def test_a_wrong_option_is_one_line(operator, options, what, fix):
    """It names the option, and is a value where values are wanted."""
    code, (out, err) = operator.plan(fresh(), json=False, **options)
    assert (code, out, err) == (2, "", f"mail-failover: {what} {fix}\n")
    code, said = operator.plan(fresh(), **options)
    error = {"kind": "UsageError", "what": what, "fix": fix, "code": 0}
    assert (code, said["exit_code"], said["error"]) == (2, 2, error)


def test_a_domain_that_nobody_names_is_the_only_zone_that_the_token_sees(operator):
    """Of several none is guessed."""
    standin = fresh()
    assert operator.plan(standin, domain="")[1]["domain"] == "example.com"
    standin.zones.append(standin._zone("zone-2", "other.test"))
    code, (_, err) = operator.plan(standin, json=False, domain="")
    assert (code, err.partition(" Name it")[0]) == (
        2,
        "mail-failover: Which domain? The token sees several: example.com, other.test.",
    )


def test_without_a_terminal_and_without_yes_nothing_is_changed(operator):
    """It says which option is missing."""
    standin = redirect()
    before = standin.state()
    code, (_, err) = operator.apply(standin, json=False, yes=False)
    assert (code, standin.state()) == (2, before)
    assert err == (
        "mail-failover: Nothing was changed: there is no terminal to ask at.\n"
        f"mail-failover: If you want what is shown: `{operator.again('apply', '--yes', '--wait')}`.\n"
    )


def test_a_closed_stdin_is_no_terminal(monkeypatch):
    """As `0<&-` leaves it, or a service."""
    monkeypatch.setattr(sys, "stdin", None)
    assert not World().is_terminal()


def test_what_is_named_without_a_terminal_can_be_pasted_and_does_it(operator):
    """No circle: of an unsafe plan it names both options, and keeps those that were given."""
    standin = two_spf()
    code, (_, err) = operator.apply(standin, json=False, yes=False, wait=True)
    assert code == 3
    assert f"`{operator.again('apply', '--force-unsafe', '--yes', '--wait')}`" in err
    code, said = operator.apply(standin, yes=False, force=True, wait=False)
    assert code == 2
    again = operator.again("apply", "--force-unsafe", "--yes", "--json")
    assert said["error"]["fix"] == f"If you want what is shown: `{again}`."
    assert operator.apply(standin, force=True)[0] == 0
    code, (_, err) = operator.undo(standin, json=False, yes=False, wait=False)
    assert code == 2
    assert f"`{operator.again('undo', '--yes')}`" in err


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 1)])
def test_at_a_terminal_a_person_is_asked(operator, answer, code):
    """A no changes nothing."""
    standin = redirect()
    operator.answers = [answer]
    assert operator.apply(standin, json=False, yes=False)[0] == code
    assert operator.asked == ["Change example.com as shown?"]
    assert standin.enabled is answer


def test_a_domain_that_sends_no_mail_is_asked_about(operator):
    """`v=spf1 -all` is a decision; --yes alone does not overrule it."""
    assert operator.apply(silent())[0] == 3
    standin = silent()
    operator.answers = [True, True]
    assert operator.apply(standin, json=False, yes=False)[0] == 0
    assert operator.asked == [
        (
            "The record says that this domain sends no mail at all. With the include, Email Routing may send"
            " in its name; nobody else still may. Do it?"
        ),
        "Change example.com as shown?",
    ]
    assert standin.spf == ["v=spf1 include:_spf.mx.cloudflare.net -all"]


@pytest.mark.parametrize("zone", [two_spf, silent])
def test_at_a_terminal_a_yes_beforehand_is_no_yes_to_an_unsafe_step(operator, zone):
    """Not even to one that would be asked about without it: nobody read why."""
    standin = zone()
    before = standin.state()
    operator.answers = [True, True]
    assert operator.apply(standin, json=False, yes=True)[0] == 3
    assert (operator.asked, standin.state()) == ([], before)


@pytest.mark.parametrize(
    ("options", "code"), [({"yes": True}, 3), ({"force": True, "yes": False}, 2), ({"force": True}, 0)]
)
def test_a_yes_is_no_force_and_force_is_no_yes(operator, options, code):
    """Without a terminal an unsafe plan takes both."""
    standin = two_spf()
    assert operator.apply(standin, **options)[0] == code
    assert standin.enabled is (code == 0)


def test_unsafe_steps_are_named_when_refused(operator):
    """With what to do."""
    code, (_, err) = operator.apply(two_spf(), json=False)
    assert code == 3
    assert err == (
        "mail-failover: Nothing was changed, since this is unsafe: Make one SPF record of several.\n"
        "mail-failover: Read why in the plan, and mend it; if you want it all the same:"
        f" `{operator.again('apply', '--force-unsafe', '--yes', '--wait')}`.\n"
    )


def test_two_spf_records_that_can_not_be_merged_are_in_the_way(operator):
    """A redirect= depends on all the rest of its record."""
    standin = redirect()
    standin.add("TXT", DOMAIN, '"v=spf1 -all"')
    code, said = operator.plan(standin)
    assert code == 1
    assert "can't be merged: one of them has a redirect=" in said["problems"][0]


def test_an_spf_record_that_would_break_is_unsafe(operator):
    """Eleven lookups are a permanent error to a receiver."""
    standin = redirect()
    hosts = " ".join(f"a:h{n}.example.com" for n in range(10))
    next(r for r in standin.records.values() if "v=spf1" in r["content"])["content"] = f"v=spf1 {hosts} -all"
    code, said = operator.plan(standin)
    assert code == 3
    assert "it takes 11 lookups (10 are allowed)" in said["steps"][0]["unsafe"]


def test_a_resolver_that_denies_everything_is_not_believed(operator):
    """Behind a captive portal no name exists; that must not look like a broken SPF record."""
    operator.resolve = lambda _name, _kind: []
    code, said = operator.plan(redirect())
    assert (code, said["steps"][0]["unsafe"]) == (0, None)
    assert (
        "SPF: at least 2 of 10 lookups;"
        " not known what is behind include:_spf.mx.cloudflare.net, redirect=_spf.example.net."
    ) in said["notes"]


def test_a_policy_that_excludes_the_edge_is_left_to_the_person(operator):
    """It can't be edited from here, so exactly what to change is said; then it is done."""
    standin = redirect()
    standin.add("TXT", "_mta-sts.example.com", '"v=STSv1; id=1"')
    code, said = operator.apply(standin)
    assert code == 1
    assert said["todo"] == [
        (
            "MTA-STS: the policy of example.com does not list the edge, so senders that honour it skip"
            " the edge."
            " Add the line `mx: *.mx.cloudflare.net` to https://mta-sts.example.com/.well-known/mta-sts.txt,"
            " then change the `id=` in the TXT record _mta-sts.example.com."
        )
    ]
    assert standin.enabled
    operator.policy += "mx: *.mx.cloudflare.net\n"
    assert operator.status(standin)[0] == 0
    operator.policy = "nothing of the kind"
    assert "can't be read: does not say version: STSv1" in operator.plan(standin)[1]["todo"][0]


@pytest.mark.parametrize(
    "alike", ["v=spf1mx -all", '"v=spf2.0 mx"', '" v=spf1 mx"', "spf1 mx -all", '"\\"v=spf1 mx\\""']
)
def test_a_record_that_only_looks_like_spf_is_pointed_out(operator, alike):
    """Once: alone it is left for a person to correct; beside the real one it is a remark."""
    standin = redirect()
    record = standin.add("TXT", DOMAIN, alike)
    words = (
        f"SPF: this record only looks like it: {line(record)}. Receivers pass over what does not begin with"
    )
    code, said = operator.plan(standin)
    assert (code, said["todo"]) == (0, [])
    assert len([note for note in said["notes"] if note.startswith(words)]) == 1
    real = next(i for i, r in standin.records.items() if r["content"].startswith('"v=spf1 redirect'))
    del standin.records[real]
    code, said = operator.plan(standin)
    assert code == 1
    assert [text.startswith(words) for text in said["todo"]] == [True]
    assert not [note for note in said["notes"] if note.startswith(words)]
    assert said["steps"][0]["title"] == "Create the SPF record"


def test_what_is_no_spf_is_not_pointed_out(operator):
    """Other texts, and texts of other names."""
    standin = redirect()
    standin.add("TXT", DOMAIN, "spf2.0/pra ?all")
    standin.add("TXT", f"old.{DOMAIN}", "v=spf1mx")
    said = operator.plan(standin)[1]
    assert not any("only looks like it" in text for text in [*said["notes"], *said["todo"]])


def test_rules_that_bypass_the_worker_are_pointed_out(operator):
    """They are left as they are."""
    standin = redirect()
    matcher = {"type": "literal", "field": "to", "value": "sales@example.com"}
    action = {"type": "forward", "value": ["s@example.net"]}
    standin.rules.append({"id": "u", "matchers": [matcher], "actions": [action], "enabled": True, "name": ""})
    notes = operator.plan(standin)[1]["notes"]
    assert (
        "Mail to sales@example.com goes past the Worker, by a rule of its own: forward s@example.net."
        in notes
    )
    before = [dict(rule) for rule in standin.rules]
    operator.apply(standin)
    assert standin.rules == before


@pytest.mark.parametrize(
    ("scripts", "text"),
    [
        (
            [{"id": "other", "handlers": ["email"]}],
            (
                "The account has no Worker mail-failover (it has: other). Deploy it: `{deploy}`; or"
                " name another with --worker."
            ),
        ),
        (
            [{"id": "mail-failover", "handlers": ["fetch"]}],
            "The Worker mail-failover has no `email` handler. Deploy this one: `{deploy}`.",
        ),
    ],
)
def test_a_worker_that_can_not_catch_mail_is_in_the_way(operator, scripts, text):
    """Nothing is changed before there is one."""
    standin = redirect(scripts=scripts)
    before = standin.state()
    code, said = operator.apply(standin)
    assert (code, said["problems"]) == (1, [text.replace("{deploy}", operator.deploy())])
    assert standin.state() == before
    assert operator.apply(standin, worker="other")[0] == (0 if scripts[0]["id"] == "other" else 1)


@pytest.mark.parametrize(
    ("inbox", "words"), [("you@example.net", "still says you@example.net"), ("a@example.com", "in a circle")]
)
def test_an_inbox_that_can_not_be_meant_is_in_the_way(operator, inbox, words):
    """The example's, or one on the domain itself."""
    code, said = operator.plan(redirect(), inboxes=(inbox,))
    assert code == 1
    assert words in said["problems"][0]


@pytest.mark.parametrize(
    "inbox", ["anna@bücher.example", "anna@Xn--Bcher-Kva.example.", "anna@Bücher.example"]
)
def test_an_inbox_on_a_domain_beyond_ascii_is_in_the_way_however_it_is_written(operator, inbox):
    """Mail to it would come back to the Worker."""
    domain = "xn--bcher-kva.example"
    standin = Standin([{**OWN, "name": domain, "content": f"mail.{domain}"}], domain=domain)
    code, said = operator.plan(standin, domain="bücher.example", inboxes=(inbox,))
    assert (code, "in a circle" in said["problems"][0]) == (1, True)


def test_inboxes_of_routes_are_set_up_too(tmp_path, capsys):
    """Every address that the Worker may forward to."""
    routes = '[vars.ROUTES]\n"@example.com" = ["ANNA@example.net", "b@example.net"]'
    settings = f'FALLBACK_INBOXES = ["{INBOX}"]\n{routes}'
    operator = Operator(tmp_path, capsys, settings=settings)
    keys = [step["key"] for step in operator.plan(redirect())[1]["steps"]]
    assert keys == ["spf", "inbox:b@example.net", "verify", "catch-all", "edge-mx", "enable"]


def test_a_journal_is_on_the_disk_before_the_first_change(operator):
    """Only its owner may read it, and it holds no token."""
    standin = redirect()
    seen = []

    def look(_standin):
        [path] = operator.folder.glob(".mail-failover/example.com/*.json")
        seen.append((stat.S_IMODE(path.stat().st_mode), path.read_text()))

    standin.watch.append(look)
    operator.apply(standin)
    assert seen[0][0] == 0o600
    before = json.loads(seen[0][1])
    assert (before["domain"], before["state"], before["enabled"]) == ("example.com", "open", False)
    assert [r["content"] for r in before["base"].values() if r.get("type") == "TXT"] == [
        '"v=spf1 redirect=_spf.example.net"'
    ]
    assert "token" not in seen[-1][1]


def test_a_journal_that_can_not_be_read_stops_everything(operator):
    """Rather than forgetting what was there."""
    folder = operator.folder / ".mail-failover" / DOMAIN
    folder.mkdir(parents=True)
    (folder / "2026-01-01T00-00-00Z.json").write_text("{")
    code, (_, err) = operator.apply(redirect(), json=False)
    assert (code, err.count("\n")) == (2, 1)
    assert "not a journal that can be read. Put a good copy there; without one, move it away: " in err


def test_a_journal_that_can_not_be_written_changes_nothing(operator):
    """A file stands where its folder should be."""
    (operator.folder / ".mail-failover").write_text("")
    lock = operator.folder / ".mail-failover" / DOMAIN / "lock"
    standin = redirect()
    before = standin.state()
    what = operator.apply(standin)[1]["error"]["what"]
    assert what == f"{lock}: the lock can't be made: {os.strerror(errno.ENOTDIR)}."
    assert standin.state() == before


def test_two_applies_are_undone_one_after_the_other(operator):
    """The last first."""
    standin = redirect(scripts=[{"id": name, "handlers": ["email"]} for name in ("mail-failover", "second")])
    before = standin.state()
    operator.apply(standin)
    between = standin.state()
    assert operator.apply(standin, worker="second", force=True)[0] == 0
    assert operator.undo(standin)[0] == 0
    assert standin.state() == between
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_an_apply_during_an_undo_is_refused(operator):
    """It would take half of an undo for what was there."""
    standin = redirect()
    operator.apply(standin)
    standin.fault = lambda _count, method, _path: "lost before" if method == "DELETE" else None
    assert operator.undo(standin)[0] == 4
    standin.fault = None
    code, (_, err) = operator.apply(standin, json=False)
    assert code == 1
    assert err == (
        f"mail-failover: An undo did not finish.\nmail-failover: Run `{operator.again('undo')}` first.\n"
    )


def test_status_says_what_is_missing_and_then_that_all_is_there(operator):
    """With exit code 1, then 0."""
    standin = redirect()
    code, (out, _) = operator.status(standin, json=False)
    assert code == 1
    assert "Set up: no\n  missing: Add Email Routing to the SPF record\n" in out
    operator.apply(standin)
    code, (out, _) = operator.status(standin, json=False)
    assert code == 0
    assert "Set up: yes\n" in out
    assert "(applied)" in out


def test_what_others_wrote_can_not_disturb_a_terminal(operator):
    """Control characters in a record are spelled out."""
    standin = redirect()
    standin.catch_all = {"id": "c", "matchers": [{"type": "all"}], "enabled": True, "name": ""}
    standin.catch_all["actions"] = [{"type": "forward", "value": ["a\x1b[2J@example.net"]}]
    _, (out, _) = operator.plan(standin, json=False)
    assert "\x1b" not in out
    assert "a\\u001b[2J@example.net" in out


def test_what_others_wrote_can_not_disturb_a_terminal_in_status_and_undo(operator):
    """A note of status, and what undo leaves alone, quote it as well."""
    standin = redirect()
    operator.apply(standin)
    actions = [{"type": "forward", "value": ["a\x1b[2J@example.net"]}]
    matcher = {"type": "literal", "field": "to", "value": "bert@example.com"}
    standin.rules.append({"id": "r", "matchers": [matcher], "actions": actions, "enabled": True})
    standin.catch_all["actions"] = actions
    for command in (operator.status, operator.undo):
        _, (out, err) = command(standin, json=False)
        assert "a\\u001b[2J@example.net" in out
        assert "\x1b" not in out + err


def test_colours_are_for_terminals_only(operator, monkeypatch):
    """And not even there with NO_COLOR."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in operator.plan(redirect(), json=False)[1][0]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in operator.plan(redirect(), json=False)[1][0]


@pytest.mark.parametrize("command", ["plan", "apply", "undo", "status"])
def test_json_has_the_same_head_as_that_of_all_commands(operator, command):
    """Its version and the exit code; a failure has its error beside them."""
    code, said = getattr(operator, command)(fresh())
    assert (said["version"], said["exit_code"]) == (1, code)
    assert "error" not in said
    code, said = getattr(operator, command)(fresh(forbidden={"dns_records"}))
    assert (code, said["version"], said["exit_code"]) == (4, 1, 4)
    assert said["error"].keys() == {"kind", "what", "fix", "code"}
    assert (said["error"]["kind"], said["error"]["code"]) == ("PermissionMissing", 10000)


def test_every_next_step_carries_what_was_given(operator, monkeypatch):
    """The path of the program, and each option that names what is to be set up."""
    monkeypatch.setattr("sys.argv", ["./bin/mail-failover"])
    standin = fresh(clicks_after=None)
    standin.scripts = [{"id": "w", "handlers": ["email"]}]
    wish = {"worker": "w", "inboxes": (INBOX, "b@example.net"), "json": False}
    about = f"--domain example.com --config {operator.settings}"
    apply = f"./bin/mail-failover setup apply {about} --worker w --inbox {INBOX} --inbox b@example.net"
    _, (out, _) = operator.plan(standin, **wish)
    assert f"`{apply}` makes these changes." in out
    _, (out, _) = operator.apply(standin, wait=False, **wish)
    assert f"Then run `{apply} --wait`, which waits if it has to.\n" in out
    standin.clicks_after = 0
    _, (out, _) = operator.apply(standin, **wish)
    assert f"is set up. `./bin/mail-failover doctor {about}` checks it.\n" in out


@pytest.mark.parametrize("command", ["plan", "apply", "undo", "status"])
def test_every_command_explains_itself_and_needs_a_token(command, monkeypatch, tmp_path):
    """With an example in its help."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("CLOUDFLARE_")]:
        monkeypatch.delenv(name)
    shown = CliRunner().invoke(setup.app, [command, "--help"])
    assert f"mail-failover setup {command} --domain example.com" in shown.output
    options = ["--domain", "example.com"] + (
        ["--worker", "w"] if command in {"plan", "apply", "status"} else []
    )
    ended = CliRunner().invoke(setup.app, [command, *options])
    assert ended.exit_code == 2
    assert "CLOUDFLARE_API_TOKEN is not set" in ended.stderr


def test_without_a_terminal_what_would_be_asked_about_is_refused_as_unsafe(operator):
    """To say that --yes is missing would send people to what is refused as well."""
    code, said = operator.apply(silent(), yes=False)
    assert (code, said["error"]["kind"]) == (3, "Unsafe")


def test_a_plan_as_json_has_its_fields_whatever_is_in_it(operator):
    """A program need not ask what is there."""
    said = operator.plan(fresh())[1]
    assert said.keys() == {
        *("version", "exit_code", "domain", "steps", "problems", "todo", "notes", "done"),
    }
    fields = {"key", "title", "removed", "added", "why", "affects", "unsafe"}
    assert {frozenset(step) for step in said["steps"]} == {frozenset(fields)}
    said = operator.status(fresh())[1]
    assert (said["domain"], said["complete"], said["journal"]) == (DOMAIN, False, None)


def test_settings_that_name_no_inbox_are_told_with_their_file(tmp_path, capsys):
    """Inboxes on the command line are taken instead."""
    operator = Operator(tmp_path, capsys, settings="FALLBACK_INBOXES = []")
    code, said = operator.plan(redirect())
    assert code == 2
    assert said["error"]["what"].startswith(f"{operator.settings}: FALLBACK_INBOXES: name at least one inbox")
    assert operator.plan(redirect(), inboxes=(INBOX,))[0] == 0


def test_without_settings_all_can_be_named_and_is_named_in_the_next_step(operator, monkeypatch):
    """Somewhere else than where wrangler.toml is."""
    operator.settings.unlink()
    monkeypatch.chdir(operator.folder)
    given = {"config": None, "worker": "mail-failover", "json": False}
    _, (out, _) = operator.plan(redirect(), **given, inboxes=(INBOX,))
    again = f"mail-failover setup apply --domain {DOMAIN} --worker mail-failover --inbox {INBOX}"
    assert f"; `{again}` makes these changes." in out
    code, (out, _) = operator.plan(redirect(), **given)
    assert code == 1
    assert (
        "In the way: No inbox is named. Set FALLBACK_INBOXES in .dev.vars, or name one with --inbox.\n" in out
    )


def test_signs_of_life_say_what_is_waited_for(operator, monkeypatch):
    """A request that is tried again, the click of a person."""
    signs = []
    monkeypatch.setattr(Voice, "doing", lambda _voice, what: signs.append(what))
    busy = Voice.busy

    def noted(voice, what):
        signs.append(what)
        return busy(voice, what)

    monkeypatch.setattr(Voice, "busy", noted)
    standin = fresh(fault=fault_at(1, "429"), clicks_after=4)
    operator.apply(standin)
    operator.undo(standin)
    assert signs == [
        "Reading the domain",
        "Cloudflare would not list the zones: slow down (HTTP 429, code 971); trying again in 7 s",
        "Reading the domain again",
        "Working",
        "Add Email Routing to the SPF record",
        f"Add the inbox {INBOX}",
        f"Wait until {INBOX} is verified",
        f"Waiting for the click in the mail to {INBOX}; 30 minutes left",
        "Let the catch-all hand mail to the Worker mail-failover",
        "Add the edge's MX behind the primary",
        "Switch Email Routing on",
        "Add Email Routing to the SPF record",
        "Reading the domain",
        "Looking who else uses the inboxes",
        "Reading the domain again",
        "Looking who else uses the inboxes",
        "Working",
        "Unlock the MX records of Email Routing",
        "Take the edge's MX out",
        "Put the catch-all back",
        "Switch Email Routing off",
        "Put the SPF record back",
        f"Remove the inbox {INBOX}",
    ]


def test_status_says_first_what_an_edge_does_to_mail_that_refuses_it(operator):
    """As a kill leaves it; what is missing alone does not sound like that."""
    standin = redirect()
    standin.add("MX", DOMAIN, "route1.mx.cloudflare.net", priority=50)
    code, (out, _) = operator.status(standin, json=False)
    assert code == 1
    assert out.splitlines()[1] == ("Right now the edge is named but off, so it refuses mail for good.")
