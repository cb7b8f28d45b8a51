"""The token for Cloudflare's API: one for the upload and the domain, with all permissions, kept in .env."""

from collections.abc import Sequence

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.errors import NoToken, TokenRejected
from mail_failover.cloudflare.permissions import NEEDED, Permission, missing, template_url
from mail_failover.cloudflare.rows import ZONE_READ
from mail_failover.cloudflare.zones import holding
from mail_failover.console.exit_codes import USAGE
from mail_failover.settings.files import ACCOUNT, ACCOUNT_FILE, DOMAIN, TOKEN

from .hour import Hour
from .step import State, Stop

_TRIES = 10
_NO_ZONE = (
    "If it has that row: is there a domain in the account yet, and do its Zone Resources include it?"
    " A domain is added at https://dash.cloudflare.com."
)


def look(hour: Hour) -> State:
    """Try the token, and each permission that it has to have."""
    try:
        lacks = _lacking(hour)
    except NoToken:
        return State(False, "there is none", f"`{hour.again.init()}` makes one with you")
    except TokenRejected as error:
        return State(False, error.what.rstrip("."), error.fix.rstrip("."))
    if lacks:
        return State(False, f"it lacks {_rows(lacks)}", "Add that to it in the dashboard")
    zones = len(hour.api().zones())
    return State(True, f"it sees {zones} domain{'s' * (zones > 1)}, and may do all that is needed")


def do(hour: Hour) -> None:
    """Have a token made and pasted, then completed, until it may do all.

    It is written down before it is tried, so that nobody has to make another one after an interruption.
    """
    place = f"in the environment or in {hour.folder / ACCOUNT_FILE}"
    hour.need(f"Set {TOKEN}, {place}; docs/setup.md lists what it has to be able to do.")
    shown = False
    for _ in range(_TRIES):
        try:
            lacks = _lacking(hour)
        except (NoToken, TokenRejected) as error:
            if isinstance(error, TokenRejected):
                _check_place(hour)
                hour.voice.complain(error.what, error.fix)
            shown = shown or _show_form(hour)
            _paste(hour)
        else:
            if not lacks:
                return
            _complete(hour, lacks)
    raise Stop(USAGE, "The token can't do all that is needed yet.", "Add what it lacks.")


def _lacking(hour: Hour) -> list[Permission]:
    """Return what the token lacks.

    Raises:
        ApiError: there is none, it can't be used, or nobody says.

    """
    account = hour.env.get(ACCOUNT, "")
    zones: Sequence[Json | None] = [hour.zone] if hour.zone else _likely(hour, hour.api().zones())
    return min((missing(hour.api(), zone, account) for zone in zones or [None]), key=len)


def _likely(hour: Hour, zones: Sequence[Json]) -> list[Json]:
    """Return the named domain's zones; else one of each account, of which the token may know one alone."""
    named = hour.options.domain or hour.env.get(DOMAIN, "")
    accounts = {str((zone.get("account") or {}).get("id")): zone for zone in reversed(zones)}
    return holding(named, zones) or list(accounts.values())


def _check_place(hour: Hour) -> None:
    if hour.world.env.get(TOKEN):
        what = f"Cloudflare refuses {TOKEN} of the environment, which wins over {hour.folder / ACCOUNT_FILE}."
        raise Stop(USAGE, what, "Unset it, or set it to another one.", "TokenRejected")


def _show_form(hour: Hour) -> bool:
    """Show where a token is made, and how; return that it was shown."""
    voice, address = hour.voice, template_url()
    voice.say("A token lets this program upload the Worker and set up the domain. Make it here:")
    voice.say(f"  {address}")
    voice.say("The form should come filled in. If it does not, add what is missing of these rows by hand:")
    _show(hour, NEEDED)
    voice.say("Zone Resources: your domain, or all zones. Then Continue to summary, Create Token, Copy.")
    if hour.world.ask.yes("Open that page in a browser here?"):
        hour.world.browse(address)
    return True


def _paste(hour: Hour) -> None:
    if pasted := hour.world.ask.secret("Paste the token, which is not shown:"):
        hour.remember(ACCOUNT_FILE, {TOKEN: pasted})


def _complete(hour: Hour, lacks: Sequence[Permission]) -> None:
    hour.voice.say("The token is good, but lacks something. In the dashboard, edit it and add:", "yellow")
    _show(hour, lacks)
    if ZONE_READ in [each.row for each in lacks]:
        hour.voice.say(_NO_ZONE)
    hour.world.ask.text("Press Enter when that is done:", default="")


def _show(hour: Hour, permissions: Sequence[Permission]) -> None:
    widest = max(len(permission.row) for permission in permissions)
    hour.voice.lines((f"  {each.row:<{widest}}  {each.why}", "") for each in permissions)


def _rows(permissions: Sequence[Permission]) -> str:
    return "; ".join(permission.row for permission in permissions)
