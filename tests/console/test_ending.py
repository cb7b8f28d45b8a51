"""A request to terminate and a closed terminal are a Ctrl-C that has another exit code."""

import asyncio
import signal

import pytest

from mail_failover.console.ending import Ending


@pytest.fixture(autouse=True)
def handlers():
    """Put every handler back; a shell that starts pytest in the background has it ignore some signals."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    old = {number: signal.getsignal(number) for number in numbers}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in old.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("ctrl_c", [signal.default_int_handler, signal.SIG_IGN])
def test_it_is_taken_for_a_ctrl_c_even_where_that_is_ignored(number, ctrl_c):
    """As in a script that runs the command in the background; afterwards all is as it was."""
    signal.signal(signal.SIGINT, ctrl_c)
    old, ending = signal.getsignal(number), Ending()
    assert ending.exit_code == 130
    with pytest.raises(KeyboardInterrupt), ending:
        signal.raise_signal(number)
    assert ending.exit_code == 128 + number
    assert signal.getsignal(number) is old


@pytest.mark.parametrize("ctrl_c", [signal.default_int_handler, signal.SIG_IGN])
def test_work_in_a_loop_is_cancelled_and_can_say_what_became_of_it(ctrl_c):
    """Also where Ctrl-C is ignored; what says nothing is an interrupt."""
    signal.signal(signal.SIGINT, ctrl_c)

    async def tells():
        try:
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "may arrive"

    async def is_silent():
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(60)

    with Ending() as ending:
        assert asyncio.run(tells()) == "may arrive"
    assert ending.exit_code == 143
    with pytest.raises(KeyboardInterrupt), Ending():
        asyncio.run(is_silent())


def test_a_signal_that_is_to_be_ignored_stays_ignored():
    """Whoever typed nohup closes the terminal on purpose."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Ending():
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
