"""What a deploy uploads: src/ and nothing else. Needs wrangler, so it runs as `make check-upload`."""

import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mail_failover.address.edit import Wish, edited
from standins.account import fresh_account

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.upload


def deploy(folder, *arguments, code=0, **environment):
    """Let wrangler deploy what is in the folder, by its wrangler.toml; return what it said."""
    wrangler = ROOT / "node_modules" / ".bin" / "wrangler"
    assert wrangler.exists(), "run this through: make check-upload"
    done = subprocess.run(
        [shutil.which("node"), wrangler, "deploy", *arguments],
        cwd=folder,
        env={**os.environ, "WRANGLER_SEND_METRICS": "false", "CI": "true", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def python_files(folder):
    """Return the content of each Python file, by its path."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.py")}


@pytest.fixture(scope="module")
def uploaded(tmp_path_factory):
    """Let wrangler say what it would upload, and return the folder it wrote that to."""
    out = tmp_path_factory.mktemp("upload")
    said = deploy(ROOT, "--dry-run", "--outdir", out)
    assert "WARNING" not in said
    return out


@pytest.fixture
def checkout(tmp_path):
    """Return a copy of what a deploy reads."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("wrangler.toml", "pyproject.toml", "package.json"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_a_plain_deploy_uploads_the_files_of_src_unmodified(uploaded):
    """Every Python file below src/, byte for byte, and no other; wrangler adds its own README."""
    sent = {p.relative_to(uploaded): p.read_bytes() for p in uploaded.rglob("*") if p.is_file()}
    sent.pop(Path("README.md"))
    assert sent == python_files(ROOT / "src")


def test_what_was_vendored_is_not_uploaded(checkout, tmp_path):
    """Even if pywrangler has filled python_modules, which it does with an SDK of its own in any case."""
    vendored = checkout / "python_modules" / "workers" / "__init__.py"
    vendored.parent.mkdir(parents=True)
    vendored.write_text("")
    deploy(checkout, "--dry-run", "--outdir", tmp_path / "out")
    assert python_files(tmp_path / "out") == python_files(ROOT / "src")


def test_a_fresh_account_can_deploy(checkout):
    """It has no workers.dev subdomain: none is asked for, and the Worker gets no public address."""
    with fresh_account() as (environment, requests):
        deploy(checkout, **environment)
    asked = [(method, path) for method, path, _ in requests]
    assert ("PUT", "/workers/scripts/mail-failover") in asked
    assert ("GET", "/workers/subdomain") not in asked
    assert sent(requests, "mail-failover/subdomain") == [{"enabled": False, "previews_enabled": False}]


def sent(requests, place):
    """Return what was sent to a place of the API."""
    return [json.loads(body) for method, path, body in requests if path.endswith(place) and method != "GET"]


def give(checkout, wish):
    """Give the Worker an address, as `setup door` does."""
    path = checkout / "wrangler.toml"
    path.write_text(edited(path.read_text(), wish))


def test_what_setup_door_writes_is_what_wrangler_deploys(checkout):
    """An address under workers.dev; then a host instead, as the only custom domain; then neither."""
    with fresh_account("anna") as (environment, requests):
        give(checkout, Wish(workers_dev=True))
        assert "https://mail-failover.anna.workers.dev" in deploy(checkout, **environment)
        give(checkout, Wish(host="spool.example.com"))
        assert "spool.example.com (custom domain)" in deploy(checkout, **environment)
        give(checkout, Wish())
        deploy(checkout, **environment)
    enabled = [body["enabled"] for body in sent(requests, "mail-failover/subdomain")]
    assert enabled == [True, False, False]
    [domains] = sent(requests, "/domains/records")
    assert domains["origins"] == [{"hostname": "spool.example.com"}]
    assert (checkout / "wrangler.toml").read_bytes() == (ROOT / "wrangler.toml").read_bytes()


def test_without_a_subdomain_an_address_under_workers_dev_uploads_nothing(checkout):
    """So `setup door` says so before."""
    give(checkout, Wish(workers_dev=True))
    with fresh_account() as (environment, requests):
        said = deploy(checkout, code=1, **environment)
    assert "https://dash.cloudflare.com/account/workers/onboarding" in said
    assert not any(method == "PUT" for method, _, _ in requests)


def test_the_upload_is_small(uploaded):
    """Under 108 KiB gzipped, all files together; docs/decisions/0014 to 0016 say why no longer 64."""
    together = b"".join(p.read_bytes() for p in sorted(uploaded.rglob("*.py")))
    assert len(gzip.compress(together)) < 108 * 1024
