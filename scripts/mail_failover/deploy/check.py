"""What must not go up: settings that the Worker could not use, or that are still the example. Pure."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from mail_failover.console.next_step import Again
from mail_failover.settings.files import ACCOUNT_FILE, COMPANIONS, SECRETS
from mail_failover.settings.local import OWN_INBOX, Local


class Problem(NamedTuple):
    """What is wrong, in a sentence without its full stop, and what to do about it; no value is quoted."""

    what: str
    fix: str


def problems(local: Local, deployed: Collection[str] | None, again: Again) -> list[Problem]:
    """Return all that keeps the settings from going up.

    `deployed` are the names of the secrets that the Worker has already, and keeps; None if nobody looked.
    """
    return [
        *(Problem(text, f"Correct {local.sources}") for text in local.problems),
        *_examples(local),
        *_unknown(local),
        *(_without_secret(local, deployed, again) if deployed is not None else ()),
        *_without_chat(local, deployed or (), again),
    ]


def _examples(local: Local) -> Iterator[Problem]:
    if local.examples:
        yield Problem(f"{', '.join(local.examples)}: still the example", OWN_INBOX)


def _unknown(local: Local) -> Iterator[Problem]:
    from failover.settings import VARIABLES  # noqa: PLC0415 - found beside the Worker

    for name in local.upload.unknown:
        if name.startswith("CLOUDFLARE_"):
            fix = f"Move it to {local.folder / ACCOUNT_FILE}"
        elif near := get_close_matches(name, VARIABLES, 1):
            fix = f"If {near[0]} is meant, correct it in {local.editable}; else remove it there"
        else:
            fix = f"Remove it from {local.editable}; docs/settings.md lists the settings"
        yield Problem(f"{name}: no setting of the Worker", fix)


def _without_secret(local: Local, deployed: Collection[str], again: Again) -> Iterator[Problem]:
    """Name what the Worker misses, of what it can have of the account alone."""
    missed = {problem.variable for problem in local.settings.problems} & {*SECRETS}
    for name in sorted(missed - local.variables.keys() - {*deployed}):
        what = f"{name}: missing here and in the account, and other settings need it"
        yield Problem(what, f"Set it: {again.put(name)}; or take those out")


def _without_chat(local: Local, deployed: Collection[str], again: Again) -> Iterator[Problem]:
    """Name a token that only the account has, and whose chat is not here: the upload would take it away."""
    for secret, chat in COMPANIONS.items():
        if secret in deployed and secret not in local.variables and not local.variables.get(chat):
            yield Problem(
                f"{chat}: missing here, and {secret}, which is deployed, needs it",
                f"Set it: {again.put(chat)}; or, to be told there no more:"
                f" `{again.wrangler('secret', 'delete', secret)}`",
            )
