"""The Cloudflare account: whether Email Routing, its rules, the inboxes and the Worker fit together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from threading import Semaphore
from typing import Any, TypeVar

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import (
    AccountToken,
    ApiError,
    Call,
    Invalid,
    NotFound,
    NoToken,
    PermissionMissing,
    TokenRejected,
    WorkerNotFound,
    ZoneNotFound,
)
from mail_failover.cloudflare.zones import ascii_name, unfit
from mail_failover.console.background import start
from mail_failover.console.next_step import Again, spelled_out
from mail_failover.doctor.report import Check, Topic, skip_all
from mail_failover.mail.spf.record import is_spf, unquote
from mail_failover.settings.local import Local

from . import door, routing, worker

ZONE = Topic("account.zone", "Cloudflare zone")
TOPICS = (
    routing.STATUS,
    routing.RECORDS,
    routing.CATCH_ALL,
    routing.BYPASS,
    routing.SUBDOMAINS,
    worker.INBOXES,
    worker.WORKER,
    worker.DEPLOYED,
    worker.SECRETS_SET,
    door.DOOR,
)
_AT_ONCE = 4
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The account's checks; `api_failed` says that a question got no answer.

    What it knows for checks of others: the zone's name, the name servers that it was given, and the selectors
    of Email Routing's DKIM keys. Empty where it does not tell.
    """

    checks: list[Check]
    api_failed: bool = False
    zone: str = ""
    name_servers: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()


def account_checks(
    open_api: Callable[[], Cloudflare],
    domain: str,
    local: Local | None,
    account: str = "",
    again: Again | None = None,
) -> Outcome:
    """Ask the zone's account and judge the answers; blocks. Without a token, say how to get one.

    `account` is the identifier in CLOUDFLARE_ACCOUNT_ID, empty if there is none.
    """
    again = again or Again(domain)
    ports = worker.ports_asked(local)
    topics = (*TOPICS, worker.PRIMARY) if ports else TOPICS
    try:
        with open_api() as api:
            zone = api.zone_by_name(domain, account)
            apex = ascii_name(zone)
            answers = _explained(_ask(api, zone, local), apex)
    except NoToken as error:
        reason = "no token: CLOUDFLARE_API_TOKEN is not set"
        return Outcome(skip_all((ZONE, *topics), reason, error.fix))
    except ApiError as error:
        rest = skip_all(topics, "the zone could not be read")
        return Outcome(
            [ZONE.failed(error.what, spelled_out(error.fix, again.doctor())), *rest],
            not isinstance(error, ZoneNotFound),
        )
    name = local.name if local else ""
    judged = (
        (routing.STATUS, ("routing", "codes"), lambda s, c: routing.check_status(s, c, again)),
        (routing.RECORDS, ("wanted", "records"), lambda w, r: routing.check_records(w, r, domain, again)),
        (
            routing.CATCH_ALL,
            ("catch_all", "scripts"),
            lambda c, s: routing.check_catch_all(c, s, name, again),
        ),
        (routing.BYPASS, ("rules",), lambda rules: routing.check_bypass(rules, name)),
        (
            routing.SUBDOMAINS,
            ("records", "rules"),
            lambda records, rules: routing.check_subdomains(records, rules, apex),
        ),
        (worker.INBOXES, ("addresses",), lambda a: worker.check_inboxes(a, local, again)),
        (worker.WORKER, ("scripts",), lambda scripts: worker.check_worker(scripts, name, again)),
        (worker.DEPLOYED, ("deployed",), lambda there: worker.check_deployed(there, local, again)),
        (worker.SECRETS_SET, ("secrets",), lambda secrets: worker.check_secrets(secrets, local, again)),
        (door.DOOR, ("secrets", "on_the_web"), lambda s, d: door.check_door(s, d, local, again)),
        (worker.PRIMARY, ("records",), lambda records: worker.check_primary(records, ports)),
    )
    checks = [
        _check_zone(zone, account, again),
        *(_judge(topic, names, judge, answers, again) for topic, names, judge in judged if topic in topics),
    ]
    return Outcome(
        checks,
        any(isinstance(answer, ApiError) for answer in answers.values()),
        apex,
        _name_servers(zone),
        () if isinstance(answers["wanted"], ApiError) else routing.selectors(answers["wanted"], domain),
    )


def _name_servers(zone: Mapping[str, Any]) -> tuple[str, ...]:
    """Return those that Cloudflare gave to the zone, and the owner's own names for them."""
    lists = (zone.get("name_servers"), zone.get("vanity_name_servers"))
    return tuple(name for each in lists if isinstance(each, list) for name in each if isinstance(name, str))


def _ask(api: Cloudflare, zone: Mapping[str, Any], local: Local | None) -> dict[str, Any]:
    """Ask everything, a few questions at once; an answer may be the ApiError that came instead."""
    zone_id, account = str(zone.get("id", "")), str((zone.get("account") or {}).get("id", ""))
    questions: dict[str, Callable[[], object]] = {
        "routing": lambda: api.routing(zone_id),
        "codes": lambda: issue_codes(api, zone),
        "wanted": lambda: api.routing_dns(zone_id),
        "records": lambda: api.dns_records(zone_id),
        "catch_all": lambda: api.catch_all(zone_id),
        "rules": lambda: api.rules(zone_id),
        "addresses": lambda: api.addresses(account),
        "scripts": lambda: api.scripts(account),
    }
    if local and local.name:
        questions["secrets"] = lambda: _if_there(api.script_secrets, account, local.name)
        questions["deployed"] = lambda: _if_there(api.script_settings, account, local.name)
        # What has no address there is not asked for one.
        if local.addresses:
            questions["on_the_web"] = lambda: door.deployed(api, account, local.name)
    slots = Semaphore(_AT_ONCE)
    waiting = {name: start(partial(_answer, question, slots)) for name, question in questions.items()}
    absent = dict.fromkeys(("secrets", "deployed", "on_the_web"))
    return {**absent, **{name: future.result() for name, future in waiting.items()}}


def _explained(answers: dict[str, Any], zone: str) -> dict[str, Any]:
    """Give the refusal to talk of rules its real cause: several SPF records look like a bad token."""
    if isinstance(answers["records"], ApiError):
        return answers
    apex = [record for record in answers["records"] if record.get("name") == zone]
    texts = [unquote(str(record.get("content", ""))) for record in apex if record.get("type") == "TXT"]
    if sum(map(is_spf, texts)) < 2:
        return answers
    cause = ApiError(
        f"Cloudflare does not talk of rules while {zone} has several SPF records.",
        "Merge them into one, then run this again. If this stays, see to the token's permission for rules.",
    )
    blamed = {n for n in ("catch_all", "rules") if isinstance(answers[n], PermissionMissing | TokenRejected)}
    refused = {name for name in blamed if not isinstance(answers[name], AccountToken)}
    return answers | dict.fromkeys(refused, cause)


def issue_codes(api: Cloudflare, zone: Mapping[str, Any]) -> list[str]:
    """Return what Email Routing finds wrong with the zone's records, as codes such as `mx.foreign`.

    Only a deprecated form of the call tells; where it is gone, no codes are known.
    """
    path = f"/zones/{zone.get('id')}/email/routing/dns"
    call = Call("GET", path, "read Email Routing's issues", "Zone > Zone Settings > Read")
    try:
        found = api.result(call, {"subdomain": ascii_name(zone)})
    except (Invalid, NotFound):
        return []
    errors = found.get("errors") if isinstance(found, dict) else None
    listed = errors if isinstance(errors, list) else []
    return [str(error.get("code", "")) for error in listed if isinstance(error, dict)]


def _if_there(question: Callable[[str, str], T], account: str, name: str) -> T | None:
    """Ask about a Worker; None if there is no such Worker."""
    try:
        return question(account, name)
    except (WorkerNotFound, NotFound):
        return None


def _answer(question: Callable[[], object], slots: Semaphore) -> object:
    with slots:
        try:
            return question()
        except ApiError as error:
            return error


def _judge(
    topic: Topic,
    names: tuple[str, ...],
    judge: Callable[..., Check],
    answers: Mapping[str, Any],
    again: Again,
) -> Check:
    found = [answers[name] for name in names]
    error = next((answer for answer in found if isinstance(answer, ApiError)), None)
    return topic.skipped(error.what, spelled_out(error.fix, again.doctor())) if error else judge(*found)


def _check_zone(zone: Mapping[str, Any], account: str, again: Again) -> Check:
    name, status = zone.get("name", ""), zone.get("status", "")
    holder = str((zone.get("account") or {}).get("id", ""))
    if account and holder and account != holder:
        return ZONE.failed(
            f"{name} belongs to the account {holder}, CLOUDFLARE_ACCOUNT_ID names {account}: a Worker "
            "deployed there takes no mail of this zone",
            "Set CLOUDFLARE_ACCOUNT_ID to the zone's account, or unset it. This checked the zone's.",
        )
    if trouble := unfit(zone):
        return ZONE.failed(trouble.what, spelled_out(trouble.fix, again.doctor()))
    if status == "active":
        return ZONE.passed(f"{name}, active")
    return ZONE.failed(
        f"{name} is {status or 'in an unknown state'}: Cloudflare does not serve its DNS yet",
        "Set the name servers that Cloudflare gave you at your registrar, and wait until the zone is active.",
    )
