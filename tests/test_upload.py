"""What a deploy uploads: src/ and nothing else. Needs wrangler, so it runs as `make check-upload`."""

import gzip

import pytest

from standins.cloudflare import Standin
from standins.cloudflare_server import serving
from standins.deploying import copy_checkout, python_files, wrangler
from standins.node import ROOT

pytestmark = pytest.mark.upload


@pytest.fixture(scope="module")
def uploaded(tmp_path_factory):
    """Let wrangler say what it would upload, and return the folder it wrote that to."""
    out = tmp_path_factory.mktemp("upload")
    said = wrangler(ROOT, "deploy", "--dry-run", "--outdir", out)
    assert "WARNING" not in said
    return out


@pytest.fixture
def checkout(tmp_path):
    """Return a copy of what a deploy reads."""
    (folder := tmp_path / "checkout").mkdir()
    return copy_checkout(folder)


def test_a_plain_deploy_uploads_the_files_of_src_unmodified(uploaded):
    """Every Python file below src/, byte for byte, and no other; wrangler adds its own README."""
    sent = {p.relative_to(uploaded).as_posix(): p.read_bytes() for p in uploaded.rglob("*") if p.is_file()}
    sent.pop("README.md")
    assert sent == python_files(ROOT / "src")


def test_what_was_vendored_is_not_uploaded(checkout, tmp_path):
    """Even if pywrangler has filled python_modules, which it does with an SDK of its own in any case."""
    vendored = checkout / "python_modules" / "workers" / "__init__.py"
    vendored.parent.mkdir(parents=True)
    vendored.write_text("")
    wrangler(checkout, "deploy", "--dry-run", "--outdir", tmp_path / "out")
    assert python_files(tmp_path / "out") == python_files(ROOT / "src")


def test_a_fresh_account_is_asked_for_no_subdomain(checkout):
    """It has none yet on workers.dev, and a plain deploy does without."""
    standin = Standin(scripts=[], subdomain="")
    with serving(standin) as environment:
        wrangler(checkout, "deploy", **environment)
    assert ("GET", "/accounts/account-1/workers/subdomain") not in standin.requests
    assert not standin.deployed["mail-failover"].workers_dev["enabled"]


def test_a_plain_deploy_takes_an_address_under_workers_dev_away_and_leaves_a_name(checkout):
    """As `setup door` says: what our deploy gave by .dev.vars, wrangler does not find in wrangler.toml."""
    standin = Standin(scripts=[], subdomain="anna")
    host = {"id": "d", "hostname": "spool.example.com", "service": "mail-failover"}
    with serving(standin) as environment:
        wrangler(checkout, "deploy", **environment)
        there = standin.deployed["mail-failover"]
        there.workers_dev["enabled"], standin.domains = True, [host]
        wrangler(checkout, "deploy", **environment)
    assert (there.workers_dev["enabled"], standin.domains) == (False, [host])


def test_without_a_subdomain_an_address_under_workers_dev_uploads_nothing(checkout):
    """So `setup door` says so before."""
    path = checkout / "wrangler.toml"
    path.write_text(path.read_text().replace("workers_dev = false", "workers_dev = true"))
    standin = Standin(scripts=[], subdomain="")
    with serving(standin) as environment:
        said = wrangler(checkout, "deploy", code=1, **environment)
    assert "https://dash.cloudflare.com/account-1/workers/onboarding" in said
    assert standin.deployed == {}


@pytest.mark.parametrize(
    ("place", "kind"),
    [("PUT scripts/mail-failover", "lost after"), ("POST mail-failover/deployments", "500")],
)
def test_a_deploy_that_broke_off_is_mended_by_another(checkout, place, kind):
    """After the first upload's answer was lost, or between a new version and its deployment."""
    method, end = place.split()
    standin = Standin(scripts=[])
    with serving(standin) as environment:
        if method == "POST":
            wrangler(checkout, "deploy", **environment)
        broken = []

        def break_once(_count, asked, path):
            if not broken and asked == method and path.endswith(end):
                broken.append(path)
                return kind
            return None

        standin.fault = break_once
        (checkout / "secrets.json").write_text('{"SPOOL_TOKEN": "t"}')
        words = "deploy", "--secrets-file", "secrets.json"
        wrangler(checkout, *words, code=1, **environment)
        wrangler(checkout, *words, **environment)
    worker = standin.deployed["mail-failover"]
    assert broken
    assert worker.live is worker.versions[-1]
    assert worker.bindings.keys() == {"DOMAINS", "SPOOL_TOKEN"}
    assert (worker.classes, worker.migration_tag) == ({"Domain": True}, "v1")


def test_the_upload_is_small(uploaded):
    """Under 152 KiB gzipped, all files together; docs/decisions/0025 says what it has them for."""
    together = b"".join(p.read_bytes() for p in sorted(uploaded.rglob("*.py")))
    assert len(gzip.compress(together)) < 152 * 1024
