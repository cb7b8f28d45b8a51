"""The real wrangler at work on a copy of what a deploy reads, with an account that is a stand-in."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from mail_failover.emulator.wrangler.invocation import environment
from standins.node import ROOT, node_command

WRANGLER = ROOT / "node_modules" / ".bin" / "wrangler"


def copy_checkout(folder):
    """Put into a folder what a deploy reads of the checkout; return it."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("wrangler.toml", "pyproject.toml", "package.json"):
        shutil.copy(ROOT / name, folder)
    return folder


def wrangler(folder, *words, code=0, **given):
    """Run wrangler in a folder, with these variables and no other of Cloudflare's; return what it said."""
    assert WRANGLER.exists(), "run this through: make test"
    with tempfile.TemporaryDirectory() as home:
        inherited = {n: value for n, value in environment(Path(home)).items() if "CLOUDFLARE" not in n}
        done = subprocess.run(
            node_command(WRANGLER, *words),
            cwd=folder,
            env={**inherited, "HOME": home, "XDG_CONFIG_HOME": home, **given},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def python_files(folder):
    """Return the content of each Python file, by its path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.py")}
