"""A server as our child: started, waited for, ended with all it started, in a folder that goes with it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

SECONDS = 20


def needs(program):
    """Return where a server's program is; skip where it is not, or may not start."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/postfix/sbin")
    if not found:
        pytest.skip(f"{program} is not installed; on Debian: apt install postfix dovecot-core dovecot-lmtpd")
    if os.geteuid() != 0:
        pytest.skip(f"this starts {program}, which root alone may")
    return found


def free_ports(count):
    """Return ports of 127.0.0.1 that nobody listens on."""
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in made]


def until(found):
    """Wait until something is there, and return it."""
    end = time.monotonic() + SECONDS
    while not (there := found()):
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.02)
    return there


@contextlib.contextmanager
def folder():
    """Make a folder that the servers' own users can enter; pytest's are closed to them."""
    made = Path(tempfile.mkdtemp(prefix="mail-failover-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made)


class Daemon:
    """A process group of our own."""

    def __init__(self, *command):
        self._process = subprocess.Popen(command, start_new_session=True)

    def answers(self, port):
        """Tell whether it listens; fail if it has ended."""
        assert self._process.poll() is None, "it ended at its start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    def end(self):
        """End it: its first process ends the others."""
        self._process.terminate()
        try:
            self._process.wait(SECONDS)
        finally:
            self.kill()

    def kill(self):
        """Kill all of it at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(SECONDS)


def mails(box):
    """Return the messages of a maildir, the oldest first."""
    return [path.read_bytes() for path in sorted(box.glob("new/*"), key=lambda path: path.stat().st_mtime_ns)]
