"""The order of a removal: look, show, the domains off the Worker, look again, the Worker away, what stays.

Mail that is handed to a Worker which is not there bounces or is lost. So nothing but the last step removes
it, and just before that both are read anew: who hands mail to it, and what it keeps.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import typer

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError, NoToken, WorkerNotFound, ZoneNotFound
from mail_failover.console.exit_codes import API, DONE, INTERRUPTED, PROBLEM, UNSAFE, USAGE
from mail_failover.console.voice import Voice
from mail_failover.door.wording import messages, spool_facts
from mail_failover.errors import UsageError
from mail_failover.mail.resolver import ascii_host

from . import domains, kept
from .domains import Domain, ours, take_off
from .look import Seen, look
from .removal import Options, Removal, Stop, World
from .show import show_others, show_plan, show_rest

UNDER_WAY_SECONDS = 30.0
"""Longer than the Worker is at work on one message: what it has begun is forwarded or kept by then."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that speaks against deleting the Worker, and what helps; `asks`: a person's yes is enough."""

    what: str
    fix: str
    asks: bool = False


def run(options: Options, world: World) -> int:
    """Remove what is there; turn errors into messages and exit codes."""
    voice = Voice(as_json=options.json)
    voice.values = {"worker": options.worker, "domains": [], "mail_from": [], "spool": {}, "stays": []}
    removal = None
    with voice.ending:
        try:
            removal = Removal(options, world, voice)
            with Cloudflare.from_env(
                removal.env, transport=world.transport, sleep=world.sleep, waiting=removal.slow
            ) as api:
                return _go(removal, api)
        except Stop as stop:
            code = stop.code
            voice.fail(stop.kind, stop.what, stop.fix)
        except ApiError as error:
            code = USAGE if isinstance(error, NoToken | ZoneNotFound) else API
            voice.fail(type(error).__name__, error.what, error.fix, error.code)
        except UsageError as error:
            code = USAGE
            voice.misused(error)
        except (KeyboardInterrupt, typer.Abort):
            code = INTERRUPTED
            voice.fail("Interrupted", "Interrupted.", removal.so_far if removal else Removal.so_far)
    if removal and removal.done:
        voice.complain(f"Done before that: {'; '.join(removal.done)}")
    return voice.end(code, done=removal.done if removal else [])


def _go(removal: Removal, api: Cloudflare) -> int:
    voice = removal.voice
    with voice.busy("Looking at what is there"):
        found, seen = domains.look(removal), look(removal, api)
    _keep(removal, found, seen)
    left = [each for each in found if ours(removal, each) and each.steps]
    if not (left or seen.there or seen.hosts):
        _refuse(removal, seen, [])
        voice.say(f"Nothing is left to do: the account has no Worker {removal.worker}.", "bold green")
        show_others(removal, found)
        return _end(removal, found, seen)
    show_plan(removal, found, seen)
    _refuse(removal, seen, left)
    if not (removal.options.yes or removal.may_ask):
        again = removal.again.uninstall(*removal.options.words("--yes"))
        what = "Nothing was changed: there is no terminal to ask at."
        raise Stop(USAGE, "NoTerminal", what, f"If you want what is shown: `{again}`.")
    if left:
        found = take_off(removal, found)
        removal.did(f"{', '.join(each.name for each in left)} off the Worker")
        seen = _look_again(removal, api, found)
    if (seen.there or seen.hosts) and not _agreed(removal, seen):
        voice.say("The Worker stays." if seen.there else "Nothing more was changed.")
        return removal.end(PROBLEM)
    if seen.there:
        with voice.busy(f"Waiting {UNDER_WAY_SECONDS:.0f} seconds for mail that is under way"):
            removal.world.sleep(UNDER_WAY_SECONDS)
        seen = _look_again(removal, api, found)
    seen = _remove(removal, api, seen)
    return _end(removal, found, seen)


def _look_again(removal: Removal, api: Cloudflare, found: Sequence[Domain]) -> Seen:
    """Look at the account as it is now.

    Raises:
        Stop: something speaks against deleting the Worker.

    """
    with removal.voice.busy("Looking who still sends mail to the Worker"):
        seen = look(removal, api)
    _keep(removal, found, seen)
    _refuse(removal, seen, [])
    return seen


def _remove(removal: Removal, api: Cloudflare, seen: Seen) -> Seen:
    """Delete the Worker, then what may be left of it, and return what is there then."""
    account, worker = seen.account, removal.worker
    removal.begin()
    if seen.there:
        # Deleted by somebody else, or by a request whose answer was lost.
        with contextlib.suppress(WorkerNotFound):
            api.delete_script(account, worker)
        removal.did(f"the Worker {worker} deleted")
    # Whether a name of the owner's goes with the Worker is not documented.
    for host in api.custom_domains(account, worker):
        api.detach_domain(account, worker, host)
        removal.did(f"{host} detached")
    after = look(removal, api)
    if after.there:
        what = f"Cloudflare still lists the Worker {worker}, which it said it deleted."
        raise Stop(PROBLEM, "StillThere", what, "Wait a minute, then run this again.")
    # A rule that somebody made in the last second.
    _refuse(removal, after, [])
    return after


def _refuse(removal: Removal, seen: Seen, left: Sequence[Domain]) -> None:
    """Stop where the Worker may not go, or mail goes to one that is not there; `left` are yet to come off.

    Raises:
        Stop: that is so.

    """
    names = {each.name for each in left}
    worker = removal.worker
    if ways := [way for way in seen.open if ascii_host(way.zone) not in names]:
        said = "; ".join(map(str, ways))
        fix = (
            "Take that off the Worker first: `setup undo` where its `setup apply` ran, or in the dashboard"
            " under Email Routing, Routing rules; then run this again."
        )
        if seen.there:
            what = f"The Worker {worker} stays, since mail still comes to it ({said}) and would be lost."
        else:
            what = f"Mail is lost or bounces: it goes to the Worker {worker}, which is not there ({said})."
        raise Stop(PROBLEM, "InTheWay", what, fix)
    if not seen.there:
        return
    if not seen.ours:
        what = f"{worker} has none of the settings of mail-failover, so it may be another Worker: it stays."
        raise Stop(USAGE, "AnotherWorker", what, "Check its name: --worker.")
    if removal.options.force:
        removal.force(each.what for each in _doubts(seen))
        return
    doubts = [doubt for doubt in _doubts(seen) if not (doubt.asks and removal.may_ask)]
    if doubts:
        more = ["--force", *([] if removal.may_ask else ["--yes"])]
        forced = removal.again.uninstall(*removal.options.words(*more))
        what = f"The Worker {worker} stays, since this is unsafe: {'; '.join(each.what for each in doubts)}."
        fixes = " ".join(each.fix for each in doubts)
        raise Stop(UNSAFE, "Unsafe", what, f"{fixes} If you want it all the same: `{forced}`.")


def _doubts(seen: Seen) -> Iterator[Doubt]:
    """Yield what speaks against deleting the Worker."""
    if seen.ways.unknown:
        what = f"it is not known whether other mail comes to it: {seen.ways.unknown}"
        yield Doubt(what, "Look at Email Routing, Routing rules, of each zone of the account.")
    for name, count in seen.kept.copies.items():
        way = kept.home(f"https://{seen.reached[0]}", name)
        yield Doubt(
            f"{messages(count)} in the spool of {name} may be nowhere else",
            f"On your mail server: `{way.replay()}`, or here: `{way.spool('export', '--all', 'mails')}`.",
        )
    if seen.kept.unknown:
        yield Doubt(f"it may keep mail: {seen.kept.unknown}", seen.kept.fix, seen.kept.asks)


def _agreed(removal: Removal, seen: Seen) -> bool:
    """Ask the person, if there is one: what only they know, then whether it may go."""
    if not removal.may_ask:
        return True
    ask = removal.world.ask
    known = [] if removal.options.force else [each for each in _doubts(seen) if each.asks]
    for doubt in known:
        removal.voice.say(f"{doubt.what[:1].upper()}{doubt.what[1:]}. {doubt.fix}", "yellow")
        if not ask.yes("Go on?"):
            return False
    what = f"the Worker {removal.worker}" if seen.there else ", ".join(seen.hosts)
    if lost := sum(seen.kept.copies.values()):
        what = f"{messages(lost)} that may be nowhere else, with {what},"
    return ask.yes(f"Delete {what} from your account for good?")


def _keep(removal: Removal, found: Sequence[Domain], seen: Seen) -> None:
    """Keep for JSON what was seen."""
    removal.voice.values |= {
        "worker": removal.worker,
        "domains": [each.facts for each in found],
        "mail_from": [{"zone": way.zone, "rule": way.rule, "open": way.open} for way in seen.ways.found],
        "spool": {name: spool_facts(each.spool) for name, each in seen.kept.standings.items()},
    }


def _end(removal: Removal, found: Sequence[Domain], seen: Seen) -> int:
    removal.voice.values["stays"] = show_rest(removal, found, seen)
    kept_back = any(ours(removal, each) and each.left for each in found)
    return removal.end(PROBLEM if kept_back else DONE)
