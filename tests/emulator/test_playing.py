"""Which services the emulator plays: by `--play`, where no secret is set, in this process or another."""

import asyncio
import contextlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from failover.settings import Settings
from mail_failover.cli import app
from mail_failover.console.next_step import Again
from mail_failover.emulator import play
from mail_failover.emulator.emulator import Emulator
from mail_failover.emulator.options import Options
from mail_failover.emulator.routing.inbox import MemoryInboxes
from mail_failover.emulator.services import PLAYABLE, PLAYED, stand_in_settings
from mail_failover.emulator.transcript import service_lines
from mail_failover.errors import UsageError
from mail_failover.messenger.alert import send_test
from mail_failover.settings.chats import CHATS
from mail_failover.settings.files import Config

MAIN = Path(__file__).parents[2] / "src" / "entry.py"
INBOXES = {"FALLBACK_INBOXES": "you@example.net"}
OPTIONS = {
    "host": "127.0.0.1",
    "port": 0,
    "domains": (),
    "relay": "",
    "verified": (),
    "faults": (),
    "variables": ("FALLBACK_INBOXES=you@example.net",),
    "shape": "dict",
}


def test_every_service_can_be_played():
    """And those of old are, where none is named."""
    assert {*PLAYABLE} == {*CHATS}
    assert PLAYED == ("telegram", "slack")


@pytest.mark.parametrize("service", PLAYABLE)
def test_a_service_that_is_played_is_set_up_whole_and_no_other(service):
    """By settings that the Worker can use."""
    settings = Settings.from_env(stand_in_settings(INBOXES, [service]))
    assert settings.problems == ()
    assert [name for name in CHATS if getattr(settings, name)] == [service]


@pytest.mark.parametrize(("service", "name"), [("matrix", "MATRIX_HOMESERVER"), ("gotify", "GOTIFY_URL")])
def test_a_server_of_ones_own_is_not_told_in_the_place_of_the_one_that_is_played(service, name):
    """Although its address is no secret, and stands in the settings."""
    variables = stand_in_settings(INBOXES | {name: "https://mine.test"}, [service])
    assert "mine.test" not in str(variables)
    assert getattr(Settings.from_env(variables), service)


def test_where_the_worker_is_another_process_all_of_them_are_on_this_machine(tmp_path):
    """An alert comes to each of them over a socket."""

    async def run():
        emulator = Emulator(Config(MAIN, INBOXES), MemoryInboxes(), playing=PLAYABLE)
        async with contextlib.AsyncExitStack() as opened:
            opened.push_async_callback(emulator._client.aclose)
            settings = Settings.from_env(await emulator._reachable(opened))
            told = await send_test(settings, "", Again(), sender="a test")
        return emulator.chat.posts, told

    posts, told = asyncio.run(run())
    assert {each.state for each in told} == {"sent"}, told
    assert sorted(post.service for post in posts) == sorted(PLAYABLE)


def test_who_is_played_is_said():
    """And of the others, that they are not used."""
    variables = stand_in_settings(INBOXES, ["slack"])
    played, unused = service_lines(variables, Settings.from_env(variables), ["slack"])
    assert played == "Slack: played here, since no chat's secret is set; its messages are shown below"
    others = ", ".join(chat.title for name, chat in CHATS.items() if name != "slack")
    assert unused == f"Not used, since no secret of theirs is set: {others}"


def start(folder, *variables, playing=(), faults=()):
    """Start it, which is not to come to anything."""
    (folder / "wrangler.toml").write_text(f'main = "{MAIN}"\n')
    given = {"config": folder / "wrangler.toml", "data": folder / "mail", "playing": playing}
    given |= {"faults": faults, "variables": (*OPTIONS["variables"], *variables)}
    asyncio.run(play.run(Options(**OPTIONS | given), lambda _line: pytest.fail("it started")))


def test_a_service_that_nobody_plays_is_wrong_and_those_there_are_listed(tmp_path):
    """Whatever else was named."""
    with pytest.raises(UsageError, match="--play irc: name one of telegram, slack,"):
        start(tmp_path, playing=("slack", "irc"))


def test_where_a_real_chat_is_set_up_none_is_played(tmp_path):
    """Rather than told half; the secret is named, and not shown."""
    with pytest.raises(UsageError, match="SLACK_BOT_TOKEN names a real chat") as raised:
        start(tmp_path, "SLACK_BOT_TOKEN=hush", playing=("slack",))
    assert "hush" not in str(raised.value)


def test_a_service_that_is_not_played_can_not_fail(tmp_path):
    """Nothing would come of it, and somebody waits for it."""
    with pytest.raises(UsageError, match="--fault ntfy: it is not played") as raised:
        start(tmp_path, faults=("ntfy=429",))
    assert raised.value.fix == "Have it played: --play ntfy."
    with pytest.raises(UsageError, match="--fault slack: it is not played"):
        start(tmp_path, faults=("ntfy=429", "slack=500"), playing=("ntfy",))


@pytest.mark.parametrize(
    ("words", "playing"), [([], ()), (["--play", "slack", "--play", "telegram"], ["slack", "telegram"])]
)
def test_the_option_arrives(monkeypatch, words, playing):
    """Each time it is given."""
    given = []

    async def run(options, _say):
        given.append(options.playing)

    monkeypatch.setattr(play, "run", run)
    assert CliRunner().invoke(app, ["emulate", *words]).exit_code == 0
    assert given == [playing]
