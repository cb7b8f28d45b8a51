"""`deploy` shows what it changes, asks before it changes what is there, and reads back what became of it."""

import json
import shutil
import subprocess

import pytest

from standins import uploading
from standins.uploading import BOT, DONE, DOOR, SETTINGS, put

SECRET = "sEcReT"
GIT = shutil.which("git")


def test_a_first_deploy_says_so_asks_nothing_and_is_read_back(stage):
    """Settings as variables, secrets as secrets; nothing of a secret is printed."""
    ended = stage.run()
    assert (ended.code, ended.err, ended.asked) == (0, "", [])
    assert "+ It is not deployed yet: this is its first upload." in ended.out
    assert "  Uploaded\n" in ended.out
    assert "mail-failover is deployed and was read back: it takes mail, and has these settings." in ended.out
    assert f"`mail-failover setup plan --config {stage.config}`" in ended.out
    there = stage.standin.deployed["mail-failover"].bindings
    assert there["FALLBACK_INBOXES"]["json"] == ["anna@inbox.test"]
    assert there["TELEGRAM_CHAT_ID"]["text"] == "4711"
    assert (there["TELEGRAM_BOT_TOKEN"]["text"], there["SPOOL_TOKEN"]["text"]) == (BOT, DOOR)
    assert SECRET not in ended.text


def test_what_is_there_already_goes_up_again_without_a_question(stage):
    """The code may be newer, and who has no terminal needs no --yes."""
    stage.run()
    ended = stage.run()
    assert (ended.code, ended.asked) == (0, [])
    assert "What is deployed has these settings; the code goes up again." in ended.out
    again = "Secrets that go up in the place of those that are deployed: SPOOL_TOKEN, TELEGRAM_BOT_TOKEN."
    assert again in ended.out


def test_what_is_only_added_is_not_asked_for(stage):
    """Nothing that is deployed changes."""
    stage.settings("FALLBACK_INBOXES=anna@inbox.test\n")
    stage.run()
    stage.settings(f"FALLBACK_INBOXES=anna@inbox.test\nALERT_DETAIL=sender\nSPOOL_TOKEN={DOOR}\n")
    ended = stage.run()
    assert (ended.code, ended.asked) == (0, [])
    assert '+ ALERT_DETAIL: not deployed, here "sender".' in ended.out
    assert "+ SPOOL_TOKEN: a secret that is set here, not deployed." in ended.out


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 1)])
def test_what_changes_what_is_deployed_is_shown_and_asked_for(stage, answer, code):
    """An inbox that is another, a variable that goes; a no uploads nothing."""
    stage.settings(SETTINGS + "ALERT_DETAIL=sender\n")
    stage.run()
    stage.settings(SETTINGS.replace("anna@", "ben@"))
    ended = stage.run(terminal=True, answer=answer)
    assert '- FALLBACK_INBOXES: deployed ["anna@inbox.test"], here ["ben@inbox.test"].' in ended.out
    assert '- ALERT_DETAIL: deployed "sender", not here: the next deploy removes it.' in ended.out
    assert ended.asked == ["Change mail-failover as shown?"]
    assert (ended.code, ended.given is not None) == (code, answer)
    there = stage.standin.deployed["mail-failover"].bindings
    assert ("ALERT_DETAIL" in there) == (not answer)
    assert ("Nothing was uploaded." in ended.out) == (not answer)


@pytest.mark.parametrize("options", [{}, {"json": True, "terminal": True}])
def test_without_somebody_to_ask_only_yes_is_consent(stage, options):
    """Exit code 2, and the line that says yes can be pasted."""
    stage.run()
    stage.settings(SETTINGS.replace("anna@", "ben@"))
    ended = stage.run(**options)
    assert (ended.code, ended.given, ended.asked) == (2, None, [])
    words = "--json --yes" if options else "--yes"
    assert f"If you want what is shown: `mail-failover deploy --config {stage.config} {words}`." in ended.err
    assert stage.run(yes=True).code == 0


def test_a_secret_that_is_not_here_stays_as_it_is_deployed(stage):
    """And its chat with it."""
    stage.run()
    stage.settings(f"FALLBACK_INBOXES='[\"anna@inbox.test\"]'\nTELEGRAM_CHAT_ID=4711\nSPOOL_TOKEN={DOOR}\n")
    ended = stage.run()
    assert ended.code == 0
    assert "Secrets that go up in the place of those that are deployed: SPOOL_TOKEN." in ended.out
    assert "Secrets that stay as they are deployed: TELEGRAM_BOT_TOKEN." in ended.out
    assert stage.standin.deployed["mail-failover"].bindings["TELEGRAM_BOT_TOKEN"]["text"] == BOT


def test_what_was_edited_in_the_dashboard_is_not_replaced_unasked(stage):
    """Nor is a Worker of the same name that takes no mail."""
    stage.run()
    stage.standin.scripts[0]["last_deployed_from"] = "dash"
    ended = stage.run(terminal=True, answer=False)
    assert "- code: deployed from the dashboard; what was edited there is replaced." in ended.out
    assert (ended.code, ended.given) == (1, None)
    stage.standin.scripts[0] |= {"handlers": ["fetch"], "last_deployed_from": "wrangler"}
    ended = stage.run(terminal=True, answer=False)
    assert (
        "- code: what is deployed takes no mail, so it may be another Worker; this replaces it." in ended.out
    )
    assert (ended.code, ended.given) == (1, None)


@pytest.mark.parametrize("bindings", [[], [{"name": "STORE", "type": "kv_namespace"}]])
def test_a_worker_that_takes_mail_and_has_nothing_of_this_one_is_not_replaced_unasked(stage, bindings):
    """One of the same date and flags would seem to lack settings only."""
    stage.run()
    stage.standin.deployed["mail-failover"].live.bindings[:] = bindings
    ended = stage.run()
    assert "- code: what is deployed has nothing of this Worker; it may be another" in ended.out
    assert (ended.code, ended.given) == (2, None)
    # The first deploy of all may have been wrangler's, without settings.
    objects = {"name": "DOMAINS", "type": "durable_object_namespace", "class_name": "Domain"}
    stage.standin.deployed["mail-failover"].live.bindings[:] = [objects]
    assert stage.run().code == 0


def test_a_secret_that_becomes_a_variable_is_not_said_to_stay(stage):
    """It is told once, as what changes."""
    stage.run()
    bindings = stage.standin.deployed["mail-failover"].live.bindings
    bindings[:] = [each for each in bindings if each["name"] != "TELEGRAM_CHAT_ID"]
    bindings.append({"name": "TELEGRAM_CHAT_ID", "type": "secret_text", "text": "4711"})
    ended = stage.run(dry_run=True)
    assert "- TELEGRAM_CHAT_ID: deployed as a secret, here a variable." in ended.out
    assert "stay as they are deployed" not in ended.out


def test_the_doors_address_comes_and_goes_as_the_settings_say(stage):
    """Under workers.dev; then a name of the owner's instead, after a question; and it is told at the end."""
    stage.settings(SETTINGS + "SPOOL_DOOR=workers.dev\n")
    ended = stage.run()
    assert "+ workers.dev: the Worker gets an address there." in ended.out
    assert "The spool's door is at https://mail-failover.anna.workers.dev\n" in ended.out
    stage.settings(SETTINGS + "SPOOL_DOOR=spool.example.com\n")
    ended = stage.run(terminal=True)
    assert "- workers.dev: the Worker loses its address there, and the spool's door with it." in ended.out
    assert "+ spool.example.com: the Worker gets this address." in ended.out
    assert ended.asked
    assert "The spool's door is at https://spool.example.com\n" in ended.out
    assert ended.given["config"]["routes"] == [{"pattern": "spool.example.com", "custom_domain": True}]


@pytest.mark.parametrize("stays", [True, False])
def test_a_name_that_another_one_takes_the_place_of_may_go_or_stay(stage, monkeypatch, stays):
    """Nobody knows whether Cloudflare takes it away: it is asked for, and told if it is there still."""
    stage.settings(SETTINGS + "SPOOL_DOOR=old.example.com\n")
    stage.run()
    stage.settings(SETTINGS + "SPOOL_DOOR=new.example.com\n")
    old = [*stage.standin.domains] * stays

    def put_beside(standin, *given):
        put(standin, *given)
        standin.domains = [*old, *standin.domains]

    monkeypatch.setattr(uploading, "put", put_beside)
    ended = stage.run(terminal=True)
    assert (ended.code, ended.err, len(ended.asked)) == (0, "", 1)
    assert "- old.example.com: the Worker loses this address." in ended.out
    assert ("Note: old.example.com still leads to it" in ended.out) == stays
    assert "The spool's door is at https://new.example.com\n" in ended.out


def test_a_name_that_is_in_use_is_asked_for_before_wrangler_takes_it(stage):
    """Wrangler itself asks only where it has a terminal."""
    stage.standin.add("A", "spool.example.com", "192.0.2.1")
    stage.settings(SETTINGS + "SPOOL_DOOR=spool.example.com\n")
    ended = stage.run(terminal=True, answer=False)
    assert (
        "- spool.example.com exists already (A 192.0.2.1): the deploy puts the Worker in its place"
        in ended.out
    )
    assert (ended.code, ended.given, len(ended.asked)) == (1, None, 1)


@pytest.mark.parametrize(
    ("door", "prepare", "said"),
    [
        ("workers.dev", {"subdomain": ""}, "The account has no workers.dev subdomain yet"),
        (
            "example.com",
            {},
            "example.com is the domain itself: with the Worker in its place mail would go astray",
        ),
        ("spool.other.test", {}, "spool.other.test lies in no zone of the account"),
    ],
)
def test_an_address_that_can_not_be_had_keeps_all_of_it_from_going_up(stage, door, prepare, said):
    """Wrangler would have found out after the upload, or not at all."""
    for name, value in prepare.items():
        setattr(stage.standin, name, value)
    stage.settings(f"{SETTINGS}SPOOL_DOOR={door}\n")
    ended = stage.run(yes=True)
    assert said in ended.out
    assert (ended.code, ended.given) == (1, None)


def test_another_name_is_the_name_of_all_of_it(stage):
    """What is looked at, what goes up, and what to type next."""
    ended = stage.run(worker="second")
    assert (ended.code, ended.given["config"]["name"]) == (0, "second")
    assert "second is deployed" in ended.out
    assert [*stage.standin.deployed] == ["second"]


# --- what can go wrong ---


def test_without_a_token_it_says_what_makes_one(stage):
    """And a dry run needs none: all is checked and shown, nothing is looked at."""
    del stage.env["CLOUDFLARE_API_TOKEN"]
    ended = stage.run()
    assert (ended.code, ended.given) == (2, None)
    assert "`mail-failover init` makes one with you" in ended.err
    ended = stage.run(dry_run=True)
    assert (ended.code, stage.standin.requests) == (0, [])
    assert "Nobody looked at what is deployed" in ended.out
    assert "--dry-run" in ended.given["argv"]


def test_a_dry_run_shows_what_would_change_and_changes_nothing(stage, tmp_path):
    """Asks nothing, either."""
    stage.run()
    before = stage.standin.deployed["mail-failover"].live
    stage.settings(SETTINGS.replace("anna@", "ben@"))
    ended = stage.run(terminal=True, dry_run=True, outdir=tmp_path / "out")
    assert (ended.code, ended.asked) == (0, [])
    assert "- FALLBACK_INBOXES: deployed" in ended.out
    assert ended.out.endswith(
        f"Nothing was uploaded. `mail-failover deploy --config {stage.config}` does it.\n"
    )
    assert ended.given["argv"][-3:] == ["--dry-run", "--outdir", str(tmp_path / "out")]
    assert stage.standin.deployed["mail-failover"].live is before


def test_without_settings_it_says_what_asks_for_them(stage, monkeypatch, tmp_path):
    """An empty folder."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    ended = stage.run(config=None)
    assert (ended.code, ended.given) == (2, None)
    assert "No settings here. `mail-failover init` asks for them" in ended.err


@pytest.mark.parametrize(
    ("said", "what", "fix"),
    [
        (
            "✘ [ERROR] A request to the Cloudflare API (/x) failed: Authentication error [code: 10000]",
            "The token may not upload this Worker.",
            "Add the permission Account > Workers Scripts > Edit to it at https://dash.cloudflare.com/profile",
        ),
        ("Wrangler requires at least Node.js v22.12.0.", "wrangler needs a newer Node", "Install Node 22"),
        ("✘ [ERROR] fetch failed", "wrangler did not reach Cloudflare.", "Check the network"),
        ("✘ [ERROR] a new kind of trouble", "wrangler ended with exit code 3.", "Mend what it says above"),
    ],
)
def test_why_wrangler_failed_is_told_in_our_words_below_its_own(stage, said, what, fix):
    """And what became of it."""
    stage.wrangler(f'say("{said}"); sys.exit(3)')
    ended = stage.run()
    assert ended.code == 4
    assert f"mail-failover: {what}" in ended.err
    assert "What is deployed is as it was." in ended.err
    assert fix in ended.err
    assert f"  {said}\n" in ended.out


def test_an_upload_that_happened_although_wrangler_failed_is_told(stage):
    """A custom domain can fail after it."""
    stage.run()
    stage.wrangler(f"{DONE}.close(); sys.exit(1)")
    stage.settings(SETTINGS.replace("anna@", "ben@"))
    ended = stage.run(yes=True, json=True)
    error = json.loads(ended.out)["error"]
    assert (ended.code, json.loads(ended.out)["uploaded"]) == (4, True)
    assert error["what"] == "wrangler ended with exit code 1. Some of it happened all the same."


def test_an_upload_without_effect_is_no_success(stage):
    """Whatever wrangler's exit code says; it is looked for a few times."""
    stage.wrangler("os._exit(0)")
    ended = stage.run()
    assert ended.code == 1
    assert "what is deployed is not as it should be: it takes no mail" in ended.err
    assert ended.slept[:3] == [1, 2, 4]


def test_an_answer_that_is_lost_says_what_became_of_the_upload(stage):
    """Before it nothing was uploaded; after it, it was."""
    stage.standin.fault = lambda *_: "500"
    ended = stage.run()
    assert (ended.code, ended.given) == (4, None)
    assert "mail-failover: Nothing was uploaded. Cloudflare would not list the zones" in ended.err
    stage.standin.fault = lambda *_: "500" if stage.standin.deployed else None
    ended = stage.run()
    assert ended.code == 4
    assert "mail-failover: It was uploaded; `mail-failover deploy" in ended.err


@pytest.mark.skipif(GIT is None, reason="needs git")
def test_secrets_that_a_commit_would_publish_are_pointed_out(stage):
    """Without a checkout nothing keeps git from them; the line that does can be pasted."""
    here = stage.config.parent
    subprocess.run([GIT, "init", "-q", here], check=True)
    ended = stage.run()
    assert "Note: git does not ignore .dev.vars here, so a commit publishes it:\n" in ended.out
    [line] = [line for line in ended.out.splitlines() if line.startswith("  printf ")]
    subprocess.run(["/bin/sh", "-c", line], check=True)
    assert (here / ".gitignore").read_text() == ".dev.vars\n"
    assert "git does not ignore" not in stage.run().out


def test_a_program_gets_one_json_value(stage):
    """With all that was said, wrangler's lines as well, and no secret."""
    stage.wrangler(f'say("Uploaded {BOT} with {stage.env["CLOUDFLARE_API_TOKEN"]}")')
    ended = stage.run(json=True)
    told = json.loads(ended.out)
    assert told == {
        "version": 1,
        "exit_code": 0,
        "worker": "mail-failover",
        "settings": f"{stage.config} and {stage.config.parent / '.dev.vars'}",
        "changes": [],
        "exposed": [],
        "problems": [],
        "secrets": {"set": ["SPOOL_TOKEN", "TELEGRAM_BOT_TOKEN"], "replaced": [], "kept": []},
        "wrangler": ["Uploaded (hidden) with (hidden)"],
        "uploaded": True,
        "address": None,
    }
