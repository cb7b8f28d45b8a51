"""What a deploy uploads: src/ and nothing else. Needs wrangler, so it runs as `make check-upload`."""

import gzip
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.upload


@pytest.fixture(scope="module")
def uploaded(tmp_path_factory):
    """Let wrangler say what it would upload, and return the folder it wrote that to."""
    wrangler = ROOT / "node_modules" / ".bin" / "wrangler"
    assert wrangler.exists(), "run this through: make check-upload"
    out = tmp_path_factory.mktemp("upload")
    environment = {**os.environ, "WRANGLER_SEND_METRICS": "false", "CI": "true"}
    command = [shutil.which("node"), wrangler, "deploy", "--dry-run", "--outdir", out]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return out


def test_a_plain_deploy_uploads_the_files_of_src_unmodified(uploaded):
    """Every Python file below src/, byte for byte, and no other; wrangler adds its own README."""
    source = {p.relative_to(ROOT / "src"): p.read_bytes() for p in (ROOT / "src").rglob("*.py")}
    sent = {p.relative_to(uploaded): p.read_bytes() for p in uploaded.rglob("*") if p.is_file()}
    sent.pop(Path("README.md"))
    assert sent == source


def test_the_upload_is_small(uploaded):
    """Under 60 KiB gzipped, all files together."""
    together = b"".join(p.read_bytes() for p in sorted(uploaded.rglob("*.py")))
    assert len(gzip.compress(together)) < 60 * 1024
