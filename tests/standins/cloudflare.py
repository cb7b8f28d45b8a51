"""A stateful stand-in of Cloudflare's API, for tests: one account, its zones, and the traps that are known.

Give `Standin.transport` to an httpx client. What it models, each with the switch for where reports differ:

* every answer in the envelope of success, errors, result; lists in pages; other tokens than TOKEN are refused
  (9109), missing permissions too (10000), while `/user/tokens/verify` tells the two apart; a token may be
  `lacking` rows of the dashboard's form, or be `forbidden` calls by a pattern; one that lacks
  "Zone > Zone > Read" is shown no zones [our guess];
* ACCOUNT_TOKEN, an account's own: it lists zones, and Email Routing refuses it with 1000 "Invalid API Token",
  as 400, 401 or 403 (`account_token_status`) [reports: open-connector#165, mailflare#1];
* a zone of another `type` than full: partial, secondary, internal [API reference, Zones]; a `domain` in
  Punycode: its zone is named in Unicode, records are not, and `GET /zones?name=` knows the Unicode name alone
  [report]; how other answers write such a domain is our guess, which is Punycode;
* an MX record's number in the record itself, which is all that a write's number counts for; or moved into
  `data`, where alone it is told and taken (`mx_in_data`) [API reference, DNS records: `priority` is to be
  deprecated in favor of `data.priority`; that a write of the old field is then ignored is our guess];
* a batch tells the records that it wrote and deleted [API reference, DNS records];
* the rules of all zones of the account in one list, each with its `zone` of `tag` and `name` [API reference,
  Email Routing, account rules]; whether catch-alls are among them nobody has shown (`lists_catch_alls`), and
  the call may not be there (`has_account_rules`); other zones than ZONE have the rules of `elsewhere`, by id;
* records: identical ones are refused (81058), a CNAME beside others too (81053); a batch is one transaction;
  TXT contents come back as they were written, always quoted, or never (`quotes`);
* Email Routing: asking for the settings or the catch-all creates them; PATCH of `enabled` does nothing;
  switching it on adds MX with random preferences and DKIM, locks the MX (890190, `meta.read_only`) and
  - keeps MX that are there, or gives the edge's new preferences, or also removes all others, or refuses, as
    invalid (2007) or as a conflict (409/2013) (`mx_on_enable`),
  - replaces the SPF record, adds a second one, or keeps it (`spf_on_enable`);
  unlocking lifts the lock, for all or for all but the edge's own records (`pins_edge`);
  the lock may hold for its SPF record too (`locks_spf`);
  the lock may not show before something is edited (`hides_lock`);
  switching it off removes what belongs to it, edited or not, whoever made it (`adopts` MX that were there);
* two SPF records make the zone misconfigured/locked, and all talk of rules answers 401, as for a wrong token;
* rules may be refused while Email Routing is off, and asking for what was never set may answer 404
  (`rules_need_routing`);
* the catch-all can't be set through /rules/{id} (2020), nor to an unverified inbox (2054), nor to a Worker
  that is not there (2016); no two rules may have the same matcher (2014); a pending zone refuses (2009);
* an account without a workers.dev `subdomain` answers 404 (10007) when it is asked for it;
* a Worker that was uploaded a moment ago is not known (404/2016) the first times (`uploads_unseen`);
* Workers are in workers.py;
* an inbox is verified when somebody clicks, which happens after `clicks_after` looks at the list;
* faults at the n-th request: lost before or after it took effect, 429 with Retry-After, 500, an interrupt,
  and a network that is gone from then on.

Not modelled: propagation, quotas, the dashboard, anything that happens to mail.
"""

import copy
import json
import random
import re
from collections.abc import Callable

import dns.name
import httpx

from mail_failover.mail.spf.record import is_spf, unquote
from standins.envelope import Refusal, envelope, ok, page
from standins.workers import ACCOUNT, Workers

TOKEN = "token-of-the-owner"
ACCOUNT_TOKEN = "cfat_token-of-the-account"
DOMAIN = "example.com"
ZONE = "zone-1"
MOST_REQUESTS = 1000
HOSTS = tuple(f"route{n}.mx.cloudflare.net" for n in (1, 2, 3))
DKIM = '"v=DKIM1; h=sha256; k=rsa; p=MIIB"'
AREAS = {
    "/zones/[^/]+/dns_records.*": "Zone > DNS",
    "/zones/[^/]+/(settings/.*|email/routing(/dns)?)": "Zone > Zone Settings",
    ".*/email/routing/rules.*": "Zone > Email Routing Rules",
    ".*/email/routing/addresses.*": "Account > Email Routing Addresses",
    "/accounts/[^/]+/workers/.*": "Account > Workers Scripts",
}
"""What a permission is for, by its name in the dashboard without Read and Edit [API reference, each call]."""
EDGE_SPF = '"v=spf1 include:_spf.mx.cloudflare.net ~all"'


class Standin(Workers):
    """The account. `watch` functions are called after every request that changed something."""

    def __init__(self, records=(), *, domain=DOMAIN, seed=1, **switches):
        super().__init__()
        self.random = random.Random(seed)  # noqa: S311 - nothing secret
        self.last_id = 0
        self.domain = domain
        self.status, self.type = "active", "full"
        self.account_token_status = 403
        self.mx_in_data = False
        self.has_account_rules = self.lists_catch_alls = True
        self.elsewhere = {}
        self.enabled = self.locked = self.has_settings = False
        self.mx_on_enable, self.spf_on_enable = "keep", "replace"
        self.pins_edge, self.adopts, self.quotes = False, True, "as written"
        self.hides_lock = self.rules_need_routing = self.locks_spf = False
        self.uploads_unseen = 0
        self.clicks_after = None
        self.selector = "cf2024-1"
        self.forbidden, self.lacking = set(), set()
        self.zones = [self._zone(ZONE, in_unicode(domain))]
        self.records = {}
        self.linked = set()
        self.catch_all = None
        self.rules = []
        self.addresses = []
        self.requests, self.watch, self.fault = [], [], None
        for record in records:
            self.add(**record)
        for name, value in switches.items():
            assert hasattr(self, name), name
            setattr(self, name, value)

    def new_id(self, letter):
        """Return an identifier that was never given before."""
        self.last_id += 1
        return f"{letter}{self.last_id}"

    @property
    def transport(self):
        """What an httpx client sends through."""
        return httpx.MockTransport(self._handle)

    # --- for tests: state, by hand and as a whole ---

    def add(self, type, name, content, **rest):  # noqa: A002 - Cloudflare's word
        """Put a record there; return it."""
        record = {"id": self.new_id("r"), "type": type, "name": name, "content": content, "ttl": 1}
        record |= {"proxied": False, "proxiable": type in {"A", "CNAME"}, "comment": None, "tags": []}
        record |= {"meta": {}, "settings": {}, "created_on": "2026-01-01T00:00:00Z", **rest}
        self.records[record["id"]] = record
        return record

    def inbox(self, email, *, verified=True):
        """Put a destination address there."""
        when = "2026-01-01T00:00:00Z" if verified else None
        self.addresses.append({"id": self.new_id("a"), "email": email, "verified": when, "tag": "x"})

    def route(self, *, locked, preferences=(5, 92, 81)):
        """Have Email Routing on, as somebody set it up before."""
        self.enabled, self.locked, self.has_settings = True, locked, True
        for name, number in zip(HOSTS, preferences, strict=True):
            self.linked.add(self.add("MX", self.domain, name, priority=number)["id"])
        self.linked.add(self.add("TXT", f"{self.selector}._domainkey.{self.domain}", DKIM)["id"])

    def state(self):
        """Return all there is, field by field, but ids and times."""
        drop = {"id", "created_on", "modified_on", "meta", "tag", "verified"}

        def bare(value):
            return {k: v for k, v in value.items() if k not in drop}

        def record(value):
            content = unquote(value["content"]) if value["type"] == "TXT" else value["content"]
            return {**bare(value), "content": content, "comment": value["comment"] or None}

        return {
            "records": sorted(map(record, self.records.values()), key=json.dumps),
            "enabled": self.enabled,
            "locked": self.locked,
            "catch_all": bare(self.catch_all or self._fresh_catch_all()),
            "rules": [*map(bare, self.rules)],
            "addresses": sorted(a["email"] for a in self.addresses),
        }

    @property
    def mx(self):
        """The domain's MX: (preference, host), the best first."""
        found = [r for r in self.records.values() if r["type"] == "MX" and r["name"] == self.domain]
        return sorted((r["priority"], r["content"].rstrip(".")) for r in found)

    @property
    def spf(self):
        """The texts of the SPF records."""
        texts = [unquote(r["content"]) for r in self._apex("TXT")]
        return [text for text in texts if is_spf(text)]

    @property
    def routing_status(self):
        """Email Routing's word for the zone."""
        if len(self.spf) > 1:
            return "misconfigured/locked"
        if not self.enabled:
            return "unconfigured"
        if self.hides_lock:
            return "misconfigured"
        return "ready" if self.locked else "unlocked"

    # --- requests ---

    def _handle(self, request):
        path = request.url.path.removeprefix("/client/v4")
        self.requests.append((request.method, path))
        assert len(self.requests) <= MOST_REQUESTS, "what asks so often goes round in a circle"
        kind = self.fault(len(self.requests), request.method, path) if self.fault else None
        if kind == "429":
            return httpx.Response(
                429, headers={"Retry-After": "7"}, json=envelope(errors=[(971, "slow down")])
            )
        if kind == "500":
            return httpx.Response(500, json=envelope(errors=[(500, "internal")]))
        if kind == "lost before":
            raise httpx.ReadError("reset", request=request)
        if kind == "interrupt before":
            raise KeyboardInterrupt
        response = self._answer(request, path)
        if request.method != "GET" and response.is_success:
            for watch in self.watch:
                watch(self)
        if kind == "lost after":
            raise httpx.ReadError("reset", request=request)
        if kind == "interrupt after":
            raise KeyboardInterrupt
        return response

    def _answer(self, request, path):
        try:
            self._check_token(request, path)
            for method, pattern, handler in self._routes():
                match = re.fullmatch(pattern, path)
                if match and request.method == method:
                    is_json = request.headers.get("content-type", "").startswith("application/json")
                    body = json.loads(request.content) if is_json and request.content else {}
                    return handler(request, body, *match.groups())
        except Refusal as refusal:
            return httpx.Response(refusal.status, json=envelope(errors=[(refusal.code, refusal.message)]))
        return httpx.Response(404, json=envelope(errors=[(7003, f"no route for {request.method} {path}")]))

    def _routes(self):
        zone, account = f"/zones/{ZONE}", f"/accounts/{ACCOUNT}"
        routing = f"{zone}/email/routing"
        return [
            ("GET", "/user/tokens/verify", lambda *_: ok({"status": "active"})),
            ("GET", "/zones", self._list_zones),
            ("GET", f"{zone}/dns_records", self._list_records),
            ("POST", f"{zone}/dns_records/batch", self._batch),
            ("DELETE", f"{zone}/dns_records/([^/]+)", self._delete_record),
            ("PATCH", f"{zone}/settings/([^/]+)", self._change_setting),
            ("GET", routing, self._settings),
            ("PATCH", routing, self._settings),
            ("GET", f"{routing}/dns", self._wanted),
            ("POST", f"{routing}/dns", self._enable),
            ("PATCH", f"{routing}/dns", self._unlock),
            ("DELETE", f"{routing}/dns", self._disable),
            ("GET", f"{routing}/rules", self._list_rules),
            ("POST", f"{routing}/rules", self._add_rule),
            ("GET", f"{routing}/rules/catch_all", self._get_catch_all),
            ("PUT", f"{routing}/rules/catch_all", self._put_catch_all),
            ("PUT", f"{routing}/rules/([^/]+)", self._put_rule),
            ("DELETE", f"{routing}/rules/([^/]+)", self._delete_rule),
            ("GET", f"{account}/email/routing/rules", self._list_account_rules),
            ("GET", f"{account}/email/routing/addresses", self._list_addresses),
            ("POST", f"{account}/email/routing/addresses", self._add_address),
            ("DELETE", f"{account}/email/routing/addresses/(.+)", self._delete_address),
            *self.worker_routes(),
        ]

    def _check_token(self, request, path):
        if request.headers.get("authorization") == f"Bearer {ACCOUNT_TOKEN}":
            if path == "/user/tokens/verify":
                raise Refusal(401, 1000, "Invalid API Token")
            if "/email/routing" in path:
                raise Refusal(self.account_token_status, 1000, "Invalid API Token")
        elif request.headers.get("authorization") != f"Bearer {TOKEN}":
            if path == "/user/tokens/verify":
                raise Refusal(401, 1000, "Invalid API Token")
            raise Refusal(403, 9109, "Invalid access token")
        if any(re.search(pattern, f"{request.method} {path}") for pattern in self.forbidden):
            raise Refusal(403, 10000, "Authentication error")
        area = next((area for pattern, area in AREAS.items() if re.fullmatch(pattern, path)), "")
        if f"{area} > {'Read' if request.method == 'GET' else 'Edit'}" in self.lacking:
            raise Refusal(403, 10000, "Authentication error")

    # --- zones and records ---

    def _zone(self, identity, name):
        return {
            "id": identity,
            "name": name,
            "status": "active",
            "account": {"id": ACCOUNT},
            "plan": {"x": 1},
        }

    def _list_zones(self, request, _body):
        name = request.url.params.get("name")
        if "Zone > Zone > Read" in self.lacking:
            return page(request, [])
        zones = [
            {"type": self.type, **z, "status": self.status} for z in self.zones if name in {None, z["name"]}
        ]
        return page(request, zones)

    def _list_records(self, request, _body):
        return page(request, [self._shown(record) for record in self.records.values()])

    def _shown(self, record):
        shown = copy.deepcopy(record)
        shown["meta"] = {"read_only": True} if self._is_guarded(record) and not self.hides_lock else {}
        if record["type"] == "MX" and self.mx_in_data:
            shown["data"] = {"priority": shown.pop("priority")}
        if record["type"] == "TXT" and self.quotes != "as written":
            text = unquote(record["content"])
            shown["content"] = f'"{text}"' if self.quotes == "quoted" else text
        return shown

    def _is_guarded(self, record):
        edge = record["type"] == "MX" and record["content"].rstrip(".").endswith(".mx.cloudflare.net")
        return self.enabled and edge and (self.locked or self.pins_edge)

    def _guard(self, record):
        mx = record["type"] == "MX" and record["name"] == self.domain
        spf = self.locks_spf and record.get("id") in self.linked and is_spf(unquote(record["content"]))
        if (self.locked and (mx or spf)) or self._is_guarded(record):
            raise Refusal(
                400, 890190, "This record is managed by Email Routing. Disable Email Routing to add/modify"
            )

    def _batch(self, _request, body):
        assert body.keys() <= {"deletes", "patches", "puts", "posts"}
        backup = copy.deepcopy(self.records)
        done = {"deletes": [], "patches": [], "posts": []}
        try:
            for each in body.get("deletes", ()):
                self._guard(self._record(each["id"]))
                done["deletes"].append(self.records.pop(each["id"]))
            for patch in body.get("patches", ()):
                record = self._record(patch["id"])
                self._change(record, self._numbered(record["type"], patch))
                done["patches"].append(record)
            for sent in body.get("posts", ()):
                post = self._numbered(sent["type"], sent)
                self._guard(post)
                self._refuse_twin(post)
                done["posts"].append(self.add(**post))
        except Refusal:
            self.records = backup
            raise
        return ok({name: [*map(self._shown, records)] for name, records in done.items()})

    def _delete_record(self, _request, _body, identity):
        self._guard(self._record(identity))
        del self.records[identity]
        return ok({"id": identity})

    def _change_setting(self, _request, _body, name):
        raise Refusal(400, 1006, f"Undefined zone setting: {name}")

    def _numbered(self, kind, sent):
        """Return what was sent with the number that counts, where the record keeps it."""
        if kind != "MX" or not sent.keys() & {"priority", "data"}:
            return sent
        kept = {name: value for name, value in sent.items() if name not in {"priority", "data"}}
        number = (sent.get("data") or {}).get("priority") if self.mx_in_data else sent.get("priority")
        if number is None:
            raise Refusal(400, 1004, "DNS Validation Error")
        return {**kept, "priority": number}

    def _record(self, identity):
        if identity not in self.records:
            raise Refusal(404, 81044, "Record does not exist.")
        return self.records[identity]

    def _change(self, record, patch):
        self._guard(record)
        changed = {**record, **patch}
        self._refuse_twin(changed)
        record.update(patch)
        record["comment"] = record["comment"] or None

    def _refuse_twin(self, record):
        for other in self.records.values():
            if other["id"] == record.get("id") or other["name"] != record["name"]:
                continue
            if "CNAME" in {other["type"], record["type"]}:
                raise Refusal(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
            same = other["type"] == record["type"] and unquote(other["content"]) == unquote(record["content"])
            if same and other.get("priority") == record.get("priority"):
                raise Refusal(400, 81058, "An identical record already exists.")

    def _apex(self, kind):
        return [r for r in self.records.values() if r["type"] == kind and r["name"] == self.domain]

    # --- Email Routing ---

    def _settings(self, *_):
        self.has_settings = True
        value = {
            "id": "s",
            "enabled": self.enabled,
            "name": self.domain,
            "status": self.routing_status,
            "synced": True,
        }
        return ok(value)

    def _wanted(self, *_):
        mx = [
            {"type": "MX", "name": self.domain, "content": f"{h}.", "priority": 10, "ttl": 1} for h in HOSTS
        ]
        dkim = {"type": "TXT", "name": f"{self.selector}._domainkey.{self.domain}", "content": DKIM, "ttl": 1}
        spf = {"type": "TXT", "name": self.domain, "content": EDGE_SPF, "ttl": 1}
        return ok([*mx, dkim, spf])

    def _enable(self, *_):
        self._refuse_pending()
        foreign = [r for r in self._apex("MX") if r["content"].rstrip(".") not in HOSTS]
        if foreign and self.mx_on_enable == "refuse":
            raise Refusal(400, 2007, "Invalid input: remove existing MX records first")
        if foreign and self.mx_on_enable == "conflict":
            raise Refusal(409, 2013, "Zone has MX records that conflict with Email Routing")
        if self.mx_on_enable == "replace":
            for record in foreign:
                del self.records[record["id"]]
        for name in HOSTS:
            self._enable_host(name)
        self._enable_spf()
        if not any(r["name"].startswith(f"{self.selector}._domainkey") for r in self.records.values()):
            self.linked.add(self.add("TXT", f"{self.selector}._domainkey.{self.domain}", DKIM)["id"])
        self.enabled = self.locked = self.has_settings = True
        return self._settings()

    def _enable_host(self, name):
        present = [r for r in self._apex("MX") if r["content"].rstrip(".") == name]
        if not present:
            number = self.random.randint(1, 99)
            self.linked.add(self.add("MX", self.domain, name, priority=number)["id"])
        for record in present:
            if self.mx_on_enable in {"random", "replace"}:
                record["priority"] = self.random.randint(1, 99)
            if self.adopts:
                self.linked.add(record["id"])

    def _enable_spf(self):
        present = [r for r in self._apex("TXT") if is_spf(unquote(r["content"]))]
        if self.spf_on_enable == "keep" and present:
            return
        if self.spf_on_enable == "replace":
            for record in present:
                del self.records[record["id"]]
        self.linked.add(self.add("TXT", self.domain, EDGE_SPF)["id"])

    def _unlock(self, *_):
        self.locked = False
        return self._settings()

    def _disable(self, *_):
        if not self.enabled:
            raise Refusal(404, 7003, "not found")
        self.records = {k: v for k, v in self.records.items() if k not in self.linked}
        self.linked.clear()
        self.enabled = self.locked = False
        return self._settings()

    # --- rules and inboxes ---

    def _refuse_pending(self):
        if self.status != "active":
            raise Refusal(403, 2009, "active zone required")

    def _refuse_two_spf(self):
        self._refuse_pending()
        if len(self.spf) > 1:
            raise Refusal(401, 10000, "Authentication error")

    def _fresh_catch_all(self):
        action = {"type": "drop"}
        return {"id": "c", "matchers": [{"type": "all"}], "actions": [action], "enabled": False, "name": ""}

    def _get_catch_all(self, *_):
        self._refuse_two_spf()
        if self.rules_need_routing and not (self.enabled or self.catch_all):
            raise Refusal(404, 2007, "no such rule")
        self.catch_all = self.catch_all or self._fresh_catch_all()
        return ok(self.catch_all)

    def _put_catch_all(self, _request, body):
        self._refuse_two_spf()
        assert body.keys() <= {"matchers", "actions", "enabled", "name", "source", "priority"}
        if self.rules_need_routing and not self.enabled:
            raise Refusal(403, 2009, "Email Routing is not enabled")
        [action] = body["actions"]
        if action["type"] == "worker" and self.uploads_unseen:
            self.uploads_unseen -= 1
            raise Refusal(404, 2016, "Worker not found")
        if action["type"] == "worker" and action["value"][0] not in [s["id"] for s in self.scripts]:
            raise Refusal(400, 2016, "worker not found")
        if action["type"] == "forward":
            found = [a for a in self.addresses if a["email"] == action["value"][0] and a["verified"]]
            if not found:
                raise Refusal(400, 2054, "destination address is not verified")
        self.catch_all = {"id": "c", **body}
        return ok(self.catch_all)

    def _list_rules(self, request, _body):
        self._refuse_two_spf()
        return page(request, [*self.rules, *([self.catch_all] if self.catch_all else [])])

    def _list_account_rules(self, request, _body):
        if not self.has_account_rules:
            raise Refusal(404, 7003, "no route for it")
        rules = {ZONE: [*self.rules, *([self.catch_all] if self.catch_all else [])], **self.elsewhere}
        zones = {zone["id"]: zone for zone in self.zones if (zone["account"] or {}).get("id") == ACCOUNT}
        found = [
            {**rule, "zone": {"tag": identity, "name": zone["name"]}}
            for identity, zone in zones.items()
            for rule in rules.get(identity, ())
            if self.lists_catch_alls or rule["matchers"][0]["type"] != "all"
        ]
        return page(request, found)

    def _add_rule(self, _request, body):
        self._refuse_two_spf()
        if any(rule["matchers"] == body["matchers"] for rule in self.rules):
            raise Refusal(409, 2014, "duplicate rule")
        self.rules.append({"id": self.new_id("u"), **body})
        return ok(self.rules[-1])

    def _put_rule(self, _request, _body, identity):
        if identity == "c":
            raise Refusal(400, 2020, "use the catch-all endpoint")
        raise Refusal(404, 2007, "no such rule")

    def _delete_rule(self, _request, _body, identity):
        self._refuse_two_spf()
        if identity not in [rule["id"] for rule in self.rules]:
            raise Refusal(404, 2007, "no such rule")
        self.rules = [rule for rule in self.rules if rule["id"] != identity]
        return ok({})

    def _list_addresses(self, request, _body):
        if self.clicks_after is not None:
            self.clicks_after -= 1
            if self.clicks_after < 0:
                for address in self.addresses:
                    address["verified"] = address["verified"] or "2026-11-24T00:00:00Z"
        return page(request, self.addresses)

    def _add_address(self, _request, body):
        if any(a["email"] == body["email"] for a in self.addresses):
            raise Refusal(409, 2014, "address already exists")
        self.inbox(body["email"], verified=False)
        return ok(self.addresses[-1])

    def _delete_address(self, _request, _body, identity):
        if identity not in [address["id"] for address in self.addresses]:
            raise Refusal(404, 2007, "no such address")
        self.addresses = [a for a in self.addresses if a["id"] != identity]
        return ok({})


def in_unicode(domain):
    """Return a domain as Cloudflare names its zone."""
    return dns.name.from_text(domain).to_unicode(omit_final_dot=True, idna_codec=dns.name.IDNA_2008_Practical)


def fault_at(number: int, kind: str) -> Callable:
    """Return a fault at the n-th request."""
    return lambda count, _method, _path: kind if count == number else None


def gone_from(number: int, first: str = "lost before") -> Callable:
    """Return a network that is gone from the n-th request on."""
    return lambda count, *_: first if count == number else "lost before" if count > number else None
