"""What a person should know of a domain before it is changed: in the way, left to do, worth knowing."""

from collections.abc import Iterator, Sequence

from mail_failover.cloudflare.records import host, line, read_only, text
from mail_failover.cloudflare.rules import addresses_of, points_to, rule_line
from mail_failover.mail import mta_sts
from mail_failover.mail.edge import PATTERN
from mail_failover.mail.spf import record as spf
from mail_failover.setup.snapshot import Snapshot

from .goal import Goal, Outside, Wish

PLACEHOLDER = "you@example.net"


def problems(now: Snapshot, wish: Wish) -> Iterator[str]:
    """Say what has to be mended by a person first; without a Worker in the wish, of the domain alone."""
    yield from _wrong_wish(now, wish) if wish.worker else ()
    for wanted in now.dkim:
        others = [r for r in now.at(wanted["name"]) if r["type"] != wanted["type"]]
        if others:
            yield f"Email Routing's DKIM record belongs where this one stands: {line(others[0])}. Remove it."


def _wrong_wish(now: Snapshot, wish: Wish) -> Iterator[str]:
    script = now.script(wish.worker)
    if script is None:
        known = ", ".join(sorted(str(s.get("id")) for s in now.scripts)) or "none"
        yield (
            f"The account has no Worker {wish.worker} (it has: {known})."
            f" Deploy it: `{wish.again.deploy()}`; or name another with --worker."
        )
    # Where Cloudflare does not say what it answers to, the step is unsafe instead.
    elif "email" not in (["email"] if script.get("handlers") is None else script["handlers"]):
        yield (f"The Worker {wish.worker} has no `email` handler. Deploy this one: `{wish.again.deploy()}`.")
    if not wish.inboxes:
        yield "No inbox is named. Set FALLBACK_INBOXES in .dev.vars, or name one with --inbox."
    for email in wish.inboxes:
        if email.lower() == PLACEHOLDER:
            yield (
                f"FALLBACK_INBOXES still says {email}. Write your own inbox there,"
                f" then `{wish.again.deploy()}`."
            )
        if host(email.rpartition("@")[2]) in now.names:
            yield f"The inbox {email} is in {now.domain} itself: its mail would go in a circle. Name another."


def todo(now: Snapshot, goal: Goal, outside: Outside) -> Iterator[str]:
    """Say what is wrong, but can't be mended from here."""
    for difference in goal.wish.outdated:
        yield f"The Worker that is deployed is not the one here. {difference}"
    if _lists_only_the_edge(text(goal.spf)):
        yield (
            "SPF: the record lists Email Routing only, so the mail that your own server sends is doubtful to"
            f" others. Add your server in front of the include, such as `a:{host(goal.own[0]['content'])}`."
        )
    if not now.spf:
        yield from _alike(now)
    if outside.policy and (sentence := _policy_todo(now.domain, outside.policy, now.edge_hosts)):
        yield sentence
    if outside.policy_failure:
        yield (
            f"MTA-STS: {now.domain} announces a policy, but {mta_sts.url(now.domain)} can't be read:"
            f" {outside.policy_failure}. Make sure that it lists `mx: {PATTERN}`."
        )


def _lists_only_the_edge(record: str) -> bool:
    """Tell whether nobody else passes; where all others are refused (`-all`) that was a decision."""
    read = spf.parse(record)
    terms = {(term.name, term.domain) for term in read.evaluated}
    return terms <= {("all", ""), ("include", spf.INCLUDE)} and not (read.all and read.all.qualifier in "-+")


def notes(now: Snapshot, goal: Goal, outside: Outside) -> Iterator[str]:
    """Say what is right as it is, but good to know."""
    for rule in now.rules or ():
        if rule.get("enabled") and not points_to(rule, goal.wish.worker):
            to = " and ".join(addresses_of(rule)) or "?"
            yield f"Mail to {to} goes past the Worker, by a rule of its own: {rule_line(rule)}."
    for email in goal.wish.inboxes:
        if host(email.rpartition("@")[2]).endswith(tuple(f".{name}" for name in now.names)):
            yield f"The inbox {email} must not be on the server that the edge stands in for."
    if now.rules is None:
        yield "The routing rules can't be read while there are several SPF records; after merging they can."
    if now.spf:
        yield from _alike(now)
    yield from _spf_notes(text(goal.spf), outside, new="id" not in goal.spf)
    if any(map(read_only, now.own)):
        yield "A service owns an MX record of the primary, so it is left as it is."
    if now.enabled and now.status.startswith("misconfigured"):
        yield (
            f"Email Routing calls the zone {now.status}, which may come from your own MX."
            f" `{goal.wish.again.doctor('--live')}` finds out whether the edge takes mail."
        )


def _alike(now: Snapshot) -> Iterator[str]:
    """Point out what was meant to be SPF, but is passed over."""
    for record in now.at(now.domain):
        if record["type"] == "TXT" and spf.resembles_spf(text(record)):
            yield f"SPF: this record only looks like it: {line(record)}. {spf.HOW_IT_BEGINS}"


def _spf_notes(wanted: str, outside: Outside, *, new: bool) -> Iterator[str]:
    if new:
        yield (
            "SPF: the new record ends in ?all, which says nothing of servers that it does not list. Once it"
            " lists every server that sends your mail, end it with ~all."
        )
    if outside.count and outside.count.unknown:
        unknown = ", ".join(outside.count.unknown)
        yield f"SPF: at least {outside.count.lookups} of 10 lookups; not known what is behind {unknown}."
    if len(wanted) > spf.COMFORTABLE_BYTES:
        yield f"SPF: the record has {len(wanted)} bytes; keep it under {spf.COMFORTABLE_BYTES} for UDP."
    if any(t.name == "mx" and not t.domain and not t.modifier for t in spf.parse(wanted).evaluated):
        yield "SPF: its `mx` means the edge's hosts as well from now on; `a:` and a host means only that."


def _policy_todo(domain: str, policy: mta_sts.Policy, hosts: Sequence[str]) -> str:
    """Say what has to be changed by hand, if anything."""
    if policy.mode == "none" or all(map(policy.allows, hosts)):
        return ""
    enforced = policy.mode == "enforce"
    what = "skip the edge" if enforced else "report it as wrong, and skip it once the mode is enforce"
    return (
        f"MTA-STS: the policy of {domain} does not list the edge, so senders that honour it {what}."
        f" Add the line `mx: {PATTERN}` to {mta_sts.url(domain)},"
        f" then change the `id=` in the TXT record _mta-sts.{domain}."
    )
