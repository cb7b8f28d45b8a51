"""`mail-failover watch` or `demo --page` as a person runs them, in a folder without anybody's settings."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SECONDS = 60
_TOLD = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]{20,}/")


def place(folder):
    """Make a place for the Worker, with the settings that the repository has."""
    (folder / "src").symlink_to(ROOT / "src")
    shutil.copy(ROOT / "wrangler.toml", folder)
    return folder


@contextmanager
def running(folder, *words):
    """Run a command in a folder, and yield its page's address; a Ctrl-C ends it, and it ends well."""
    command = [sys.executable, "-W", "error", "-m", "mail_failover", *words]
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "PYTHONUNBUFFERED": "1"}
    said = folder / "said"
    with said.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=out, stderr=out)
    try:
        end = time.monotonic() + _SECONDS
        while not (found := _TOLD.search(said.read_text())):
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < end, said.read_text()
            time.sleep(0.05)
        yield found[0]
        process.send_signal(signal.SIGINT)
        code = process.wait(_SECONDS)
        assert code == 0, f"{code}: {said.read_text()}"
    finally:
        process.kill()
        process.wait()
