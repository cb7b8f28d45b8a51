"""Which Worker is meant, and in which folder its settings lie."""

from pathlib import Path

import pytest

from mail_failover.errors import UsageError
from mail_failover.settings import place
from mail_failover.settings.edit import set_values
from mail_failover.settings.files import environment, read_config, sources
from mail_failover.settings.local import read_local
from mail_failover.settings.place import beside, configuration, own

CHECKOUT = Path(__file__).parents[2] / "wrangler.toml"
INBOX = "FALLBACK_INBOXES=anna@inbox.test\n"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Enter an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_worker_of_this_folder_is_meant_where_there_is_one(elsewhere):
    """With the settings beside it."""
    (elsewhere / "wrangler.toml").write_text('main = "w.py"\n')
    (elsewhere / ".dev.vars").write_text(INBOX)
    path = configuration()
    assert (path, beside(path)) == (Path("wrangler.toml"), Path())
    assert read_config(path).variables == {"FALLBACK_INBOXES": "anna@inbox.test"}


def test_a_worker_that_is_named_has_its_settings_beside_it(elsewhere):
    """Also if it is this program's own that is named, and another one is here."""
    (elsewhere / "wrangler.toml").write_text('main = "w.py"\n')
    (elsewhere / ".dev.vars").write_text(INBOX)
    for path in (elsewhere / "other" / "wrangler.toml", CHECKOUT):
        assert (configuration(path), beside(configuration(path))) == (path, path.parent)
    assert sources(configuration(CHECKOUT)).startswith(str(CHECKOUT))


def test_a_folder_with_settings_alone_has_the_worker_that_came_with_this_program(elsewhere):
    """So that settings need no checkout."""
    (elsewhere / ".dev.vars").write_text(INBOX)
    local = read_local(None)
    assert (local.path, local.folder, local.editable) == (CHECKOUT, Path(), Path(".dev.vars"))
    assert (local.name, local.inboxes, local.problems) == ("mail-failover", ("anna@inbox.test",), ())
    assert local.sources == "mail-failover's own wrangler.toml and .dev.vars"


def test_an_empty_folder_has_no_settings(elsewhere):
    """Though there is a Worker that could be deployed with some."""
    assert read_local(None) is None
    assert configuration() == own() == CHECKOUT
    assert beside(own()) == Path()
    assert sources(own()) == "mail-failover's own wrangler.toml"
    assert list(elsewhere.iterdir()) == []


def test_a_place_where_one_may_not_look_is_named_in_one_line():
    """Before Python 3.14 to ask whether a file is there raises, as where a name is too long for a file."""
    path = Path("x" * 300) / "wrangler.toml"
    assert environment(path, {}) == {}
    with pytest.raises(UsageError, match=r"x/wrangler\.toml: can't be read: File name too long\."):
        read_local(path)
    with pytest.raises(UsageError, match=r"x/\.dev\.vars: can't be written: File name too long\."):
        set_values(path.parent / ".dev.vars", {"SPOOL": "off"})


def test_without_a_checkout_the_package_has_the_worker(elsewhere, monkeypatch):
    """It wins over what may lie three folders above."""
    package = elsewhere / "package" / "wrangler.toml"
    package.parent.mkdir()
    package.write_text('main = "src/entry.py"\n')
    monkeypatch.setattr(place, "_PACKAGE", package)
    assert configuration() == package
    assert beside(configuration()) == Path()
