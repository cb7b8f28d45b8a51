"""A request to terminate and a closed terminal are a Ctrl-C that has another exit code."""

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


def test_a_signal_that_is_to_be_ignored_stays_ignored():
    """Whoever typed nohup closes the terminal on purpose."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Ending():
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
