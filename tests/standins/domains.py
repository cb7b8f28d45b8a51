"""Six domains to set up, an operator to do it, and what must hold at every moment."""

import json
import shlex
import tomllib
from pathlib import Path

from mail_failover.setup.outside import Outlook
from mail_failover.setup.run import run
from mail_failover.setup.session import Options, World
from standins.cloudflare import DOMAIN, TOKEN, Standin

INBOX = "anna@example.net"
ENTRY = Path(__file__).resolve().parents[2] / "src" / "entry.py"
OWN = {"type": "MX", "name": DOMAIN, "content": "mail.example.com", "priority": 10, "ttl": 300}
SPF = {"type": "TXT", "name": DOMAIN, "content": "v=spf1 mx -all", "ttl": 600, "comment": "written by hand"}
OTHERS = (
    {"type": "A", "name": "mail.example.com", "content": "192.0.2.10"},
    {"type": "TXT", "name": "_dmarc.example.com", "content": '"v=DMARC1; p=none"'},
    {"type": "TXT", "name": DOMAIN, "content": "some-verification=1"},
    {"type": "MX", "name": "sub.example.com", "content": "mail.example.com", "priority": 5},
)


def fresh(**switches):
    """Make a self-hosted domain that knows nothing of Email Routing, and an inbox that nobody added yet."""
    return Standin([OWN, SPF, *OTHERS], **{"clicks_after": 3, **switches})


def forwarding(**switches):
    """Make the recipe of 2023, followed to its end: edge behind the primary, catch-all to an inbox."""
    spf = {**SPF, "content": "v=spf1 mx include:_spf.mx.cloudflare.net -all"}
    standin = Standin([OWN, spf, *OTHERS], **switches)
    standin.route(locked=False, preferences=(20, 30, 40))
    standin.inbox(INBOX)
    action = {"type": "forward", "value": [INBOX]}
    standin.catch_all = {
        "id": "c",
        "matchers": [{"type": "all"}],
        "actions": [action],
        "enabled": True,
        "name": "to my other mailbox",
    }
    return standin


def locked(**switches):
    """Make an Email Routing switched on from the dashboard: random numbers win, nothing can be edited."""
    spf = {**SPF, "content": '"v=spf1 a:mail.example.com include:_spf.mx.cloudflare.net ~all"'}
    standin = Standin([OWN, spf, *OTHERS], **switches)
    standin.route(locked=True)
    standin.inbox(INBOX)
    return standin


def two_spf(**switches):
    """Make two SPF records, so that the rules can't even be read."""
    second = {**SPF, "content": '"v=spf1 ip4:192.0.2.10 ~all"', "comment": None}
    standin = Standin([OWN, SPF, second, *OTHERS], **switches)
    standin.inbox(INBOX)
    return standin


def redirect(**switches):
    """Make an SPF record that hands over to another one, and a second MX of one's own."""
    spf = {**SPF, "content": '"v=spf1 redirect=_spf.example.net"'}
    second = {**OWN, "content": "mail2.example.com", "priority": 20}
    standin = Standin([OWN, second, spf, *OTHERS], **switches)
    standin.inbox(INBOX)
    return standin


def hosted(**switches):
    """Make a domain with mail at a large provider."""
    mx = [
        {**OWN, "content": "aspmx.l.google.com", "priority": 1},
        {**OWN, "content": "alt1.aspmx.l.google.com", "priority": 5},
    ]
    spf = {**SPF, "content": '"v=spf1 include:_spf.google.com ~all"'}
    standin = Standin([*mx, spf, *OTHERS], **switches)
    standin.inbox(INBOX)
    return standin


ZONES = {zone.__name__: zone for zone in (fresh, forwarding, locked, two_spf, redirect, hosted)}


def resolve(name, kind):
    """Play the DNS, as far as SPF records lead there."""
    if kind != "TXT":
        return ["192.0.2.10"]
    return ["v=spf1 ip4:104.30.0.0/20 ~all"]


class Operator:
    """Runs commands in a folder against a stand-in; `say` is what they print, as JSON."""

    def __init__(self, folder, capsys, *, env=None, settings=None):
        self.capsys = capsys
        self.env = {"CLOUDFLARE_API_TOKEN": TOKEN} if env is None else env
        self.folder = folder
        self.settings = folder / "wrangler.toml"
        inboxes = settings or f'FALLBACK_INBOXES = ["{INBOX}"]'
        self.variables = tomllib.loads(inboxes)
        self.settings.write_text(f'name = "mail-failover"\nmain = "{ENTRY}"\n[vars]\n{inboxes}\n')
        self.policy = "version: STSv1\nmode: enforce\nmax_age: 86400\nmx: mail.example.com\n"
        self.resolve = resolve
        self.now = 0.0
        self.answers = []
        self.asked = []

    def run(self, command, standin, **options):
        """Run one command; return its exit code and what it said: a value for JSON, else (out, err)."""
        given = {
            "domain": DOMAIN,
            "config": self.settings,
            "json": True,
            "yes": True,
            "wait": True,
            **options,
        }
        world = World(
            env=self.env,
            transport=standin.transport,
            outlook=Outlook(self.resolve, lambda _url: self.policy),
            sleep=self.sleep,
            clock=lambda: self.now,
            is_terminal=lambda: bool(self.answers),
            ask=self._answer,
        )
        if getattr(standin, "deployed", ...) == {}:
            standin.upload(**self.variables)
        self.capsys.readouterr()
        code = run(command, Options(**given), world)
        out, err = self.capsys.readouterr()
        return (code, json.loads(out)) if given["json"] else (code, (out, err))

    def again(self, command, *options):
        """Return what a person is told to type next."""
        words = ["setup", command, "--domain", DOMAIN, "--config", str(self.settings), *options]
        return f"mail-failover {shlex.join(words)}"

    def deploy(self, *options):
        """Return how a person is told to upload the Worker."""
        return f"mail-failover {shlex.join(['deploy', '--config', str(self.settings), *options])}"

    def plan(self, standin, **options):
        """Run `setup plan`."""
        return self.run("plan", standin, **options)

    def apply(self, standin, **options):
        """Run `setup apply`."""
        return self.run("apply", standin, **options)

    def undo(self, standin, **options):
        """Run `setup undo`."""
        return self.run("undo", standin, **{"wait": False, **options})

    def status(self, standin, **options):
        """Run `setup status`."""
        return self.run("status", standin, **options)

    def sleep(self, seconds):
        """Let the seconds pass at once."""
        self.now += seconds

    def _answer(self, question):
        self.asked.append(question)
        return self.answers.pop(0)


def restored(standin, before):
    """Tell whether all is as it was; a lock may have been lifted, and none may have come."""
    now = standin.state()
    return now["locked"] <= before["locked"] and {**now, "locked": False} == {**before, "locked": False}


def split_mx(standin):
    """Return the preferences of the primary and those of the edge."""
    own = [p for p, name in standin.mx if not name.endswith(".mx.cloudflare.net")]
    return own, [p for p, name in standin.mx if name.endswith(".mx.cloudflare.net")]


class Invariants:
    """Watches a stand-in: what must hold after every single change, and `broken` if it does not.

    `lenient`: how many changes in a row may leave the primary not the best MX, for an Email Routing that
    breaks it by itself.
    """

    def __init__(self, standin, *, lenient=0):
        own, edge = split_mx(standin)
        self.own = len(own)
        self.already_lost = bool(edge) and min(edge) <= max(own)
        self.most_spf = len(standin.spf)
        self.lenient, self.lost, self.off, self.doubled = lenient, 0, 0, 0
        self.broken = []
        standin.watch.append(self.check)

    def check(self, standin):
        """Check one moment."""
        own, edge = split_mx(standin)
        last = standin.requests[-1]
        wins = len(own) == self.own and all(p > max(own) for p in edge)
        self.already_lost = self.already_lost and not wins
        self.lost = 0 if wins or self.already_lost else self.lost + 1
        if self.lost > self.lenient:
            self.broken.append(f"primary not best after {last}: {standin.mx}")
        self.off = self.off + 1 if edge and not standin.enabled else 0
        if self.off > 1:
            self.broken.append(f"edge named while off after {last}")
        self.most_spf = min(self.most_spf, max(len(standin.spf), 1))
        self.doubled = self.doubled + 1 if len(standin.spf) > self.most_spf else 0
        if self.doubled > 1:
            self.broken.append(f"{len(standin.spf)} SPF records after {last}")
