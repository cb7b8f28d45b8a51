"""The upload: `deploy`."""

from mail_failover.cloudflare.errors import ApiError
from mail_failover.console.exit_codes import API, DONE
from mail_failover.settings.deployed import differences

from .hour import Hour
from .step import State, Stop


def look(hour: Hour) -> State:
    """Tell whether the account has the Worker as it is set up here."""
    local, fix = hour.local, f"`{hour.again.deploy()}`"
    try:
        scripts = {str(each["id"]): each for each in hour.api().scripts(hour.account)}
        if local is None or local.name not in scripts:
            return State(False, f"the account has no Worker {hour.worker}", fix)
        found = differences(local, hour.api().script_settings(hour.account, local.name), hour.again)
    except ApiError as error:
        raise Stop(API, error.what, error.fix) from error
    if "email" not in (scripts[local.name].get("handlers") or ["email"]):
        return State(False, f"the Worker {local.name} takes no mail", fix)
    if found:
        return State(False, "; ".join(each.what for each in found), fix)
    return State(True, f"the Worker {local.name} is deployed as it is set up here")


def do(hour: Hour) -> None:
    """Upload it."""
    ran = hour.run("deploy", asks=True)
    if ran.code != DONE:
        raise Stop(ran.code, "The Worker was not uploaded.", "Mend what it says; then run this again.")
