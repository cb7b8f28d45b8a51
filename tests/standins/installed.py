"""Domains that are set up on one Worker, which keeps mail; and its owner, who types `uninstall`."""

import json
import os
from pathlib import Path

import httpx

from mail_failover import cli
from mail_failover.door.address import TOKEN_FILE
from mail_failover.setup import session
from mail_failover.setup.outside import Outlook
from mail_failover.uninstall.removal import Options, World
from mail_failover.uninstall.run import run
from standins.cloudflare import DOMAIN, TOKEN, ZONE, Standin
from standins.domains import INBOX, OWN, SPF, Operator, fresh
from standins.door import TOKEN as DOOR_TOKEN
from standins.door import Door, Link
from standins.workers import namespace_id

WORKER = "mail-failover"
SECOND, SECOND_ZONE = "example.org", "zone-2"
HOST = f"{WORKER}.anna.workers.dev"


class Neighbours(httpx.BaseTransport):
    """The account with a second zone, which is set up as the first one is."""

    def __init__(self, standin):
        self.first = standin
        there = [{**each, "name": SECOND} for each in (OWN, SPF)]
        self.second = Standin(there, domain=SECOND)
        standin.zones.append({**standin.zones[0], "id": SECOND_ZONE, "name": SECOND})

    def handle_request(self, request):
        first, second = self.first, self.second
        second.scripts, second.addresses = first.scripts, first.addresses
        first.elsewhere[SECOND_ZONE] = [*second.rules, *([second.catch_all] if second.catch_all else [])]
        path = request.url.path
        if f"/zones/{SECOND_ZONE}" not in path:
            return first.transport.handle_request(request)
        url = request.url.copy_with(path=path.replace(SECOND_ZONE, ZONE))
        return second.transport.handle_request(
            httpx.Request(request.method, url, headers=request.headers, content=request.read())
        )


class Doors(httpx.AsyncBaseTransport):
    """The Worker's door: of each domain a spool of its own. `hosts` are the names that were asked.

    Whoever is asked for has an object by then, and so has the door's counter: `remember` takes their names.
    """

    def __init__(self, remember):
        self.of = {DOMAIN: Door(), SECOND: Door()}
        self.hosts, self.remember = set(), remember

    async def handle_async_request(self, request):
        self.hosts.add(request.url.host)
        domain = request.url.params["domain"]
        if domain not in self.of:
            return httpx.Response(404)
        self.remember(":door", domain)
        url = request.url.copy_merge_params({"domain": DOMAIN})
        return await Link(self.of[domain]).handle_async_request(
            httpx.Request(request.method, url, headers=request.headers)
        )


class Person:
    """Answers what the test says, one by one; nobody is there once it has said all of it."""

    def __init__(self, *answers):
        self.answers = [*answers]
        self.asked = []

    def present(self):
        """Tell whether there is somebody."""
        return bool(self.answers or self.asked)

    def yes(self, question, **_):
        """Answer a question."""
        self.asked.append(question)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Owner:
    """An installed state, and what its owner types in its folder.

    `lost` tells of every moment at which mail could get lost: the Worker is gone while a rule hands mail to
    it, or went with copies in its spool.
    """

    def __init__(self, folder, capsys, monkeypatch):
        monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
        monkeypatch.setattr("mail_failover.setup.run.World", self._setup_world)
        self.capsys = capsys
        self.operator = Operator(folder, capsys)
        self.folder, self.settings = folder, self.operator.settings
        self.doors, self.person, self.lost, self.waited = Doors(self._remember), Person(), [], []
        self.force = False
        self.use(fresh(clicks_after=1))
        self.deploy()

    # --- what is there ---

    def use(self, standin):
        """Have this account."""
        self.standin, self.transport, self.neighbour = standin, standin.transport, None
        standin.watch.append(self._watch)

    def deploy(self, *, secrets=("SPOOL_TOKEN", "TELEGRAM_BOT_TOKEN"), objects=(DOMAIN, ":door")):
        """Have the Worker deployed, with objects and an address."""
        self.standin.upload(*secrets, FALLBACK_INBOXES=[INBOX])
        self.standin.deployed[WORKER].classes = {"Domain": True}
        self.at_workers_dev(True)
        self.standin.objects[namespace_id(WORKER, "Domain")] = [*objects]
        state = self.folder / ".mail-failover"
        state.mkdir(exist_ok=True)
        (state / TOKEN_FILE).write_text(DOOR_TOKEN)
        (state / TOKEN_FILE).chmod(0o600)

    def at_workers_dev(self, enabled):
        """Give the Worker an address there, or take it."""
        self.standin.deployed[WORKER].workers_dev = {"enabled": enabled, "previews_enabled": False}

    def set_up(self, *domains):
        """Run `setup apply` for the domains."""
        for day, domain in enumerate(domains or (DOMAIN,), 1):
            code, said = self.setup("apply", domain, "--wait")
            assert code == 0, said
            # As if a day had passed between two of them.
            path = Path(said["journal"])
            path.rename(path.with_name(f"2026-11-{day:02d}T00-00-00Z-000.json"))

    def add_neighbour(self):
        """Give the account a second zone, and return its stand-in."""
        self.transport = Neighbours(self.standin)
        self.neighbour = self.transport.second
        self.neighbour.watch.append(self._watch)
        return self.neighbour

    @property
    def is_there(self):
        """Whether the account has the Worker."""
        return WORKER in [script["id"] for script in self.standin.scripts]

    @property
    def open_rules(self):
        """The rules that hand mail to the Worker."""
        zones = [self.standin, *filter(None, [self.neighbour])]
        rules = [rule for zone in zones for rule in (*zone.rules, zone.catch_all) if rule and zone.enabled]
        rules += [rule for rules in self.standin.elsewhere.values() for rule in rules] * (not self.neighbour)
        return [r for r in rules if r["enabled"] and r["actions"][0].get("value") == [WORKER]]

    def journals(self):
        """Return the files of the journals."""
        return sorted(self.folder.glob(".mail-failover/*/*.json"))

    def states(self):
        """Return how far each of them has come."""
        return [json.loads(path.read_text())["state"] for path in self.journals()]

    # --- what is typed ---

    def setup(self, command, domain, *words):
        """Type a command of `setup`; return its exit code and JSON value."""
        line = ["setup", command, "--domain", domain, "--config", str(self.settings), "--yes", *words]
        ran = cli._underneath(line, True)
        return ran.code, ran.value

    def uninstall(self, *answers, **options):
        """Type `uninstall`; return its exit code and what it said: a value for JSON, else (out, err)."""
        given = {"config": self.settings, "json": not answers, "yes": not answers, **options}
        self.person, self.force = Person(*answers), given.get("force", False)
        world = World(
            cli._underneath,
            env={"CLOUDFLARE_API_TOKEN": TOKEN},
            transport=self.transport,
            door=self.doors,
            sleep=self.waited.append,
            pause=self._pause,
            ask=self.person,
        )
        self.capsys.readouterr()
        code = run(Options(**given), world)
        out, err = self.capsys.readouterr()
        assert DOOR_TOKEN not in out + err
        assert TOKEN not in out + err
        return (code, json.loads(out)) if given["json"] else (code, (out, err))

    def _remember(self, *names):
        """Have objects of these names."""
        there = self.standin.objects[namespace_id(WORKER, "Domain")]
        there += [name for name in names if name not in there]

    async def _pause(self, seconds):
        """Pass the time between two tries at once."""

    def _setup_world(self):
        operator = self.operator
        return session.World(
            env={"CLOUDFLARE_API_TOKEN": TOKEN},
            transport=self.transport,
            outlook=Outlook(operator.resolve, lambda _url: operator.policy),
            sleep=operator.sleep,
            clock=lambda: operator.now,
            is_terminal=self.person.present,
            ask=self.person.yes,
        )

    def _watch(self, standin):
        if self.is_there:
            return
        if self.open_rules:
            self.lost.append(f"a rule hands mail to a Worker that is gone, after {standin.requests[-1]}")
        states = {state for door in self.doors.of.values() for state in door.states()}
        if states - {"delivered"} and not self.force:
            self.lost.append(f"copies went with the Worker, after {standin.requests[-1]}")
