"""The real runtime's process starts, answers and ends within bounds, whatever it does. Played by a script."""

import asyncio
import json
import sys

import pytest

from mail_failover.emulator.wrangler import process as module
from mail_failover.emulator.wrangler.invocation import command, write_settings
from mail_failover.emulator.wrangler.process import Ran, RuntimeUnavailable, Wrangler
from mail_failover.errors import UsageError
from mail_failover.settings.files import parse_dotenv
from standins.wrangler import CHILD, SERVE, Mourner, write_script


@pytest.fixture
def made(tmp_path):
    """Make a script that plays wrangler, and a configuration for it."""

    def make(body, *arguments, **options):
        (tmp_path / "wrangler.toml").write_text('main = "entry.py"\n')
        script = write_script(tmp_path, body)
        return Wrangler(tmp_path / "wrangler.toml", [str(script), *arguments], **options)

    return make


def served(wrangler, work):
    """Run `work` while the runtime runs."""

    async def run():
        async with wrangler.running({}):
            return await work()

    return asyncio.run(run())


def test_a_message_goes_in_and_what_came_of_it_comes_out(made):
    """With its envelope, and the log line beside it."""
    seen = []
    wrangler = made(SERVE, on_line=seen.append)

    async def work():
        ran = await wrangler.email("jürgen@x.example", "änne+a@y.example", b"raw")
        return ran, await asyncio.wait_for(wrangler.events.get(), 10)

    ran, line = served(wrangler, work)
    [(inbox, ((name, path),))] = ran.forwards
    assert (inbox, name, ran.rejected, ran.raised, ran.reached) == ("a@b.example", "x-a", None, "", True)
    assert "from=j%C3%BCrgen%40x.example&to=%C3%A4nne%2Ba%40y.example&format=json" in path
    assert json.loads(line) == {"event": "message", "size": 3}
    assert seen == [line]


@pytest.mark.parametrize(
    ("to", "raised", "reached"),
    [
        ("raise", "Error: no inbox", True),
        ("slow", "DeliveryError: no inbox", True),
        ("bad", "wrangler dev does not take this message: Email could not be parsed", False),
        ("end", "wrangler dev has ended, or does not answer", False),
        ("hang", "the runtime gave no answer within 0.2 s", True),
    ],
)
def test_whatever_goes_wrong_is_a_reason_to_keep_the_message(made, monkeypatch, to, raised, reached):
    """It never raises, and it never counts as accepted."""
    if to == "hang":
        monkeypatch.setattr(module, "EMAIL_SECONDS", 0.2)
    wrangler = made(SERVE)
    ran = served(wrangler, lambda: wrangler.email("a@x.example", to, b"raw"))
    assert (ran.raised, ran.reached) == (raised, reached)


def test_late_words_of_one_message_are_not_taken_for_those_of_the_next(made, monkeypatch):
    """Which fails, too, and has none."""
    monkeypatch.setattr(module, "_WORDS_SECONDS", 0.5)
    wrangler = made(SERVE)

    async def work():
        assert (await wrangler.email("a@x.example", "late", b"raw")).raised == ""
        await asyncio.sleep(2 * module._QUIET_SECONDS)
        return await wrangler.email("a@x.example", "mute", b"raw")

    assert served(wrangler, work).raised == "an exception that it printed nothing of"


def test_an_exception_without_words_is_one_all_the_same(made, virtual):
    """The wait for its words is bounded."""
    wrangler = made(SERVE)
    told = {"outcome": "exception", "forwards": []}
    assert virtual(wrangler._ran(told)) == Ran(raised="an exception that it printed nothing of")


def test_a_start_has_a_time_limit_and_leaves_nothing_behind(made):
    """Children included."""
    with Mourner() as mourner:
        wrangler = made(CHILD + "say('Thinking'); time.sleep(60)", mourner.port, start_seconds=1)
        with pytest.raises(RuntimeUnavailable, match="was not ready within 1 s: Thinking"):
            served(wrangler, None)
        assert mourner.gone()


def test_a_process_that_does_not_want_to_end_is_ended(made, monkeypatch):
    """Its children too."""
    monkeypatch.setattr(module, "STOP_SECONDS", 0.2)
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    with Mourner() as mourner:
        wrangler = made(deaf + CHILD + SERVE, mourner.port)
        served(wrangler, lambda: wrangler.email("a@x.example", "b@x.example", b"raw"))
        assert mourner.gone()


def test_a_start_that_is_given_up_leaves_nothing_behind(made):
    """When the operator stops it meanwhile."""

    async def run(wrangler, answer):
        task = asyncio.create_task(wrangler.running({}).__aenter__())
        await asyncio.to_thread(answer)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with Mourner() as mourner:
        asyncio.run(run(made(CHILD + "time.sleep(60)", mourner.port), mourner.meet))
        assert mourner.gone()


def test_after_an_error_a_start_is_not_waited_for_to_its_limit(made, monkeypatch):
    """Wrangler may go on and wait for an edit that nobody makes."""
    monkeypatch.setattr(module, "_ERROR_SECONDS", 0.1)
    wrangler = made("say('\\x1b[31m✘ [ERROR] \\x1b[0mBuild failed'); time.sleep(60)")
    with pytest.raises(RuntimeUnavailable, match="did not start: Build failed"):
        served(wrangler, None)


def test_a_start_that_ends_says_why(made):
    """Or that it said nothing."""
    with pytest.raises(RuntimeUnavailable, match="did not start: it printed nothing"):
        served(made("sys.exit(1)"), None)


def test_a_second_start_knows_nothing_of_the_first(made):
    """Neither log lines nor failures are left."""
    wrangler = made(SERVE)

    async def first():
        await wrangler.email("a@x.example", "raise", b"raw")
        await asyncio.wait_for(wrangler.events.get(), 10)
        wrangler.events.put_nowait("left over")

    async def second():
        return wrangler.events.empty()

    served(wrangler, first)
    assert served(wrangler, second)


def test_the_command_is_the_named_one_with_more_arguments():
    """Split as a shell would."""
    words = command(print, {"WRANGLER": sys.executable, "WRANGLER_DEV_ARGS": "--var 'A:b c'"})
    assert words[:2] == [sys.executable, "dev"]
    assert words[words.index("--ip") + 1] == "127.0.0.1"
    assert words[-2:] == ["--var", "A:b c"]


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({"WRANGLER": "/no/such"}, r"/no/such is not there: \$WRANGLER has to name"),
        (
            {"WRANGLER": sys.executable, "WRANGLER_DEV_ARGS": "'"},
            r"\$WRANGLER_DEV_ARGS: No closing quotation",
        ),
    ],
)
def test_what_is_missing_is_one_line_with_the_fix(environ, complaint):
    """It names the thing."""
    with pytest.raises(UsageError, match=complaint):
        command(print, environ)


def test_the_settings_are_a_copy_with_secrets_apart(tmp_path):
    """Flags stay, vars and secrets are replaced, the Worker's path is absolute."""
    config = tmp_path / "wrangler.toml"
    config.write_text('name = "x"\nmain = "src/entry.py"\ncompatibility_flags = ["f"]\n[vars]\nOLD = "1"\n')
    folder = tmp_path / "copy"
    folder.mkdir()
    variables = {"LIST": ["ü"], "TOKEN": "a'b#c", "N": 7}
    write_settings(folder, config, variables, {"TOKEN", "NOT_SET"})
    assert json.loads((folder / "wrangler.json").read_text()) == {
        "name": "x",
        "main": str(tmp_path / "src" / "entry.py"),
        "compatibility_flags": ["f"],
        "vars": {"LIST": ["ü"], "N": 7},
    }
    assert parse_dotenv((folder / ".dev.vars").read_text()) == {"TOKEN": "a'b#c"}


def test_a_secret_that_can_not_be_written_is_named_and_not_shown(tmp_path):
    """It holds all three kinds of quotes."""
    (tmp_path / "wrangler.toml").write_text("")
    with pytest.raises(UsageError, match=r"^TOKEN: ") as caught:
        write_settings(tmp_path, tmp_path / "wrangler.toml", {"TOKEN": "hush'\"`"}, {"TOKEN"})
    assert "hush" not in str(caught.value)
