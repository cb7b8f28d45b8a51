"""`wrangler deploy` for real, to an account that is a stand-in: what is sent, what stays of what was set.

Every run of wrangler takes a second and a half: these are three.
"""

import json
import tomllib

from standins.cloudflare import Standin
from standins.cloudflare_server import serving
from standins.deploying import copy_checkout, python_files, wrangler
from standins.node import ROOT

SCRIPT = "/accounts/account-1/workers/scripts/mail-failover"
# What each deploy says of the Worker's address.
ADDRESS = ("POST", f"{SCRIPT}/subdomain")
OBJECT = {"name": "DOMAINS", "type": "durable_object_namespace", "class_name": "Domain"}
INBOXES = {"name": "FALLBACK_INBOXES", "type": "json", "json": ["anna@inbox.test"]}
DETAIL = {"name": "ALERT_DETAIL", "type": "plain_text", "text": "sender"}
SECRETS = {"TELEGRAM_BOT_TOKEN": "123456789:sEcReT", "SPOOL_TOKEN": "sEcReT " + "x" * 40}
# What a deploy sends but for variables, secrets and the migration.
SAME = {
    "main_module": "entry.py",
    "compatibility_date": "2026-11-01",
    "compatibility_flags": ["python_workers", "disable_python_external_sdk"],
    "observability": {"enabled": True},
}
KEPT_ALWAYS = ["secret_text", "secret_key"]
FIRST = {
    "bindings": [OBJECT],
    "keep_bindings": ["plain_text", "json", *KEPT_ALWAYS],
    "migrations": {"new_tag": "v1", "steps": [{"new_sqlite_classes": ["Domain"]}]},
    # wrangler's own, where there are objects: when those that run take the new code.
    "code_update_strategy": {"mode": "deferred", "max_delay": 300},
}


class Account:
    """A fresh account, and a copy of the checkout that is deployed to it."""

    def __init__(self, folder):
        self.standin = Standin(scripts=[], subdomain="")
        self.folder = copy_checkout(folder)
        self.said = ""

    def deploy(self, *words, **given):
        """Deploy; return what changed the account: method and path of each request."""
        before = len(self.standin.requests)
        self.said = wrangler(self.folder, "deploy", *words, **given)
        assert "WARNING" not in self.said
        assert not any(secret in self.said for secret in SECRETS.values())
        return [each for each in self.standin.requests[before:] if each[0] != "GET"]

    @property
    def worker(self):
        """What is deployed."""
        return self.standin.deployed["mail-failover"]


def own_configuration(document):
    """Return the configuration of an upload whose variables are all there are."""
    variables = {"FALLBACK_INBOXES": INBOXES["json"], "ALERT_DETAIL": DETAIL["text"]}
    return json.dumps({**document, "keep_vars": False, "vars": variables})


def by_name(bindings):
    """Return bindings in an order that does not matter."""
    return sorted(bindings, key=lambda each: each["name"])


def test_a_plain_deploy_keeps_what_was_set_and_sends_src_and_nothing_else(tmp_path):
    """First of all, on a fresh account; then settings and secrets in one upload; then a plain one again."""
    (folder := tmp_path / "checkout").mkdir()
    account = Account(folder)
    with serving(account.standin) as environment:
        changes = account.deploy(**environment)
        worker = account.worker
        assert changes == [("PUT", SCRIPT), ADDRESS]
        assert worker.live.metadata == SAME | FIRST
        files = python_files(ROOT / "src")
        assert worker.live.modules == {name: (files[name], "text/x-python") for name in files}
        assert worker.workers_dev == {"enabled": False, "previews_enabled": False}

        document = tomllib.loads((folder / "wrangler.toml").read_text())
        (folder / "upload.json").write_text(own_configuration(document))
        (folder / "secrets.json").write_text(json.dumps(SECRETS))
        changes = account.deploy("--config=upload.json", "--secrets-file=secrets.json", **environment)
        assert changes[0] == ("POST", f"{SCRIPT}/versions")
        secrets = [{"name": name, "type": "secret_text", "text": SECRETS[name]} for name in SECRETS]
        sent = worker.live.metadata
        assert by_name(sent["bindings"]) == by_name([INBOXES, DETAIL, OBJECT, *secrets])
        assert sent == SAME | {"bindings": sent["bindings"], "keep_bindings": KEPT_ALWAYS}
        everything = worker.bindings

        # What wrangler reads for `wrangler dev` goes nowhere; its token may lie in .env.
        (folder / ".dev.vars").write_text("SLACK_BOT_TOKEN=xoxb-1\nALERT_DETAIL=preview\n")
        (folder / ".env").write_text("".join(f"{name}={environment[name]}\n" for name in environment))
        changes = account.deploy()
        assert [path for _, path in changes] == [
            *(f"{SCRIPT}/versions", f"{SCRIPT}/deployments", f"{SCRIPT}/script-settings"),
            ADDRESS[1],
        ]
        assert worker.live.metadata == SAME | {name: FIRST[name] for name in ("bindings", "keep_bindings")}
        assert worker.bindings == everything
        assert len(worker.versions) == 3
    assert (folder / "wrangler.toml").read_bytes() == (ROOT / "wrangler.toml").read_bytes()
