"""The way home, for whoever wants it: the spool's door and token, and what to type on the mail server."""

import shlex

from mail_failover.console.next_step import AT_HOME, Homeward
from mail_failover.door.address import TOKEN_FILE
from mail_failover.settings.files import SPOOL_TOKEN
from mail_failover.settings.place import STATE

from .hour import Hour
from .step import State

_TOKEN_FILE = STATE / TOKEN_FILE


def look(hour: Hour) -> State:
    """Tell whether caught mail can be fetched."""
    if _is_set(hour) and ("home" in hour.done or not hour.options.server):
        return State(True, "caught mail can be fetched, by `replay` on your server")
    return State(False, "caught mail stays in the inboxes", f"`{hour.again.setup('door', '--workers-dev')}`")


def do(hour: Hour) -> None:
    """Give the Worker an address and a token, if that is wanted, and say what the server needs."""
    ask, voice = hour.world.ask, hour.voice
    if not hour.options.server:
        if not hour.may_ask:
            return
        voice.say("Caught mail can also come home by itself: your server fetches it when it is back.")
        if not ask.yes("Set that up?"):
            return
        hour.answered(server=ask.text("Your mail server, as ssh knows it (user@host):"))
    if not _is_set(hour):
        for words in (("setup", "door", "--workers-dev", "--domain", hour.domain), ("deploy",)):
            hour.must("The way home is not set up.", *words, asks=True)
    _tell(hour)


def _is_set(hour: Hour) -> bool:
    local = hour.local
    return bool(local and local.addresses and SPOOL_TOKEN in local.upload.secrets)


def _tell(hour: Hour) -> None:
    """Print what to type for the mail server."""
    at, file = shlex.quote(hour.options.server), shlex.quote(str(hour.folder / _TOKEN_FILE))
    url = f"https://{_host(hour)}"
    homeward = Homeward(options=("--url", url, "--domain", hour.domain), to=AT_HOME)
    hour.voice.say("mail-failover has to be installed there, too (docs/replay.md). Then type here:")
    hour.show_command(f"  ssh {at} mkdir -p -m 700 {STATE}")
    hour.show_command(f"  scp -p {file} {at}:{_TOKEN_FILE}")
    hour.voice.say("and there, which shows what would come home and changes nothing:")
    hour.show_command(f"  {homeward.replay('--dry-run')}")


def _host(hour: Hour) -> str:
    local = hour.local
    if local and local.addresses.hosts:
        return local.addresses.hosts[0]
    return f"{hour.worker}.{hour.api().subdomain(hour.account)}.workers.dev"
