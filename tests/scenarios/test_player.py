"""The player of test_wrangler.py, proven with a Worker in JavaScript, which the runtime starts offline.

It runs through the real `wrangler dev`: what is tested here is how its words and answers are read.
"""

import os
from pathlib import Path

import pytest

from mail_failover.emulator.wrangler.invocation import command
from mail_failover.emulator.wrangler.process import Wrangler

from .backstage import Backstage
from .player import Player, simulated
from .table import (
    INBOXES,
    ONE,
    SCENARIOS,
    TELEGRAM,
    TWO,
    Expect,
    Scenario,
    check,
    mail,
    mark_of,
    mark_of_copy,
)

ROOT = Path(__file__).parents[2]
ENV = INBOXES | TELEGRAM
WORKER = """
import { DurableObject } from "cloudflare:workers";

export class Domain extends DurableObject {
  async remember(kind) {
    await this.ctx.storage.put("kind", kind);
    await this.ctx.storage.setAlarm(Date.now() + 300);
    return "written";
  }
  async alarm() {
    const status = await tell(this.env, await this.ctx.storage.get("kind"));
    console.log(JSON.stringify({ event: "alert", channels: [{ status }] }));
  }
}

export default {
  async email(message, env, ctx) {
    const { to, rawSize } = message;
    const [kind] = to.split("@");
    ctx.waitUntil(told(env, kind, rawSize));
    if (kind === "settings") throw new Error("PythonError: Traceback (most recent call last):\\n  File x\\nSettingsError: FALLBACK_MODE");
    if (kind === "reject") return message.setReject("no such person");
    const headers = new Headers([["X-Mail-Failover", "%s"], ["Dropped", "1"]]);
    for (const inbox of kind === "all" ? env.FALLBACK_INBOXES : env.FALLBACK_INBOXES.slice(0, 1)) {
      await message.forward(inbox, headers);
    }
    if (kind === "late") throw new Error("after the forward");
  },
};

async function told(env, kind, size) {
  const how = kind === "object"
    ? { outbox: await env.DOMAINS.getByName("example.com").remember(kind) }
    : { direct: "x", channels: [{ status: await tell(env, kind) }] };
  console.log(JSON.stringify({ event: "message", size, message: "", outcome: kind, alert_ms: 0, ...how }));
}

async function tell(env, kind) {
  const body = JSON.stringify({ chat_id: env.TELEGRAM_CHAT_ID, text: `Caught: ${kind}`, parse_mode: "HTML" });
  const url = `${env.TELEGRAM_API_URL}/bot${env.TELEGRAM_BOT_TOKEN}/sendMessage`;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body });
  return answer.status;
}
"""  # noqa: E501 - a JavaScript line
CONFIG = """
name = "player"
main = "entry.js"
compatibility_date = "2026-11-01"
[[durable_objects.bindings]]
name = "DOMAINS"
class_name = "Domain"
[[migrations]]
tag = "v1"
new_sqlite_classes = ["Domain"]
"""
SENT = mail(1)
CASES = [
    Scenario("one", Expect(told={"telegram": 1}, seen=("Caught: one",), log={"channels": [{"status": 200}]})),
    Scenario(
        "object", Expect(told={"telegram": 1}, log={"channels": [{"status": 200}], "outbox": "written"})
    ),
    Scenario("all", Expect(inboxes=(ONE, TWO), told={"telegram": 1})),
    Scenario("late", Expect(told={"telegram": 1}, raised="Error")),
    Scenario("reject", Expect("rejected", inboxes=(), told={"telegram": 1})),
    Scenario("settings", Expect("deferred", inboxes=(), told={"telegram": 1}, raised="SettingsError")),
]


@pytest.fixture(scope="module")
def player(tmp_path_factory):
    """Run the Worker in JavaScript."""
    folder = tmp_path_factory.mktemp("worker")
    assert (ROOT / "node_modules" / "wrangler").exists(), "run this through: make test"
    copies = [mark_of_copy(f"{case.name}@example.com", inbox) for case in CASES for inbox in (ONE, TWO)]
    (folder / "entry.js").write_text(WORKER % " ".join([mark_of("x@y.example"), *copies]))
    config = folder / "wrangler.toml"
    config.write_text(CONFIG)
    wrangler = Wrangler(config, command(print, {"PATH": os.environ["PATH"]}))
    with Backstage() as stage:
        player = Player(stage, wrangler)
        yield player
        player.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_player_brings_back_what_came_of_it(player, case):
    """Forwards by the edge's rules, rejections, exceptions with their text, chats and the log line."""
    expect = Expect(**{**vars(case.expect), "marks": ("x@y.example",)})
    scenario = Scenario(case.name, expect, ENV, SENT, recipient=f"{case.name}@example.com")
    played = player.play(scenario)
    check(scenario, played)
    texts = {"late": "Error: after the forward", "settings": "SettingsError: FALLBACK_MODE"}
    assert played.reason == texts.get(case.name, "")
    assert all(b"dropped" not in copy.lower() for [copy] in played.inboxes.values())


def test_a_check_fails_where_the_runtime_did_something_else(player):
    """An inbox more than the table says."""
    scenario = Scenario("all", Expect(told={"telegram": 1}), ENV, SENT, recipient="all@example.com")
    with pytest.raises(AssertionError):
        check(scenario, player.play(scenario))


def test_other_settings_get_a_runtime_of_their_own(player):
    """And the old one ends."""
    scenario = Scenario(
        "one", Expect(inboxes=(TWO,)), ENV | {"FALLBACK_INBOXES": [TWO]}, SENT, recipient="one@example.com"
    )
    assert list(player.play(scenario).inboxes) == [TWO]


def test_what_the_simulation_can_not_express_is_left_out():
    """No bounce, no message without a Message-ID, no inbox that fails; most of the table remains."""
    left_out = {s.name for s in SCENARIOS if not simulated(s)}
    assert "a bounce has no sender" in left_out
    assert "an empty message is forwarded" in left_out
    assert "when no inbox accepts, the sender keeps it" in left_out
    assert "a message is forwarded and told" not in left_out
    assert len(left_out) < len(SCENARIOS) / 2
