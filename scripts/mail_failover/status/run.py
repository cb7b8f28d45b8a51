"""One run of `status`: ask at the door, say how things stand, return what that means as an exit code."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

import httpx

from mail_failover.console.exit_codes import API, DONE, PROBLEM
from mail_failover.console.next_step import AT_HOME, Again, Homeward
from mail_failover.console.program import program
from mail_failover.console.voice import Voice, speaking
from mail_failover.door.address import Address, read_address
from mail_failover.door.answers import Standing
from mail_failover.door.client import Door
from mail_failover.door.errors import DoorError
from mail_failover.door.keys import Keys
from mail_failover.door.options import Way
from mail_failover.door.standing import standing_facts, standing_lines
from mail_failover.door.wording import moment

from .attention import needs


@dataclass(frozen=True, slots=True)
class World:
    """What the command meets outside; tests bring their own."""

    transport: httpx.AsyncBaseTransport | None = None
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep


def run(way: Way, *, as_json: bool = False, world: World | None = None) -> int:
    """Ask once, and return the exit code."""

    def body(voice: Voice) -> int:
        address = read_address(way.url, way.domain, way.token_file, way.state)
        voice.values = {"url": address.origin, "domain": address.domain}
        voice.again = Homeward(program(), way.words).status(*(["--json"] if as_json else []))
        try:
            with voice.busy(f"Asking {address.place}"):
                standing = asyncio.run(_ask(address, Keys(way.keys), world or World()))
        except DoorError as error:
            voice.fail(type(error).__name__, error.what, error.fix)
            return voice.end(API)
        return _tell(standing, address, way, voice)

    return speaking(body, as_json=as_json)


async def _ask(address: Address, keys: Keys, world: World) -> Standing:
    async with Door(address, keys, transport=world.transport, pause=world.pause) as door:
        return await door.standing()


def _tell(standing: Standing, address: Address, way: Way, voice: Voice) -> int:
    # A server of the usual kind, so that the line can be pasted.
    homeward = Homeward(program(), way.words, AT_HOME)
    found = [*needs(standing, homeward, Again(address.domain, program()))]
    first, *rest = standing_lines(standing, moment)
    voice.say(f"{address.domain}: {first}.", "bold")
    for line in rest:
        voice.say(f"  {line}")
    for need in found:
        voice.say(f"{need.what}. {need.fix}.", "bold yellow")
    if not found:
        voice.say("All is well.", "bold green")
    code = PROBLEM if found else DONE
    return voice.end(code, **standing_facts(standing), needs=[asdict(need) for need in found])
