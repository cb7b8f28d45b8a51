"""The domain at the beginning of a run: MX, SPF, Email Routing, the catch-all, and what is others'."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from standins.cloudflare import DKIM, DOMAIN, EDGE_SPF, HOSTS, Standin
from standins.domains import INBOX

OWN_HOSTS = ("mail.example.com", "Mail2.Example.com", "mx.example.org.")
SPF_TEXTS = (
    "v=spf1 mx -all",
    "v=spf1 a:mail.example.com include:_spf.mx.cloudflare.net ~all",
    "v=spf1 ip4:192.0.2.10 ?all",
    "V=SPF1 mx",
    "v=spf1 redirect=_spf.example.net",
    "v=spf1 -all",
    "v=spf1 mx nonsense:1 -all",
    EDGE_SPF.strip('"'),
)
OTHERS = {
    "a": [("A", "mail.example.com", "192.0.2.10")],
    "verification": [("TXT", DOMAIN, "some-verification=1")],
    "dmarc": [("TXT", f"_dmarc.{DOMAIN}", '"v=DMARC1; p=none"')],
    "subdomain": [("MX", f"sub.{DOMAIN}", "mail.example.com")],
    # Cloudflare's Email Sending: https://developers.cloudflare.com/email-service/
    "sending": [
        *(("MX", f"cf-bounce.{DOMAIN}", host) for host in HOSTS),
        ("TXT", f"cf-bounce.{DOMAIN}", '"v=spf1 include:_spf.mx.cloudflare.net ~all"'),
        ("TXT", f"cf-bounce._domainkey.{DOMAIN}", DKIM),
    ],
    "routed": [("MX", f"news.{DOMAIN}", host) for host in HOSTS],
    "dkim": [("TXT", f"cf-own._domainkey.{DOMAIN}", DKIM), ("TXT", f"s1._domainkey.{DOMAIN}", DKIM)],
}
RULES = {
    "drop": None,
    "forward": ({"type": "forward", "value": [INBOX]}, True),
    "forward, off": ({"type": "forward", "value": [INBOX]}, False),
    "another worker": ({"type": "worker", "value": ["other"]}, True),
    "ours": ({"type": "worker", "value": ["mail-failover"]}, True),
}
WORKERS = ("mail-failover", "second", "other")
NUMBERS = st.sampled_from([10, 0, 1, 20, 50, 65534, 65535]) | st.integers(0, 65535)


@dataclass(frozen=True)
class Zone:
    """A domain; what is left out is as in one that knows nothing of Email Routing.

    `own`: MX as (host, number, TTL). `spf`: records as (text, quoted, TTL, comment, tags), of which the last
    belongs to Email Routing if it is on and `adopted`. `edge`: the numbers of its MX; `routing`: off, on or
    locked.
    """

    own: tuple = (("mail.example.com", 10, 300),)
    spf: tuple = (("v=spf1 mx -all", True, 1, None, ()),)
    edge: tuple = ()
    routing: str = "off"
    adopted: bool = False
    catch_all: str = "drop"
    inbox: str = "verified"
    rule: bool = False
    others: tuple = ()
    switches: dict = field(default_factory=dict)

    @property
    def can_succeed(self):
        """Whether Email Routing lets itself be switched on beside the primary's MX."""
        refuses = self.switches.get("mx_on_enable") in {"refuse", "conflict"}
        return self.routing != "off" or not refuses

    def build(self):
        """Make the account that holds it."""
        standin = Standin(scripts=[{"id": name, "handlers": ["email"]} for name in WORKERS])
        for host, number, ttl in self.own:
            standin.add("MX", DOMAIN, host, priority=number, ttl=ttl)
        last = None
        for text, quoted, ttl, comment, tags in self.spf:
            content = f'"{text}"' if quoted else text
            last = standin.add("TXT", DOMAIN, content, ttl=ttl, comment=comment, tags=[*tags])
        for name in self.others:
            for number, (kind, where, content) in enumerate(OTHERS[name]):
                standin.add(kind, where, content, **({"priority": 5 + number} if kind == "MX" else {}))
        self._route(standin, last)
        if self.inbox != "absent":
            standin.inbox(INBOX, verified=self.inbox == "verified")
        if rule := RULES[self.catch_all]:
            standin.catch_all = catch_all(*rule, name="as it was")
        if self.rule:
            matcher = {"type": "literal", "field": "to", "value": f"shop@{DOMAIN}"}
            standin.rules.append({**catch_all(*RULES["forward"]), "id": "u", "matchers": [matcher]})
        for name, value in self.switches.items():
            setattr(standin, name, value)
        return standin

    def _route(self, standin, last):
        if self.routing != "off":
            standin.route(locked=self.routing == "locked", preferences=self.edge or (5, 92, 81))
            standin.linked |= {last["id"]} if last and self.adopted else set()
        elif self.edge:
            for host, number in zip(HOSTS, self.edge, strict=True):
                standin.add("MX", DOMAIN, host, priority=number)


def catch_all(action, enabled, name=""):
    """Return a rule for all mail."""
    matchers = [{"type": "all"}]
    return {"id": "c", "matchers": matchers, "actions": [action], "enabled": enabled, "name": name}


@st.composite
def zones(draw):
    """Draw a domain; most are common ones."""
    seldom = st.sampled_from([False, False, False, True])
    hosts = draw(st.lists(st.sampled_from(OWN_HOSTS), min_size=1, max_size=3, unique=True))
    own = tuple((host, draw(NUMBERS), draw(st.sampled_from([1, 300, 3600]))) for host in hosts)
    count = draw(st.sampled_from([1, 1, 1, 2, 2, 0]))
    # A redirect is void beside others, what can't be read is in the way: of both a few are enough.
    some = st.sampled_from([*SPF_TEXTS[:4], *SPF_TEXTS])
    texts = draw(st.lists(some, min_size=count, max_size=count, unique_by=str.lower))
    comments, tags = st.sampled_from([None, "by hand"]), st.sampled_from([(), ("mail:spf",)])
    spf = tuple(
        (text, draw(st.booleans()), draw(st.sampled_from([1, 600])), draw(comments), draw(tags))
        for text in texts
    )
    routing = draw(st.sampled_from(["off", "off", "off", "on", "locked"]))
    has_edge = routing != "off" or draw(seldom)
    edge = tuple(draw(st.lists(st.integers(0, 99), min_size=3, max_size=3))) if has_edge else ()
    inbox = draw(st.sampled_from(["verified", "absent", "unverified"]))
    kept = ["drop", "drop", "drop", "another worker"] + (["ours"] if inbox != "absent" else [])
    kept += ["forward", "forward, off"] if inbox == "verified" else []
    others = tuple(draw(st.lists(st.sampled_from([*OTHERS]), max_size=3, unique=True)))
    rule = inbox == "verified" and draw(seldom)
    adopted = draw(st.booleans())
    return Zone(
        own, spf, edge, routing, adopted, draw(st.sampled_from(kept)), inbox, rule, others, draw(switches())
    )


@st.composite
def switches(draw):
    """Draw how Email Routing behaves where reports of it differ."""
    found = {
        "mx_on_enable": draw(st.sampled_from(["keep", "random", "replace"] * 3 + ["refuse", "conflict"])),
        "spf_on_enable": draw(st.sampled_from(["replace", "keep", "add"])),
        "quotes": draw(st.sampled_from(["as written", "quoted", "never"])),
        "adopts": draw(st.sampled_from([True, False])),
        "hides_lock": draw(st.booleans()),
        "locks_spf": draw(st.booleans()),
        "rules_need_routing": draw(st.booleans()),
        "uploads_unseen": draw(st.sampled_from([0, 0, 2])),
        "clicks_after": draw(st.sampled_from([0, 3, 6])),
    }
    plain = {name: getattr(Standin(), name) for name in found}
    return {name: value for name, value in found.items() if value != plain[name]}
