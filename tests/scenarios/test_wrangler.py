"""The scenarios in Cloudflare's runtime, as far as its local simulation goes. Runs as `make test-all`.

$WRANGLER_DEV_ARGS adds arguments to `wrangler dev`, $WRANGLER names another wrangler.
"""

import json
import os
from pathlib import Path

import pytest

from mail_failover.emulator.wrangler.invocation import command
from mail_failover.emulator.wrangler.process import RuntimeUnavailable, Wrangler

from .backstage import Backstage
from .player import Player, simulated
from .table import SCENARIOS, check

ROOT = Path(__file__).parents[2]
# Those with the same settings one after the other: a runtime is started for each set of settings.
PLAYABLE = sorted(filter(simulated, SCENARIOS), key=lambda s: json.dumps(s.env))
pytestmark = pytest.mark.wrangler


@pytest.fixture(scope="module")
def player():
    """Have a runtime at hand; it starts with the first scenario."""
    wrangler = Wrangler(ROOT / "wrangler.toml", command(print, os.environ))
    with Backstage() as stage:
        player = Player(stage, wrangler)
        yield player
        player.close()


@pytest.mark.parametrize("scenario", PLAYABLE, ids=lambda s: s.name)
def test_in_wrangler(player, scenario):
    """What the table says comes of it, as in CPython and in Pyodide."""
    try:
        played = player.play(scenario)
    except RuntimeUnavailable as error:
        if error.worker or player.started:
            raise
        pytest.skip(f"Cloudflare's runtime can't start here: {error.reason}")
    check(scenario, played)
