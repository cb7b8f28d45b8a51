"""What must not go up: settings that the Worker could not use, or that are still the example. Pure."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from mail_failover.console.next_step import Again
from mail_failover.settings.chats import COMPANIONS
from mail_failover.settings.files import ACCOUNT_FILE, DOMAIN, DOOR, SECRETS
from mail_failover.settings.local import OWN_INBOX, Local, unserved


class Problem(NamedTuple):
    """What is wrong, in a sentence without its full stop, and what to do about it; no value is quoted."""

    what: str
    fix: str


def problems(
    local: Local, deployed: Collection[str] | None, again: Again, *, played: bool = False
) -> list[Problem]:
    """Return all that keeps the settings from going up.

    `deployed` are the names of the secrets that the Worker has already, and keeps; None if nobody looked.
    `played` tells that the account is played on this machine, as chats may be then.
    """
    return [
        *(Problem(text, _correct(text, local, again)) for text in local.problems),
        *_examples(local),
        *_unknown(local),
        *(() if played else _on_this_machine(local)),
        *(_without_secret(local, deployed, again) if deployed is not None else ()),
        *_without_chat(local, deployed or (), again),
    ]


def _correct(text: str, local: Local, again: Again) -> str:
    """Say where to mend that; to begin with, wrangler.toml is no place for settings, as git tracks it."""
    if local.variables or text not in map(str, local.settings.problems):
        return f"Correct {local.sources}"
    return f"`{again.init()}` asks for it; or write it into {local.editable}"


def _examples(local: Local) -> Iterator[Problem]:
    if local.examples:
        yield Problem(f"{', '.join(local.examples)}: still the example", OWN_INBOX)


def _unknown(local: Local) -> Iterator[Problem]:
    from failover.settings import VARIABLES  # noqa: PLC0415 - found beside the Worker

    astray = [name for name in local.upload.variables if name == DOOR or _is_ours(name)]
    for name in (*local.upload.unknown, *astray):
        if _is_ours(name):
            fix = f"Move it to {local.folder / ACCOUNT_FILE}"
        elif name == DOOR:
            fix = f"Move it to {local.editable}"
        elif near := get_close_matches(name, VARIABLES, 1):
            fix = f"If {near[0]} is meant, correct it in {local.editable}; else remove it there"
        else:
            fix = f"Remove it from {local.editable}; docs/settings.md lists the settings"
        yield Problem(f"{name}: no setting of the Worker", fix)


def _on_this_machine(local: Local) -> Iterator[Problem]:
    """Name where alerts would go that the Worker can reach in `wrangler dev` alone: http:// is loopback's."""
    for name, value in local.variables.items():
        if str(value).strip().startswith("http://"):
            fix = f"Take it out of {local.sources}; the emulator has chats of its own"
            yield Problem(f"{name}: an address of this machine, where nobody would be told", fix)


def _is_ours(name: str) -> bool:
    """Tell whether it is for these commands and for wrangler, not for the Worker."""
    return name.startswith(("CLOUDFLARE_", DOMAIN))


def _without_secret(local: Local, deployed: Collection[str], again: Again) -> Iterator[Problem]:
    """Name what the Worker misses, of what it can have of the account alone."""
    missed = {problem.variable for problem in local.settings.problems} & {*SECRETS}
    for name in sorted(missed - local.variables.keys() - {*deployed}):
        what = f"{name}: missing here and in the account, and other settings need it"
        yield Problem(what, f"Set it: {again.put(name)}; or take those out")
    for problem in unserved(local, deployed):
        yield Problem(
            str(problem), f"`{again.chats(problem.needs)}` sets it up; or correct {problem.variable}"
        )


def _without_chat(local: Local, deployed: Collection[str], again: Again) -> Iterator[Problem]:
    """Name a token that only the account has, and whose chat is not here: the upload would take it away.

    An empty token takes none away, but an empty chat does.
    """
    here = local.variables
    for secret, chat in COMPANIONS:
        stays = chat in deployed and chat not in here
        if secret in deployed and not here.get(secret) and not (here.get(chat) or stays):
            yield Problem(
                f"{chat}: missing here, and {secret}, which is deployed, needs it",
                f"Set it: {again.put(chat)}; or, to be told there no more:"
                f" `{again.wrangler('secret', 'delete', secret)}`",
            )
