"""The upload: `deploy`."""

from mail_failover.settings.deployed import differences

from .hour import Hour
from .step import State


def look(hour: Hour) -> State:
    """Tell whether the account has the Worker as it is set up here."""
    local, fix = hour.local, f"`{hour.again.deploy()}`"
    scripts = {str(each["id"]): each for each in hour.api().scripts(hour.account)}
    if local is None or local.name not in scripts:
        return State(False, f"the account has no Worker {hour.worker}", fix)
    if "email" not in (scripts[local.name].get("handlers") or ["email"]):
        return State(False, f"{local.name} takes no mail as it is deployed", fix)
    if found := differences(local, hour.api().script_settings(hour.account, local.name), hour.again):
        return State(False, "; ".join(each.what for each in found), fix)
    return State(True, f"{local.name} is deployed as it is set up here")


def do(hour: Hour) -> None:
    """Upload it."""
    hour.must("The Worker is not deployed as it is set up here.", "deploy", asks=True)
