"""MTA-STS (RFC 8461): a policy tells careful senders which MX hosts to trust; they pass over the others."""

from collections.abc import Sequence
from datetime import timedelta

import httpx

from mail_failover.doctor.report import Check, Topic, listed
from mail_failover.mail.edge import EDGE_SUFFIX, PATTERN
from mail_failover.mail.mta_sts import Policy, PolicyError, day_of, is_record, read_policy, url
from mail_failover.mail.proxy import stands_in
from mail_failover.mail.resolver import Dns
from mail_failover.mail.well_known import Published, fetch

from .authentication import tags
from .mx import UNPROXY

MTA_STS = Topic("dns.mta-sts", "MTA-STS")
_OWN_RECORD = 'a TXT record of your own, "v=STSv1; id=20261124"'
# An id may be a date alone, in the owner's time zone, and be written before the file is.
_CLOSE = timedelta(days=2)


async def check_mta_sts(
    dns: Dns, domain: str, hosts: Sequence[str], transport: httpx.AsyncBaseTransport | None = None
) -> Check:
    """Check that the policy, if the domain publishes one, lists every MX host, and that its id is its own."""
    name = f"_mta-sts.{domain}"
    answer = await dns.ask(name, "TXT")
    records = [text for text in answer.texts if is_record(text)]
    if not records:
        return MTA_STS.passed("not published: no policy that could exclude the edge")
    identity = tags(records[0]).get("id", "")
    if len(records) > 1 or not identity:
        return MTA_STS.failed(
            f"{name} has {'several records' if len(records) > 1 else 'no id='}: senders ignore it",
            'Keep one TXT record of the form "v=STSv1; id=20261124".',
        )
    address = url(domain)
    try:
        published = await fetch(address, transport)
        policy = read_policy(published.text)
    except PolicyError as error:
        return MTA_STS.failed(
            f"{address}: {error}; a policy that senders remember still counts",
            "Serve the policy there; RFC 8461, section 8.3, says how to withdraw one.",
        )
    if policy.mode == "none":
        return MTA_STS.passed("mode none: nothing is asked of the MX hosts")
    borrowed = answer.alias and await _is_cloudflares(dns, name)
    if missing := [host for host in hosts if not policy.allows(host)]:
        return _incomplete(policy, hosts, missing, address, borrowed=borrowed)
    return _borrowed(name) if borrowed else _check_age(policy, published, "" if answer.alias else identity)


def _incomplete(
    policy: Policy, hosts: Sequence[str], missing: Sequence[str], address: str, *, borrowed: bool
) -> Check:
    """Judge a policy that does not list every MX host: by who is shut off."""
    edge = [host for host in hosts if host.endswith(EDGE_SUFFIX)]
    own = [host for host in hosts if host not in edge]
    lines = "; ".join(dict.fromkeys(f"mx: {PATTERN if host in edge else host}" for host in missing))
    what = f"does not list {listed(missing)}: careful senders won't deliver there"
    fix = f"Add to {address}: {lines}. Then change the id in the _mta-sts record."
    if stand_ins := [host for host in missing if stands_in(host)]:
        # That name goes with the proxy, and the one in the MX record comes back.
        names = listed(stand_ins)
        what = f"can't list {names}, Cloudflare's name for your server: careful senders won't deliver there"
        fix = UNPROXY
    elif own and list(missing) == edge:
        what = "lists your own server alone and shuts the fallback off: careful senders never go to the edge"
        fix += " Mail-in-a-Box has it in /var/lib/mailinabox/mta-sts.txt; its upgrades write that anew."
    elif edge and list(missing) == own:
        what = "lists the edge alone and shuts your own server off: careful senders go to the edge at once"
        if borrowed:
            fix = (
                f"Serve your own policy at {address} in the place of Cloudflare's: {lines}; mx: {PATTERN}. "
                f"Then put {_OWN_RECORD} in the place of the CNAME _mta-sts."
            )
    if policy.mode == "testing":
        return MTA_STS.warned(f"mode testing, which nobody has to heed: the policy {what}", fix)
    return MTA_STS.failed(f"mode {policy.mode}: the policy {what}", fix)


def _borrowed(name: str) -> Check:
    return MTA_STS.warned(
        f"{name} is a CNAME to Cloudflare's record: its id stays when your policy changes, and senders"
        " don't learn of that",
        f"Put {_OWN_RECORD} in its place.",
    )


def _check_age(policy: Policy, published: Published, identity: str) -> Check:
    """Compare the day of the policy's last change with its id, where both tell one."""
    found = f"mode {policy.mode}: lists every MX host"
    given, changed = day_of(identity), published.modified
    if not (given and changed and changed - given > _CLOSE):
        return MTA_STS.passed(found)
    return MTA_STS.warned(
        f"{found}; its file is of {changed:%Y-%m-%d}, its id {identity} is older: senders who know the policy"
        " don't fetch it again before the id changes",
        "Change the id in the _mta-sts record; without need it does no harm.",
    )


async def _is_cloudflares(dns: Dns, name: str) -> bool:
    targets = [record.target.to_text() for record in (await dns.ask(name, "CNAME")).records]
    return any(target.rstrip(".").lower().endswith(EDGE_SUFFIX) for target in targets)
