"""The suite itself: that it ends, whatever a test does."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_test_that_hangs_ends_the_run_and_shows_where(tmp_path, workers):
    """By the project's own options, but for how long it may take; in one process, and handed out."""
    hanging = tmp_path / "test_hanging.py"
    hanging.write_text("def test_that_goes_round():\n    while True: pass\n")
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", f"--rootdir={tmp_path}"]
    command += ["-n", workers, "-p", "no:cacheprovider", "-o", "faulthandler_timeout=1", hanging]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 1
    assert "Timeout (0:00:01)!" in run.stderr
    assert f'File "{hanging}", line 2 in test_that_goes_round' in run.stderr


def test_the_time_that_a_test_may_take_is_set(pytestconfig):
    """And what takes longer ends the process: dumping tracebacks alone would let it hang on."""
    assert 60 <= float(pytestconfig.getini("faulthandler_timeout")) <= 600
    assert pytestconfig.getini("faulthandler_exit_on_timeout")
