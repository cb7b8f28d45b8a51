"""SPF as a receiver evaluates it (RFC 7208): one record, the edge in it, within the limits."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mail_failover.console.next_step import Again
from mail_failover.doctor.report import Check, Status, Topic, listed
from mail_failover.mail.exchangers import exchangers_of
from mail_failover.mail.proxy import stands_in
from mail_failover.mail.resolver import Dns, DnsError
from mail_failover.mail.spf import record as spf
from mail_failover.mail.spf.lookups import Count, count

RECORD = Topic("dns.spf", "SPF record")
LIMITS = Topic("dns.spf-limits", "SPF lookups")
_MOST_MX = 10
_EDGE = f"include:{spf.INCLUDE}"


@dataclass(slots=True)
class Followed:
    """What following a record's includes showed: the count, the records by name, long MX lists."""

    count: Count
    records: dict[str, str] = field(default_factory=dict)
    crowded: list[str] = field(default_factory=list)


async def check_spf(dns: Dns, domain: str, again: Again) -> list[Check]:
    """Check the record, and what evaluating it costs through all its includes."""
    texts = (await dns.ask(domain, "TXT")).texts
    record, limits = await _check(dns, domain, [text for text in texts if spf.is_spf(text)], again)
    return [_point_out([text for text in texts if spf.resembles_spf(text)], record), limits]


def _point_out(alike: Sequence[str], check: Check) -> Check:
    """Add to what is said of the SPF record that others only look like one."""
    if not alike:
        return check
    shown = " and ".join(f'"{text}"' for text in alike)
    found = f"{check.found}; {shown} only {'looks' if len(alike) == 1 else 'look'} like SPF"
    status = Status.WARN if check.status is Status.PASS else check.status
    return replace(check, status=status, found=found, fix=f"{spf.HOW_IT_BEGINS} {check.fix}".rstrip())


async def _check(dns: Dns, domain: str, records: Sequence[str], again: Again) -> list[Check]:
    set_up = f"Run `{again.setup('plan')}`"
    if len(records) != 1:
        reason = "needs exactly one SPF record"
        if records:
            shown = " and ".join(f'"{text}"' for text in records)
            found = f"{len(records)} records, {shown}: receivers take that for a permanent error"
            return [RECORD.failed(found, "Merge them into one."), LIMITS.skipped(reason)]
        return [RECORD.failed("none: the edge may not send on for you", set_up), LIMITS.skipped(reason)]
    try:
        record = spf.parse(records[0])
    except spf.SpfError as error:
        found = f'"{records[0]}" is not valid: {error}'
        return [RECORD.failed(found, "Correct this term."), LIMITS.skipped("the record is not valid")]
    followed = await _follow(dns, domain, records[0])
    own = [exchanger.host for exchanger in (await exchangers_of(dns, domain)).own]
    passing = _passing(domain, record, followed.records)
    return [_check_record(record, passing, own, set_up), _check_limits(followed)]


def _check_record(record: spf.Spf, passing: set[str], own: Sequence[str], set_up: str) -> Check:
    if _EDGE not in passing:
        named = any(term.domain == spf.INCLUDE for term in record.terms)
        what = "the include of the edge has no effect" if named else "the edge is not included"
        return RECORD.failed(f'"{record.text}": {what}', f"Add {_EDGE} before the end. {set_up}")
    if record.all and record.all.qualifier == "+":
        return RECORD.warned(f'"{record.text}" lets everyone pass', "End it with ~all or -all.")
    if passing == {_EDGE}:
        terms = " ".join(f"a:{host}" for host in own if not stands_in(host)) or "a:HOST"
        return RECORD.warned(
            f'"{record.text}": your own server is not listed, so what it sends fails SPF',
            f"Put {terms} after v=spf1, and the same for each other server that sends your mail.",
        )
    if not (record.all or record.redirect):
        return RECORD.warned(f'"{record.text}" says nothing of all others', "End it with ~all or -all.")
    return RECORD.passed(f'"{record.text}"')


def _passing(domain: str, record: spf.Spf, records: Mapping[str, str]) -> set[str]:
    """Return the terms that let senders pass, as `name:value`; for an include, those of its record.

    `records` are the included ones by name, as followed; an include of one that is not there stays a term.
    """
    found: set[str] = set()
    waiting, seen = [(domain, record)], {domain}
    while waiting:
        name, each = waiting.pop()
        barred: set[str] = set()
        for term in each.evaluated:
            target = term.domain.replace("%{d}", name).replace("%{D}", name)
            leads = term.name in {"include", "redirect"}
            if term.qualifier not in {"+", ""}:
                if leads:
                    # What it matches, a later one of the same record never sees.
                    barred.add(target)
                continue
            if leads and target in barred:
                continue
            if leads and target == spf.INCLUDE:
                found.add(_EDGE)
            elif not leads or target not in records:
                found.add(f"{term.name}:{target or term.value or name}")
            elif target not in seen:
                seen.add(target)
                with contextlib.suppress(spf.SpfError):
                    waiting.append((target, spf.parse(records[target])))
    return found


def _check_limits(followed: Followed) -> Check:
    found = followed.count
    used = f"{found.lookups} of {spf.LOOKUP_LIMIT} lookups, {found.voids} of {spf.VOID_LIMIT} void ones"
    problems = [*found.problems, *(f"{name} has over {_MOST_MX} MX hosts." for name in followed.crowded)]
    if problems:
        return LIMITS.failed(f"{used}; {' '.join(problems)}", "Correct or remove these terms.")
    if found.breaks:
        return LIMITS.failed(
            f"{used}: beyond that, receivers take the record for a permanent error",
            "Remove includes that you no longer use, or write their addresses as ip4: and ip6:.",
        )
    if found.unknown:
        return LIMITS.warned(
            f"{used}, as far as can be seen: {listed(found.unknown)} could not be followed",
            "Look at these terms yourself: they depend on the sender, or their DNS did not answer.",
        )
    return LIMITS.passed(used)


async def _follow(dns: Dns, domain: str, record: str) -> Followed:
    followed = Followed(Count())
    resolve = _blocking_resolve(dns, followed)
    followed.count = await asyncio.to_thread(count, domain, record, resolve)
    return followed


def _blocking_resolve(dns: Dns, followed: Followed) -> Callable[[str, str], Sequence[str]]:
    """Return what `count` asks with, for use in a thread."""
    loop = asyncio.get_running_loop()

    def resolve(name: str, kind: str) -> Sequence[str]:
        try:
            answer = asyncio.run_coroutine_threadsafe(dns.ask(name, kind), loop).result()
        except DnsError as error:
            raise OSError(str(error)) from error
        if kind == "TXT":
            followed.records[name] = next(filter(spf.is_spf, answer.texts), "")
            return answer.texts
        if kind == "MX" and len(answer.records) > _MOST_MX:
            followed.crowded.append(name)
        return [record.to_text() for record in answer.records]

    return resolve
