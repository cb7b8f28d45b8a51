"""The token for Cloudflare's API: one for the upload and the domain, with all permissions, kept in .env."""

from mail_failover.cloudflare.errors import ApiError, NoToken, TokenRejected
from mail_failover.cloudflare.permissions import BY_HAND, Permission, missing, template
from mail_failover.console.exit_codes import API, USAGE

from .hour import TOKEN, Hour
from .step import State, Stop

_TRIES = 5
_NONE = "There is no token for Cloudflare's API"


def look(hour: Hour) -> State:
    """Try the token, and each permission that it has to have."""
    try:
        api = hour.api()
        zones = api.zones()
        if not zones:
            return State(False, "the token sees no zone", _resources())
        lacks = missing(api, hour.zone or zones[0])
    except NoToken:
        return State(False, "no token", "Make one in the dashboard; this says how")
    except TokenRejected as error:
        return State(False, error.what.rstrip("."), error.fix.rstrip("."))
    except ApiError as error:
        raise Stop(API, error.what, error.fix) from error
    if lacks:
        rows = "; ".join(permission.row for permission in lacks)
        return State(False, f"the token lacks {rows}", "Add these rows to it in the dashboard")
    seen = f"{len(zones)} zone{'s' * (len(zones) > 1)}"
    return State(True, f"the token sees {seen}, and may do all that is needed")


def do(hour: Hour) -> None:
    """Have a token made and pasted, then completed, until it may do all."""
    hour.need(_NONE, f"set {TOKEN} in the environment or in {hour.folder / '.env'}")
    for _ in range(_TRIES):
        if not (hour.env.get(TOKEN) and _is_known(hour)):
            _paste(hour)
        elif lacks := _lacking(hour):
            _complete(hour, lacks)
        else:
            return
    raise Stop(USAGE, "The token can't do all that is needed yet.", "Run this again when it can.")


def _is_known(hour: Hour) -> bool:
    try:
        hour.api().zones()
    except TokenRejected as error:
        hour.voice.complain(error.what, error.fix)
        if hour.world.env.get(TOKEN):
            fix = f"Unset {TOKEN}, or set it to another one; then run this again."
            raise Stop(USAGE, "The token comes from the environment, which wins over .env.", fix) from error
        return False
    except ApiError as error:
        raise Stop(API, error.what, error.fix) from error
    return True


def _paste(hour: Hour) -> None:
    voice, ask = hour.voice, hour.world.ask
    address = template()
    voice.say("")
    voice.say("A token lets this program upload the Worker and set up the domain. The form is filled in:")
    voice.say(f"  {address}")
    voice.say("Two rows are missing there, since their names are not published; add them by hand:")
    voice.lines((f"  {permission.row}", "bold") for permission in BY_HAND)
    voice.say("Then: Continue to summary, Create Token, Copy.")
    if ask.yes("Open that page in a browser here?"):
        hour.world.browse(address)
    pasted = ask.secret("Paste the token (it is not shown):")
    if not pasted:
        return
    hour.remember(".env", {TOKEN: pasted})


def _lacking(hour: Hour) -> list[Permission]:
    zones = hour.api().zones()
    if not zones:
        hour.voice.complain("The token sees no zone", _resources())
        _wait(hour)
        return []
    return missing(hour.api(), zones[0])


def _complete(hour: Hour, lacks: list[Permission]) -> None:
    voice = hour.voice
    voice.say("The token is good. Edit it in the dashboard (the three dots beside it), and add:", "yellow")
    voice.lines((f"  {permission.row}   {permission.why}", "bold") for permission in lacks)
    _wait(hour)


def _wait(hour: Hour) -> None:
    hour.world.ask.text("Press Enter when that is done:", default="")


def _resources() -> str:
    return "In its Zone Resources, include the domain's zone, or all zones"
