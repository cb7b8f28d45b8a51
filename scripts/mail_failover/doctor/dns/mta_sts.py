"""MTA-STS (RFC 8461): a policy that does not list the edge makes careful senders skip it."""

import asyncio
from collections.abc import Sequence

import httpx

from mail_failover.doctor.report import Check, Topic, listed
from mail_failover.mail.mta_sts import PATTERN, Policy, is_record, url
from mail_failover.mail.resolver import Dns

from .mx import EDGE
from .signatures import tags

MTA_STS = Topic("dns.mta-sts", "MTA-STS")
SECONDS = 10.0
_MOST_BYTES = 65536
_LONGEST_AGE = 31_557_600


class PolicyError(Exception):
    """There is no policy to be had, or it can't be read."""


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


async def fetch_policy(address: str, transport: httpx.AsyncBaseTransport | None) -> str:
    """Fetch a policy as senders do: HTTPS with a valid certificate, no redirects, 64 KiB at most, in SECONDS.

    Raises:
        PolicyError: it can't be had.

    """
    try:
        async with (
            # The client's own timeout starts anew with every byte.
            asyncio.timeout(SECONDS),
            httpx.AsyncClient(transport=transport, timeout=SECONDS, trust_env=False) as client,
            client.stream("GET", address) as response,
        ):
            if response.status_code != 200:
                raise PolicyError(f"answers with HTTP status {response.status_code}")
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    raise PolicyError("is over 64 KiB")
    except (TimeoutError, httpx.TimeoutException) as error:
        raise PolicyError(f"no answer within {SECONDS:.0f} s") from error
    except httpx.HTTPError as error:
        raise PolicyError(f"can't be fetched ({error})") from error
    return body.decode("utf-8", "replace")


def read_policy(text: str) -> Policy:
    """Read a policy (RFC 8461, section 3.2).

    Raises:
        PolicyError: a field that must be there is missing or wrong.

    """
    pairs = [line.partition(":") for line in text.splitlines()]
    fields = [(name.strip(), value.strip().lower()) for name, colon, value in pairs if colon]
    single = dict(reversed(fields))
    mode, age = single.get("mode", ""), single.get("max_age", "")
    patterns = tuple(value.rstrip(".") for name, value in fields if name == "mx")
    if single.get("version") != "stsv1":
        raise PolicyError("does not say version: STSv1")
    if mode not in {"enforce", "testing", "none"}:
        raise PolicyError("names no mode: enforce, testing or none")
    if not (age.isascii() and age.isdigit() and int(age[:12]) <= _LONGEST_AGE):
        raise PolicyError(f"names no max_age of 0 to {_LONGEST_AGE} seconds")
    if mode != "none" and not patterns:
        raise PolicyError("names no mx")
    return Policy(mode, patterns)


def _judge(policy: Policy, missing: Sequence[str], address: str) -> Check:
    if policy.mode == "none":
        return MTA_STS.passed("mode none: nothing is asked of the MX hosts")
    if not missing:
        return MTA_STS.passed(f"mode {policy.mode}: lists every MX host")
    lines = dict.fromkeys(f"mx: {PATTERN if host.endswith(EDGE) else host}" for host in missing)
    fix = f"Add to {address}: {'; '.join(lines)}. Then change the id in the _mta-sts record."
    what = f"mode {policy.mode}, but the policy does not list {listed(missing)}"
    if policy.mode == "testing":
        return MTA_STS.warned(what, fix)
    return MTA_STS.failed(f"{what}: careful senders won't deliver there", fix)
