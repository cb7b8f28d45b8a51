"""What must hold after each request and each command of a run; `broken` is what did not."""

from collections import Counter

from standins.cloudflare import TOKEN

from .meddler import host, is_edge, is_mx, is_spf_record
from .theirs import Shot, Theirs

CODES = {0, 1, 2, 3, 4, 130}
WARNS = ("right now", "whether", "may be", "not known", "at once")
"""Of these one is in the last words of a command that could not put right what it left."""


def is_routings(record):
    """Tell whether a record is at a name, and of a kind, that Email Routing may write for the domain."""
    return is_mx(record) or is_spf_record(record) or record["name"].startswith("cf2024-1._domainkey.")


class Promises:
    """Watches a run from its start: it is told what each side does."""

    def __init__(self, standin):
        self.standin = standin
        self.base = Shot(standin)
        self.state = _without_lock(standin)
        self.theirs = Theirs(self.base)
        self.broken = []
        self._tick = 0
        self._looked = dict.fromkeys(("records", "rule", "routing"), 0)
        self._edge, self._addresses = set(), set()
        self._named = {host(record) for record in self.base.all(is_edge)}
        self._told, self._most_seen = "", 0
        self._switching = self._switched = False
        self.begin(None)

    def begin(self, command):
        """Begin with a command."""
        if getattr(self, "_command", None) and self._command.force:
            self.theirs.settle(Shot(self.standin), self.base)
        self._command, self._began, self._seen = command, self._tick, None
        self._first_look = None
        self.changed = self._our_rule = self._off_by_them = False

    def breaks(self, promise, what):
        """Note what was broken."""
        self.broken.append((promise, f"{self._command.name if self._command else 'end'}: {what}"))

    # --- what happens ---

    def meddled(self, before, action):
        """Take note that the other person did something; what came with a switch, Email Routing wrote."""
        after = Shot(self.standin)
        if vars(before) == vars(after):
            return
        self._tick += 1
        self._off_by_them = self._off_by_them or (before.enabled and not after.enabled)
        self.theirs.note(before, after, self._tick, switching=self._switching or action == "switch")
        self._our_rule = self._our_rule and before.rule == after.rule
        self._most_seen = max(self._most_seen, len(after.all(is_spf_record)))
        self._named |= {host(record) for record in after.all(is_edge)} - {
            host(r) for r in before.all(is_edge)
        }

    def looked(self, path):
        """Take note that our side read something."""
        self._tick += 1
        if path.endswith("/dns_records"):
            self._looked["records"], self._switching = self._tick, False
            self._first_look = self._first_look or self._tick
        if path.endswith(("/catch_all", "/rules")):
            self._looked["rule"] = self._tick
        if path.endswith("/email/routing"):
            self._looked["routing"] = self._tick

    def requested(self, method, path, before):
        """Check what a request of ours did, whatever became of its answer."""
        self._tick += 1
        after, command = Shot(self.standin), self._command
        self.changed = self.changed or vars(before) != vars(after)
        if command.name in {"plan", "status"}:
            self.breaks("7 looking", f"sent {method} {path}")
        if self._seen is None:
            self._seen = self._looked["records"] if command.consent == "says yes" else self._first_look or 0
        self._check_foreign(before, after)
        if path.endswith(("/batch", "/routing/dns")):
            self.theirs.forget_since(self._looked["records"])
        if path.endswith("/batch"):
            self._check_batch(before, after)
        elif path.endswith("/routing/dns"):
            if method == "DELETE" and not (command.force or self._switched):
                self.breaks("5 theirs", "switched off what we did not switch on")
            self._switched = self._switched or (method == "POST" and after.enabled)
            self._switching = True
        self._check_rule(before, after)
        self._edge |= {
            identity
            for identity, record in after.records.items()
            if is_edge(record) and identity not in before.records and not self._was_edge(record)
        }
        if self._our_rule and self._would_lose(after) and not self._would_lose(before):
            self.breaks("3 catch-all", f"after {method} {path} the edge is named while the catch-all drops")
        if command.force:
            self.theirs.forget_all()

    def _check_foreign(self, before, after):
        for identity in before.records.keys() | after.records.keys():
            was, now = before.records.get(identity), after.records.get(identity)
            if was != now and not (is_routings(was or now) and is_routings(now or was)):
                shown = " ".join((was or now)[name] for name in ("type", "name", "content"))
                self.breaks("4 foreign", f"{shown}: {was} -> {now}")
        if before.rules != after.rules:
            self.breaks("4 foreign", "a rule for one address")
        gone = before.addresses.keys() - after.addresses.keys()
        self._addresses |= after.addresses.keys() - before.addresses.keys()
        if gone - self._addresses:
            self.breaks("4 foreign", f"inboxes {[before.addresses[i] for i in gone - self._addresses]}")

    def _check_batch(self, before, after):
        was, now = len(before.all(is_spf_record)), len(after.all(is_spf_record))
        raced = self.theirs.last > self._looked["records"]
        if now > max(was, self._most_spf) and not raced:
            self.breaks("1 SPF", f"{was} SPF records became {now}")
        gone = before.own_hosts - after.own_hosts
        if gone & self.base.own_hosts if self._command.force else gone:
            self.breaks("2 MX", f"removed {gone}")
        if not self._command.force:
            for what in self.theirs.overwritten(before, after, self._seen, self._command):
                self.breaks("5 theirs", what)

    def _check_rule(self, before, after):
        if before.rule == after.rule:
            return
        theirs = self.theirs.rule == before.rule and self.theirs.rule_tick < self._looked["rule"]
        if theirs and not self._command.force:
            self.breaks("5 theirs", f"the catch-all {before.rule} became {after.rule}")
        self._our_rule, self.theirs.rule = True, None

    # --- the end of a command ---

    def ended(self, code, said, heard, trouble):
        """Check what a command left and said; `trouble` is the kind of what it met, or empty."""
        now, name = Shot(self.standin), self._command.name
        self._told += heard
        if code not in CODES:
            self.breaks("7 said", f"exit code {code}")
        if TOKEN in heard or "Traceback" in heard:
            self.breaks("7 said", "a token, or a traceback")
        if code == 0:
            trouble = "" if trouble.startswith(("lost", "429", "500")) else trouble
        if trouble.startswith("gone"):
            self._check_warning(now, said)
        elif self.changed:
            if not (trouble.startswith("interrupt") and name == "undo"):
                self._check_left(now)
            excused = name == "undo" or self._off_by_them
            self._check_edge(now, told=excused and "right now" in heard.lower())
        if name == "apply" and self.is_finished(code, said) and self._is_up_to_date():
            self._check_applied(now)

    def is_finished(self, code, said):
        """Tell whether an apply reached its goal."""
        if isinstance(said, dict):
            return code in {0, 1} and "error" not in said and "waiting" not in said
        return code == 0

    def _check_left(self, now):
        if self._command.force:
            self.theirs.settle(now, self.base)
        for what in self.theirs.lost(now):
            self.breaks("5 theirs", f"gone: {what}")
        if missing := self.theirs.must - now.own_hosts:
            self.breaks("2 MX", f"lost {missing}")
        if extra := now.own_hosts - self.theirs.must - self.theirs.may:
            self.breaks("5 theirs", f"brought back {extra}")
        spf = now.all(is_spf_record)
        if not spf and self.base.all(is_spf_record) and not self.theirs.spf_removed:
            self.breaks("1 SPF", "no SPF record is left")
        if len(spf) > self._most_spf and self._is_up_to_date():
            self.breaks("1 SPF", f"{len(spf)} SPF records are left")

    def _check_edge(self, now, *, told):
        if not told and self._is_up_to_date() and self._ours_named(now):
            if not now.enabled:
                self.breaks("3 off", f"the edge is named but off: {self.standin.mx}")
            elif now.drops and now.rule != self.theirs.last_rule:
                self.breaks("3 catch-all", "the edge is left named while the catch-all drops")

    def _check_warning(self, now, said):
        text = str(said.get("error") if isinstance(said, dict) else said).lower()
        begun = "the journal is" in text
        if begun and self._ours_named(now) and not now.enabled and not any(word in text for word in WARNS):
            self.breaks("3 off", f"the edge is named but off, and nobody says so: {text}")

    def _check_applied(self, now):
        own = [r["priority"] for r in now.all(lambda r: is_mx(r) and not is_edge(r))]
        edge = [r["priority"] for r in now.all(is_edge)]
        if not (own and edge and max(own) < min(edge)):
            self.breaks("2 MX", f"the primary is not best after an apply: {self.standin.mx}")
        if not now.enabled or now.drops:
            self.breaks("3 catch-all", "an apply ended well, though nothing catches mail")
        if len(now.all(is_spf_record)) != 1:
            self.breaks("1 SPF", f"{len(now.all(is_spf_record))} SPF records after an apply")

    def restored(self):
        """Check that all is as it was, where nobody else did anything."""
        now = _without_lock(self.standin)
        if self.theirs.did_anything or now == self.state:
            return
        # An inbox stays where the account's list can't tell who uses it; that is said.
        told = {"addresses"} if " stays: it is used by " in self._told else set()
        for part, was in self.state.items():
            if part not in {"records", *told} and now[part] != was:
                self.breaks("6 undo", f"{part}: {was} -> {now[part]}")
        left, right = (Counter(map(repr, s["records"])) for s in (self.state, now))
        self.broken += [("6 undo", f"not there any more: {each}") for each in left - right]
        self.broken += [("6 undo", f"there since: {each}") for each in right - left]

    @property
    def _most_spf(self):
        """How many SPF records there may be: one, or those that we did not make."""
        return max(1, len(self.base.all(is_spf_record)) + self.theirs.spf_added, self._most_seen)

    def _is_up_to_date(self):
        """Tell whether our side looked at everything since the other person did something."""
        return self.theirs.last < min(self._looked.values())

    def _was_edge(self, record):
        """Tell whether it was named before us, or by the other person."""
        return host(record) in self._named

    def _would_lose(self, shot):
        return shot.drops and shot.enabled and self._ours_named(shot)

    def _ours_named(self, now):
        return any(i in self._edge for i in now.records)


def _without_lock(standin):
    return {k: v for k, v in standin.state().items() if k != "locked"}
