"""Another person, who edits the domain in the dashboard at any moment; what is refused, they leave."""

import contextlib

from mail_failover.mail.spf.record import is_spf, unquote
from standins.cloudflare import DOMAIN
from standins.envelope import Refusal

from .zone import HOSTS, OTHERS, catch_all

THEIR_INBOX = "bert@example.net"


def is_spf_record(record):
    """Tell whether it is an SPF record of the domain itself."""
    return (record["type"], record["name"]) == ("TXT", DOMAIN) and is_spf(unquote(record["content"]))


def is_mx(record):
    """Tell whether it is an MX of the domain itself."""
    return (record["type"], record["name"]) == ("MX", DOMAIN)


def host(record):
    """Return the host of an MX as it is compared."""
    return record["content"].lower().rstrip(".")


def is_edge(record):
    """Tell whether it is an MX of the domain itself that leads to the edge."""
    return is_mx(record) and host(record) in HOSTS


def is_own(record):
    """Tell whether it is an MX of the domain itself that leads to the primary."""
    return is_mx(record) and not is_edge(record)


def meddle(standin, action, number):
    """Let the person do one thing; `number` tells which record, and what they write."""
    with contextlib.suppress(Refusal):
        _DEEDS[action](standin, number)


def _pick(standin, number, *kinds):
    found = [r for r in standin.records.values() if any(kind(r) for kind in kinds)]
    return found[number % len(found)] if found else None


def _edit(field, *kinds, values):
    def deed(standin, number):
        if record := _pick(standin, number, *kinds):
            standin._change(record, {field: values(number)})

    return deed


def _add(kind, name, content, **rest):
    def deed(standin, number):
        # No two that they add are the same: Cloudflare would refuse one that undo gives back.
        number = number if kind == "MX" else standin.last_id
        record = {"type": kind, "name": name, "content": content.format(n=number), **rest}
        record |= {"priority": 7 * number} if kind == "MX" else {}
        standin._guard(record)
        standin._refuse_twin(record)
        standin.add(**record)

    return deed


def _remove(*kinds):
    def deed(standin, number):
        if record := _pick(standin, number, *kinds):
            standin._guard(record)
            del standin.records[record["id"]]

    return deed


def _remove_an_mx(standin, number):
    if sum(map(is_own, standin.records.values())) > 1:
        _remove(is_own)(standin, number)


def _add_others(standin, number):
    """Add what no setup has to do with: Email Sending, a routed subdomain, and more."""
    name = [*OTHERS][number % len(OTHERS)]
    there = {(r["type"], r["name"], r["content"]) for r in standin.records.values()}
    for kind, where, content in OTHERS[name]:
        if (kind, where, content) not in there:
            standin.add(kind, where, content, **({"priority": 5} if kind == "MX" else {}))


def _set_catch_all(standin, number):
    standin._refuse_two_spf()
    if not any(a["email"] == THEIR_INBOX for a in standin.addresses):
        standin.inbox(THEIR_INBOX)
    forward = {"type": "forward", "value": [THEIR_INBOX]}
    worker = {"type": "worker", "value": ["other"]}
    action, enabled = ((forward, True), (worker, True), (forward, False))[number % 3]
    standin.catch_all = catch_all(action, enabled, name=f"theirs {number}")


def _switch(standin, _number):
    (standin._disable if standin.enabled else standin._enable)()


def _turn_the_lock(standin, _number):
    standin.locked = standin.enabled and not standin.locked


def _add_inbox(standin, number):
    standin.inbox(f"carl{standin.new_id('')}@example.net", verified=number % 2 == 0)


def _is_foreign(record):
    at_names_of_routing = is_mx(record) or is_spf_record(record) or record["name"].startswith("cf2024-1.")
    return not at_names_of_routing


_DEEDS = {
    "ttl": _edit("ttl", is_mx, is_spf_record, values=lambda n: 7000 + n),
    "comment": _edit("comment", is_mx, is_spf_record, values=lambda n: f"theirs {n}"),
    "tags": _edit("tags", is_mx, is_spf_record, values=lambda n: [f"theirs:{n}"]),
    "text": _edit("content", is_spf_record, values=lambda n: f'"v=spf1 ip4:192.0.2.{100 + n} -all"'),
    "number": _edit("priority", is_mx, values=lambda n: 9 * n),
    "second spf": _add("TXT", DOMAIN, '"v=spf1 ip4:192.0.2.{n} ~all"', comment="theirs"),
    "remove spf": _remove(is_spf_record),
    "add mx": _add("MX", DOMAIN, "backup{n}.example.org"),
    "remove mx": _remove_an_mx,
    "remove edge": _remove(is_edge),
    "catch-all": _set_catch_all,
    "add others": _add_others,
    "remove others": _remove(_is_foreign),
    "switch": _switch,
    "lock": _turn_the_lock,
    "inbox": _add_inbox,
}
ACTIONS = tuple(_DEEDS)
