"""Plays scenarios through `wrangler dev`, one runtime per set of settings."""

import asyncio
import contextlib
import json

from failover.settings import Settings
from mail_failover.emulator.runtime.javascript import Headers
from mail_failover.emulator.wrangler.process import Ran, RuntimeUnavailable, Wrangler
from mail_failover.settings.chats import CHAT_SECRETS
from notify.channels import channels_of

from .backstage import Backstage, Play
from .table import Played, Scenario

# Alerts are bounded to 20 s, and the log line comes after them.
LOG_SECONDS = 30.0


def simulated(scenario: Scenario) -> bool:
    """Tell whether the local simulation can express it: its forward never fails and checks nothing."""
    identified = b"\r\nmessage-id:" in b"\r\n" + scenario.content.lower().partition(b"\r\n\r\n")[0]
    fails = any(fault.startswith("forward=") for fault in scenario.faults)
    return bool(scenario.sender) and identified and not fails


class Player:
    """Starts the runtime when a scenario needs other settings than the one before."""

    def __init__(self, stage: Backstage, wrangler: Wrangler) -> None:
        self.started = False
        self._stage = stage
        self._wrangler = wrangler
        self._runner = asyncio.Runner()
        self._running = contextlib.AsyncExitStack()
        self._settings = None
        self._failure = None

    def play(self, scenario: Scenario) -> Played:
        """Play one scenario and return what came of it.

        Raises:
            RuntimeUnavailable: the runtime does not start; it is not tried again.

        """
        return self._runner.run(self._play(scenario))

    def close(self) -> None:
        """Stop the runtime."""
        self._runner.run(self._running.aclose())
        self._runner.close()

    async def _play(self, scenario: Scenario) -> Played:
        await self._set(self._stage.env(scenario.env))
        wrangler = self._wrangler
        assert wrangler.events.empty(), "the scenario before logged more than one line"
        self._stage.play = play = Play(scenario)
        ran = await wrangler.email(scenario.sender, scenario.recipient, play.delivery.raw)
        assert ran.reached, ran.raised
        await _deliver(play, ran)
        lines = [await asyncio.wait_for(wrangler.events.get(), LOG_SECONDS)]
        line = json.loads(lines[0])
        by_object = "outbox" in line
        if by_object and channels_of(Settings.from_env(scenario.env)):
            # The object tells of it a little later.
            lines.append(await asyncio.wait_for(wrangler.events.get(), LOG_SECONDS))
        return play.played(ran.raised, lines, by_object=by_object or line.get("counted", False))

    async def _set(self, settings: dict) -> None:
        if self._failure:
            raise self._failure
        if settings != self._settings:
            await self._running.aclose()
            self._settings = None
            try:
                await self._running.enter_async_context(self._wrangler.running(settings, CHAT_SECRETS))
            except RuntimeUnavailable as error:
                self._failure = error
                raise
            self._settings, self.started = settings, True


async def _deliver(play: Play, ran: Ran) -> None:
    """Do what the runtime told, by the edge's rules."""
    for inbox, fields in ran.forwards:
        await play.delivery.forward(inbox, Headers.new(fields))
    if ran.rejected is not None:
        play.delivery.set_reject(ran.rejected)
