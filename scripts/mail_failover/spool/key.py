"""The pair of keys for what is encrypted for home: made, handed to the Worker, and proven by a message."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.console.next_step import Again, Homeward
from mail_failover.console.program import program
from mail_failover.console.voice import Line, Voice, speaking
from mail_failover.door.address import read_address
from mail_failover.door.answers import Copy
from mail_failover.door.keys import Keys, public_half
from mail_failover.door.options import Way
from mail_failover.door.wording import moment

from .run import Visit, World, at_door, telling


def show_key(way: Way, *, new: bool = False, as_json: bool = False, world: World | None = None) -> int:
    """Make a key if there is none, or a new one, and show whether it is proven; return the exit code."""

    def body(voice: Voice) -> int:
        voice.again = _again(way)
        # What can't be used is said before a key is made.
        address = read_address(way.url, way.domain, way.token_file, way.state) if way.url else None

        def work() -> int:
            keys = Keys(way.keys)
            name = _present(keys, voice, new=new)
            if address:
                return at_door(voice, way, address, lambda visit: _prove(visit, way, name), world or World())
            voice.say("Not proven yet: without --url nobody can look into the spool.", "bold yellow")
            voice.lines(_steps(way))
            return voice.end(PROBLEM, proven="")

        return telling(voice, work)

    return speaking(body, as_json=as_json)


def _present(keys: Keys, voice: Voice, *, new: bool) -> str:
    """Show the key that is to be used, made if need be, and return its name."""
    before = keys.names()
    made = new or not before
    name = keys.make() if made else before[0]
    public, others = public_half(keys.find(name)), [each for each in before if each != name]
    voice.say(f"{'Made the' if made else 'The'} key {name}. Its private half: {keys.path(name)}")
    voice.say("Keep a copy of that file elsewhere: what is encrypted for a lost key is lost.", "bold")
    if others:
        voice.say(f"Older keys stay there, and open what was encrypted for them: {', '.join(others)}.")
    voice.say("Its public half, as SPOOL_KEY takes it:")
    voice.say(public)
    file = str(keys.path(name))
    voice.values |= {"key": name, "made": made, "file": file, "public": public, "older": others}
    return name


async def _prove(visit: Visit, way: Way, name: str) -> int:
    """See whether the last copy that was encrypted for a key comes home and opens."""
    copies = [copy async for copy in visit.door.copies()]
    fitting = [copy for copy in copies if copy.key == name]
    if not fitting:
        visit.voice.say(f"Not proven yet: {_instead(copies, visit.door.keys)}", "bold yellow")
        visit.voice.lines(_steps(way))
        return visit.voice.end(PROBLEM, proven="")
    copy = fitting[-1]
    with visit.scratch() as folder:
        await visit.door.fetch(copy, folder / "message.eml")
    proof = f"Proven: {copy.id}, caught {moment(copy.caught)}, was encrypted for it, came here, and opens."
    visit.voice.say(proof, "bold green")
    return visit.voice.end(DONE, proven=copy.id)


def _instead(copies: Sequence[Copy], keys: Keys) -> str:
    """Say what the spool has in place of a copy that was encrypted for the key."""
    if not copies:
        return "the spool is empty."
    last = f"the spool's last message, caught {moment(copies[-1].caught)},"
    if not copies[-1].sealed:
        return f"{last} is not encrypted."
    if copies[-1].key in keys.names():
        return f"{last} is encrypted for an older key, {copies[-1].key}."
    whose = f"for the key {copies[-1].key}, which is not here" if copies[-1].key else "in an unknown format"
    return f"{last} is encrypted {whose}."


def _steps(way: Way) -> Iterator[Line]:
    again = Again(program=program())
    drill = again.drill("--to", "ADDRESS")
    kept = f"The Worker keeps it with SPOOL=all in .dev.vars (then `{again.deploy()}`)"
    yield f"  1. Give the Worker that line: {again.put('SPOOL_KEY')}.", ""
    yield f"  2. `{drill}` sends a message. {kept}; else only what no inbox takes.", ""
    yield f"  3. `{_again(way)}` sees whether it opens.", ""


def _again(way: Way) -> str:
    known = replace(way, url=way.url or "URL", domain=way.domain or "DOMAIN")
    return Homeward(program(), known.words).spool("key")
