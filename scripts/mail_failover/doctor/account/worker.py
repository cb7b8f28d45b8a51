"""The Worker in the account, what it needs to know, and whom it may forward to."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mail_failover.console.next_step import Again
from mail_failover.doctor.report import Check, Topic, listed
from mail_failover.settings.chats import CHAT_SECRETS, COMPANIONS
from mail_failover.settings.deployed import differences
from mail_failover.settings.files import SECRETS
from mail_failover.settings.local import Local, unserved

if TYPE_CHECKING:
    from failover.primary import Target

Json = Mapping[str, Any]

INBOXES = Topic("account.inboxes", "Inboxes verified")
WORKER = Topic("account.worker", "Worker")
DEPLOYED = Topic("account.deployed", "Its settings")
SECRETS_SET = Topic("account.secrets", "Its secrets")
PRIMARY = Topic("account.primary", "PRIMARY_CHECK")
_NO_FILE = "no settings here that name it"


def check_inboxes(addresses: Sequence[Json], local: Local | None, again: Again) -> Check:
    """Check that every inbox of the settings is a verified destination address."""
    if local is None or not local.inboxes:
        return INBOXES.skipped("no settings here that name any")
    from failover.address import canonical  # noqa: PLC0415 - found beside the Worker

    known = {canonical(str(each.get("email", ""))): bool(each.get("verified")) for each in addresses}
    absent = [inbox for inbox in local.inboxes if canonical(inbox) not in known]
    waiting = [inbox for inbox in local.inboxes if known.get(canonical(inbox)) is False]
    if absent:
        return INBOXES.failed(
            f"{listed(absent)}: not among the account's destination addresses",
            f"Check its spelling in {local.sources}, or add it: `{again.setup('plan')}`",
        )
    if waiting:
        return INBOXES.failed(
            f"{listed(waiting)}: not verified, Cloudflare forwards nothing to it",
            "Click the link in Cloudflare's mail there (look into Spam). The dashboard can send it again: "
            "Email Routing, Destination addresses.",
        )
    return INBOXES.passed(listed(local.inboxes))


def check_worker(scripts: Sequence[Json], name: str, again: Again) -> Check:
    """Check that the account has the Worker, and that it takes mail."""
    if not name:
        return WORKER.skipped(_NO_FILE)
    names = sorted(str(each.get("id", "")) for each in scripts)
    script = next((each for each in scripts if each.get("id") == name), None)
    if script is None:
        has = f"it has {listed(names)}" if names else "it has none"
        return WORKER.failed(
            f"the account has no Worker {name}; {has}",
            f"Deploy it: `{again.deploy()}`. If it was renamed, put the old name back into wrangler.toml.",
        )
    handlers = script.get("handlers")
    if not isinstance(handlers, list):
        return WORKER.warned(
            f"{name} is there; Cloudflare does not say what it handles",
            f"Deploy it again: `{again.deploy()}`",
        )
    if "email" not in handlers:
        return WORKER.failed(
            f"{name} has no email handler, only {listed(handlers) or 'none at all'}",
            f"Deploy this folder's Worker: `{again.deploy()}`",
        )
    return WORKER.passed(f"{name}, with an email handler")


def check_deployed(there: Json | None, local: Local | None, again: Again) -> Check:
    """Check that the Worker which is deployed is set up as the files here say."""
    if local is None or not local.name:
        return DEPLOYED.skipped(_NO_FILE)
    if there is None:
        return DEPLOYED.skipped(f"the account has no Worker {local.name}")
    found = differences(local, there, again)
    if found:
        fixes = dict.fromkeys(difference.fix for difference in found)
        return DEPLOYED.failed("; ".join(difference.what for difference in found), ". ".join(fixes))
    return DEPLOYED.passed(f"deployed as set in {local.sources}")


def ports_asked(local: Local | None) -> list["Target"]:
    """Return the ports that PRIMARY_CHECK names; a page is answered through the proxy, too."""
    return [target for target in local.settings.primary if not target.url] if local else []


def check_primary(records: Sequence[Json], ports: Sequence["Target"]) -> Check:
    """Check that the ports of PRIMARY_CHECK are the primary's own, and not the proxy's in front of it.

    Source: https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/#considerations
    """
    proxied = {str(each.get("name", "")).lower() for each in records if each.get("proxied")}
    closed = [f"{target.host} on {target.port}" for target in ports if target.host in proxied]
    if closed:
        return PRIMARY.failed(
            f"{listed(closed)}: Cloudflare proxies the name, and no Worker gets through to a port of it",
            'Switch its proxy off ("DNS only"), or name another of your server\'s names.',
        )
    return PRIMARY.passed(listed(list(map(str, ports))))


def check_secrets(secrets: Sequence[str] | None, local: Local | None, again: Again) -> Check:
    """Check that the secrets the channels need are set; names only, values can't be read."""
    if local is None or not local.name:
        return SECRETS_SET.skipped(_NO_FILE)
    if secrets is None:
        return SECRETS_SET.skipped(f"the account has no Worker {local.name}")
    committed = {name for name, value in local.upload.variables.items() if value and name not in SECRETS}
    known = committed | set(secrets)
    secret_missing = [(var, secret) for secret, var in COMPANIONS if var in known and secret not in known]
    variable_missing = [(secret, var) for secret, var in COMPANIONS if secret in known and var not in known]
    if missing := [*secret_missing, *variable_missing]:
        return SECRETS_SET.failed(
            listed(f"{there} is set, {absent} is not" for there, absent in missing),
            f"Set what is missing: {again.put(listed(dict.fromkeys(absent for _, absent in missing)))}",
        )
    if named := unserved(local, known):
        ways = " and ".join(dict.fromkeys(f"`{again.chats(problem.needs)}`" for problem in named))
        return SECRETS_SET.failed(
            listed([str(each) for each in named]), f"{ways} sets up what is missing; or correct ALERTS."
        )
    chats = [name for name in CHAT_SECRETS if name in known]
    if not chats:
        return SECRETS_SET.warned(
            "no chat is set up: mail is forwarded, but nobody is told",
            f"Set one up: `{again.chats()}`",
        )
    return SECRETS_SET.passed(listed(chats))
