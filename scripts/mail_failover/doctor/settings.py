"""Checks of the settings in this folder, as far as this machine can; their ids begin with settings."""

from mail_failover.console.next_step import Again
from mail_failover.mail.resolver import ascii_host
from mail_failover.settings.files import SETTINGS_FILE
from mail_failover.settings.local import OWN_INBOX, Local
from mail_failover.settings.place import DEFAULT

from .report import Check, Topic, listed

SETTINGS = Topic("settings.file", "Settings")
INBOXES = Topic("settings.inboxes", "Inboxes named")


def local_checks(local: Local | None, domain: str, again: Again) -> list[Check]:
    """Check the settings as far as this machine can."""
    if local is None:
        reason = f"neither {DEFAULT} nor {SETTINGS_FILE} in this folder"
        fix = f"Run it in the folder of your settings, or name the file: `{again.doctor('--config', 'PATH')}`"
        return [SETTINGS.skipped(reason, fix), INBOXES.skipped(reason, fix)]
    return [_check_settings(local, again), _check_inboxes(local, domain, again)]


def _check_settings(local: Local, again: Again) -> Check:
    if local.problems:
        fix = f"Correct it in {local.sources}, then: `{again.deploy()}`"
        return SETTINGS.failed("; ".join(local.problems), fix)
    return SETTINGS.passed(f"{local.sources}: Worker {local.name}, inboxes: {len(local.inboxes)}")


def _check_inboxes(local: Local, domain: str, again: Again) -> Check:
    if not local.inboxes:
        return INBOXES.failed("none", f"Name one: {again.put('FALLBACK_INBOXES')}")
    hosts = {inbox: ascii_host(inbox.rpartition("@")[2]) for inbox in local.inboxes}
    if local.examples:
        return INBOXES.failed(f"{listed(local.examples)}: still the example", f"{OWN_INBOX}.")
    inside = [inbox for inbox, host in hosts.items() if host == domain or host.endswith(f".{domain}")]
    if inside:
        return INBOXES.failed(
            f"{listed(inside)}: on the domain itself, whose server is down when it matters",
            "Name an inbox at another provider.",
        )
    if len(local.inboxes) == 1:
        return INBOXES.passed(f"{local.inboxes[0]} (a second one elsewhere helps when this one refuses)")
    return INBOXES.passed(listed(local.inboxes))
