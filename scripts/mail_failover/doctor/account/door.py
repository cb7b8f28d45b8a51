"""Whether what the spool holds can be fetched: its token, and an address of the Worker on the web."""

from collections.abc import Sequence

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import NotFound, WorkerNotFound
from mail_failover.console.next_step import Again
from mail_failover.doctor.report import Check, Topic, listed
from mail_failover.settings.files import SPOOL_TOKEN
from mail_failover.settings.local import Addresses, Local

DOOR = Topic("account.door", "Spool and its door")


def deployed(api: Cloudflare, account: str, name: str) -> Addresses | None:
    """Return where a Worker is on the web; None if there is no such Worker. Other routes are not seen."""
    try:
        return Addresses(api.on_workers_dev(account, name), tuple(api.custom_domains(account, name)))
    except (WorkerNotFound, NotFound):
        return None


def check_door(
    secrets: Sequence[str] | None, there: Addresses | None, local: Local | None, again: Again
) -> Check:
    """Check that what is kept can be fetched: the Worker's secrets, by name, and where it is on the web."""
    if local is None or not local.name:
        return DOOR.skipped("no settings here that name the Worker")
    if secrets is None:
        return DOOR.skipped(f"the account has no Worker {local.name}")
    return _check(secrets, there or Addresses(), local, again)


def _check(secrets: Sequence[str], there: Addresses, local: Local, again: Again) -> Check:
    kept = str(local.upload.variables.get("SPOOL") or "").strip().lower()
    if kept == "off":
        return DOOR.skipped('SPOOL = "off": nothing is kept')
    if SPOOL_TOKEN not in secrets:
        return _without_token(kept, local, again)
    if not local.addresses:
        give = again.setup("door", "--workers-dev")
        return DOOR.warned(
            f"mail is held, since {SPOOL_TOKEN} is set, and nobody can fetch it: the Worker has no address"
            f" in {local.sources}",
            f"Give it one: `{give}`, then `{again.deploy()}`",
        )
    if missing := _missing(local.addresses, there):
        return DOOR.failed(
            f"the Worker is at {listed(missing)} in {local.sources}, and what is deployed is not there: mail"
            " is held, and nobody can fetch it",
            f"Deploy it: `{again.deploy()}`",
        )
    return DOOR.passed(f"{SPOOL_TOKEN} is set; the Worker is at {listed(local.addresses.named)}")


def _without_token(kept: str, local: Local, again: Again) -> Check:
    where = ("--route", local.addresses.hosts[0]) if local.addresses.hosts else ("--workers-dev",)
    fix = f"`{again.setup('door', *where)}` makes one, then `{again.deploy()}`"
    if kept:
        return DOOR.failed(f'SPOOL = "{kept}", but {SPOOL_TOKEN} is not set: nothing is kept', fix)
    if local.addresses:
        return DOOR.warned(
            f"the Worker is at {listed(local.addresses.named)} for nothing: {SPOOL_TOKEN} is not set, so"
            " nothing is kept, and the door is shut",
            f"{fix}; or `{again.setup('door', '--off')}`",
        )
    return DOOR.skipped(
        f"{SPOOL_TOKEN} is not set, so there is no spool: what no inbox takes goes back to its sender", fix
    )


def _missing(wanted: Addresses, there: Addresses) -> list[str]:
    dev = ["workers.dev"] if wanted.workers_dev and not there.workers_dev else []
    return [*dev, *(host for host in wanted.hosts if host not in there.hosts)]
