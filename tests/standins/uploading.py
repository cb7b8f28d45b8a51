"""`deploy` in a folder of its own, with a script in wrangler's place and a stand-in of the account."""

import json
import os
import shutil
from dataclasses import dataclass

import httpx

from mail_failover.deploy.run import Options, World, run_deploy
from standins.cloudflare import TOKEN, Standin
from standins.node import ROOT
from standins.upload import SECRETS, Upload
from standins.workers import Deployed
from standins.wrangler import RECORD, write_script

BOT = "123456789:sEcReT-telegram-token-0000000000000"
DOOR = "sEcReT" + "0" * 40
SETTINGS = f"""
FALLBACK_INBOXES='["anna@inbox.test"]'
TELEGRAM_CHAT_ID=4711
TELEGRAM_BOT_TOKEN={BOT}
SPOOL_TOKEN={DOOR}
"""
DONE = 'open(os.environ["RECORD"] + ".done", "w")'
"""What a script that plays wrangler does when its upload takes effect."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, what it printed, what wrangler was `given`, if it was started."""

    code: int
    out: str
    err: str
    given: dict | None
    asked: list[str]
    slept: list[float]

    @property
    def text(self):
        """All that was printed."""
        return self.out + self.err


class Stage:
    """A folder with settings, and an account."""

    def __init__(self, folder, capsys):
        self.folder, self.capsys = folder, capsys
        self.standin = Standin(scripts=[])
        self.record, self.done = folder / "record.json", folder / "record.json.done"
        self.env = {"PATH": os.environ["PATH"], "CLOUDFLARE_API_TOKEN": TOKEN, "RECORD": str(self.record)}
        (folder / "here").mkdir()
        (folder / "here" / "src").symlink_to(ROOT / "src")
        shutil.copy(ROOT / "wrangler.toml", folder / "here")
        self.settings(SETTINGS)
        self.wrangler('say("Uploaded")')

    @property
    def config(self):
        """The wrangler.toml."""
        return self.folder / "here" / "wrangler.toml"

    def settings(self, text):
        """Write .dev.vars."""
        (self.folder / "here" / ".dev.vars").write_text(text)

    def wrangler(self, body):
        """Put a script in wrangler's place, which records what it is given; at its end that takes effect."""
        (self.folder / "bin").mkdir(exist_ok=True)
        self.env["WRANGLER"] = str(write_script(self.folder / "bin", f"{RECORD}{body}\n{DONE}"))

    def run(self, *, terminal=False, answer=True, **options):
        """Run the command."""
        self.record.unlink(missing_ok=True)
        asked, slept = [], []
        world = World(
            self.env,
            httpx.MockTransport(self._handle),
            slept.append,
            lambda: terminal,
            lambda question: asked.append(question) or answer,
        )
        self.capsys.readouterr()
        code = run_deploy(Options(**{"config": self.config, **options}), world)
        given = json.loads(self.record.read_text()) if self.record.exists() else None
        return Ended(code, *self.capsys.readouterr(), given, asked, slept)

    def _handle(self, request):
        if self.done.exists():
            self.done.unlink()
            given = json.loads(self.record.read_text())
            if "--dry-run" not in given["argv"]:
                put(self.standin, given["config"], json.loads(given["stdin"] or "{}"))
        return self.standin.transport.handler(request)


def put(standin, config, secrets):
    """Let an upload take effect: these variables and no other, these secrets beside those that were there."""
    name, there = config["name"], standin.deployed.get(config["name"]) or Deployed()
    kept = [each for each in there.live.bindings if each["type"] in SECRETS and each["name"] not in secrets]
    kinds = {n: "text" if isinstance(value, str) else "json" for n, value in config["vars"].items()}
    bindings = [
        {"name": n, "type": "plain_text" if kind == "text" else "json", kind: config["vars"][n]}
        for n, kind in kinds.items()
    ]
    bindings += [{"type": "durable_object_namespace", **b} for b in config["durable_objects"]["bindings"]]
    bindings += [{"name": n, "type": "secret_text", "text": text} for n, text in secrets.items()]
    runtime = {n: config[n] for n in ("compatibility_date", "compatibility_flags")}
    there.live = Upload({"main_module": "", **runtime}, {}, bindings + kept)
    there.workers_dev = {"enabled": config["workers_dev"], "previews_enabled": False}
    standin.deployed[name] = there
    standin.domains = [
        {"hostname": r["pattern"], "service": name} for r in config.get("routes", ()) if isinstance(r, dict)
    ]
    entry = {"id": name, "handlers": ["email", "fetch"], "last_deployed_from": "wrangler"}
    standin.scripts = [*(each for each in standin.scripts if each["id"] != name), entry]
