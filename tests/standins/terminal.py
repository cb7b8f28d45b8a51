"""A terminal with this program in it, by a pseudo-terminal: it is read, and typed into."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"
# It takes the terminal for its own, so that passwords are asked for there, and Ctrl-C arrives.
_PROGRAM = """
import fcntl, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv[0] = "mail-failover"
from mail_failover.cli import main
main()
"""
_STYLES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SIGNS_OF_LIFE = re.compile(r"[\u2800-\u28ff] [^\r\n]* \.\.\.\r?")
# The sizes of another terminal, and the settings of whoever runs the tests.
_NOT_INHERITED = ("COLUMNS", "LINES", "TELEGRAM_", "SLACK_", "CLOUDFLARE_")
CTRL_C = "\x03"


def start(words, cwd, env, slave):
    """Start the program in a process of its own, at this end of a terminal."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *words],
        cwd=cwd,
        env={**inherited, "PYTHONPATH": str(SCRIPTS), **env},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )


class Terminal:
    """Runs `mail-failover` with these words, by whoever is to `start` it; everything ends within `seconds`.

    `seen` is all that was shown, without colours. A secret may be typed once the space behind its question is
    shown: what comes before is thrown away.
    """

    def __init__(self, *words, cwd, env=(), size=(80, 40), seconds=60, start=start):
        self._end = time.monotonic() + seconds
        self._raw = b""
        self._place = 0
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        given = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **dict(env)}
        self.process = start(words, cwd, given, slave)
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.hang_up()

    @property
    def seen(self):
        """Return what was shown until now."""
        return _STYLES.sub("", self._raw.decode(errors="replace")).replace("\r\n", "\n")

    def expect(self, pattern):
        """Wait until this is shown behind what was expected before, and return the match."""
        while not (match := re.compile(pattern).search(self.seen, self._place)):
            if not self._read():
                shown = _SIGNS_OF_LIFE.sub("", self.seen[self._place :])
                raise AssertionError(f"no {pattern!r} in: {shown}")
        self._place = match.end()
        return match

    def see(self, *texts):
        """Wait until one of these texts is shown, and return which."""
        return self.expect("|".join(map(re.escape, texts)))[0]

    def answer(self, question, text):
        """Wait for a question, or the beginning of one, and type the answer."""
        self.see(question)
        self.finish(text)

    def finish(self, text):
        """Type the answer to a question of which the beginning was seen."""
        # The space comes when somebody reads, and the terminal shows nothing any more if it is a secret.
        self.expect(r"(?<=[:\]]) ")
        self.type(text)

    def settle(self):
        """Wait until the program sleeps.

        CPython's input() looks for signals, shows the question, and reads: what comes between the last two is
        heard at the next key.
        """
        stat = Path(f"/proc/{self.process.pid}/stat")
        while time.monotonic() < self._end and stat.read_text().rpartition(")")[2].split()[0] != "S":
            time.sleep(0.001)

    def press(self, key):
        """Press a key that interrupts."""
        self.settle()
        self.type(key, end="")

    def hang_up(self):
        """Close the window."""
        if self._master is not None:
            os.close(self._master)
        self._master = None

    def type(self, text, end="\r"):
        """Type a line."""
        os.write(self._master, (text + end).encode())

    def ended(self):
        """Read what is left, and return the exit code."""
        while self._read():
            pass
        return self.process.wait(max(self._end - time.monotonic(), 0.1))

    def _read(self):
        """Read what comes next; False at the end, of the program or of the time."""
        left = self._end - time.monotonic()
        if self._master is None or left <= 0 or not select.select([self._master], [], [], left)[0]:
            return False
        try:
            part = os.read(self._master, 65536)
        except OSError:
            # Linux says so at the end of a terminal that nobody has open any more.
            return False
        self._raw += part
        return bool(part)
