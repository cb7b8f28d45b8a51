"""What another person wrote, field by field, and what `setup` may make of it all the same."""

from dataclasses import dataclass, field

from mail_failover.mail.spf.record import unquote
from standins.cloudflare import EDGE_SPF

from .meddler import host, is_edge, is_mx, is_own, is_spf_record

WRITTEN = ("content", "priority", "ttl", "comment", "tags")


class Shot:
    """The account at one moment; what is within a record or a rule is replaced, never changed."""

    def __init__(self, standin):
        self.records = {identity: {**record} for identity, record in standin.records.items()}
        self.rule = standin.catch_all or standin._fresh_catch_all()
        self.enabled = standin.enabled
        self.rules = [*standin.rules]
        self.addresses = {address["id"]: address["email"] for address in standin.addresses}

    def all(self, kind):
        """Return the records of a kind."""
        return [record for record in self.records.values() if kind(record)]

    @property
    def own_hosts(self):
        """The hosts of the primary's MX."""
        return {host(record) for record in self.all(is_own)}

    @property
    def drops(self):
        """Whether the catch-all drops mail, or is off, so that it is refused."""
        return not self.rule["enabled"] or self.rule["actions"][0]["type"] == "drop"


@dataclass
class Entry:
    """What they wrote of one record, when (last, and field by field), and whether all of it is theirs."""

    record: dict
    tick: int
    added: bool = False
    written: dict = field(default_factory=dict)
    ticks: dict = field(default_factory=dict)


class Theirs:
    """The ledger of the other person; a tick is a request, or something that they did."""

    def __init__(self, base):
        self.entries = {}
        self.must, self.may = base.own_hosts, set()
        self.rule, self.rule_tick, self.last_rule = None, 0, None
        self.last, self.did_anything = 0, False
        self.spf_added, self.spf_removed = 0, False
        self._hosts = []

    def note(self, before, after, tick, *, switching):
        """Note what they did; `switching`: it can't be told from what a switch of ours did."""
        self.last, self.did_anything = tick, True
        for identity in before.records.keys() | after.records.keys():
            was, now = before.records.get(identity), after.records.get(identity)
            if was != now:
                self._note_record(identity, was, now, tick, switching=switching)
        if before.rule != after.rule:
            self.rule, self.rule_tick, self.last_rule = after.rule, tick, after.rule

    def _note_record(self, identity, was, now, tick, *, switching):
        self.spf_added += is_spf_record(now) if was is None else 0
        if now is None:
            self.entries.pop(identity, None)
            self.spf_removed = self.spf_removed or is_spf_record(was)
        elif (is_mx(now) or is_spf_record(now)) and not switching:
            entry = self.entries.setdefault(identity, Entry(now, tick, added=was is None))
            entry.record, entry.tick = now, tick
            changed = {k: now.get(k) for k in WRITTEN if was is None or was.get(k) != now.get(k)}
            entry.written |= changed
            entry.ticks |= dict.fromkeys(changed, tick)
        if is_own(now or was) and (was is None or now is None):
            name = host(now or was)
            self._hosts.append((tick, name))
            (self.must.discard if now is None else self.must.add)(name)
            # What is gone after a switch of ours may have gone with it, and be put back.
            self.may |= {name} if switching else set()

    def forget_since(self, tick):
        """Forget what they did after our side looked last: the documented race."""
        self.entries = {i: entry for i, entry in self.entries.items() if entry.tick < tick}
        late = {name for when, name in self._hosts if when > tick}
        self.must -= late
        self.may |= late

    def forget_all(self):
        """Forget what does not hold any more after a command that was forced."""
        self.entries, self.rule = {}, None

    def settle(self, now, base):
        """Take the primary's MX as a forced command left them; what it took, an undo may bring back."""
        self.may |= self.must | now.own_hosts
        self.must &= base.own_hosts | now.own_hosts

    def overwritten(self, before, after, seen, command):
        """Return what a request of ours did to what they wrote, but for what a person saw in the plan."""
        for identity, entry in list(self.entries.items()):
            there, left = before.records.get(identity), after.records.get(identity)
            if there is None or there == left:
                continue
            gone = []
            for name in list(entry.written):
                was_seen = command.name == "apply" and entry.ticks[name] < seen
                if there.get(name) != entry.written[name] or (left or {}).get(name) == entry.written[name]:
                    continue
                if not self._may(
                    entry, name, (before, after), command, was_seen=was_seen, is_gone=left is None
                ):
                    gone.append(f"{name} {entry.written[name]!r}")
                if left is not None:
                    del entry.written[name]
            if gone:
                yield f"{' and '.join(gone)} of {identity} {there['type']} {there['content']}"

    def _may(self, entry, name, shots, command, *, was_seen, is_gone):
        record, (_, after) = entry.record, shots
        if was_seen and is_gone and record["content"] == EDGE_SPF:
            # Email Routing's own text, whatever they did to its other fields; the plan shows that it goes.
            return True
        if is_edge(record):
            if is_gone and (command.name == "undo" or not after.enabled):
                # An edge that is off refuses mail for good.
                return True
            return was_seen and (name == "priority" or is_gone)
        if is_own(record):
            return False
        return was_seen and not (is_gone and entry.added) and _survives(entry.written, name, after)

    def lost(self, now):
        """Return what is gone at the end of a command, and follow what was written anew under another id."""
        for identity, entry in list(self.entries.items()):
            if identity in now.records:
                continue
            del self.entries[identity]
            twins = [i for i, r in now.records.items() if _is_twin(entry, r)]
            if twins:
                self.entries[twins[0]] = entry
            elif not is_edge(entry.record) and entry.record["content"] != EDGE_SPF and entry.written:
                yield f"{entry.record['type']} {entry.record['content']}: {entry.written}"


def _survives(written, name, after):
    """Tell whether an SPF record has it still: the terms, or the other field."""
    return any(_has(record, name, written[name]) for record in after.all(is_spf_record))


def _is_twin(entry, record):
    """Tell whether a record says what they wrote."""
    was = entry.record
    if (was["type"], was["name"]) != (record["type"], record["name"]):
        return False
    if is_spf_record(was):
        return is_spf_record(record) and all(_has(record, *each) for each in entry.written.items())
    return host(record) == host(was) and all(record.get(k) == v for k, v in entry.written.items())


def _has(record, name, value):
    if name == "content":
        return {*unquote(value).lower().split()} <= {*unquote(record["content"]).lower().split()}
    return record.get(name) == value
