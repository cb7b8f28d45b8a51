"""MTA-STS (RFC 8461): a policy that does not list the edge makes careful senders skip it."""

from collections.abc import Sequence

import httpx

from mail_failover.doctor.report import Check, Topic, listed
from mail_failover.mail.edge import EDGE_SUFFIX, PATTERN
from mail_failover.mail.mta_sts import Policy, PolicyError, is_record, read_policy, url
from mail_failover.mail.resolver import Dns
from mail_failover.mail.well_known import fetch_policy

from .authentication import tags

MTA_STS = Topic("dns.mta-sts", "MTA-STS")


async def check_mta_sts(
    dns: Dns, domain: str, hosts: Sequence[str], transport: httpx.AsyncBaseTransport | None = None
) -> Check:
    """Check that the policy, if the domain publishes one, lists every MX host."""
    texts = (await dns.ask(f"_mta-sts.{domain}", "TXT")).texts
    records = [text for text in texts if is_record(text)]
    if not records:
        return MTA_STS.passed("not published: no policy that could exclude the edge")
    if len(records) > 1 or not tags(records[0]).get("id"):
        return MTA_STS.failed(
            f"_mta-sts.{domain} has {'several records' if len(records) > 1 else 'no id='}: senders ignore it",
            'Keep one TXT record of the form "v=STSv1; id=20261124".',
        )
    address = url(domain)
    try:
        policy = read_policy(await fetch_policy(address, transport))
    except PolicyError as error:
        return MTA_STS.failed(
            f"{address}: {error}; a policy that senders remember still counts",
            "Serve the policy there; RFC 8461, section 8.3, says how to withdraw one.",
        )
    return _judge(policy, [host for host in hosts if not policy.allows(host)], address)


def _judge(policy: Policy, missing: Sequence[str], address: str) -> Check:
    if policy.mode == "none":
        return MTA_STS.passed("mode none: nothing is asked of the MX hosts")
    if not missing:
        return MTA_STS.passed(f"mode {policy.mode}: lists every MX host")
    lines = dict.fromkeys(f"mx: {PATTERN if host.endswith(EDGE_SUFFIX) else host}" for host in missing)
    fix = f"Add to {address}: {'; '.join(lines)}. Then change the id in the _mta-sts record."
    what = f"mode {policy.mode}, but the policy does not list {listed(missing)}"
    if policy.mode == "testing":
        return MTA_STS.warned(what, fix)
    return MTA_STS.failed(f"{what}: careful senders won't deliver there", fix)
