"""Where the door is, and the token: nothing else is taken for one, and none is shown."""

import pytest

from mail_failover.door.address import TOKEN, TOKEN_FILE, read_address, read_token
from mail_failover.errors import UsageError

SECRET = "s3cret_" + "y" * 40


def write(path, text=SECRET, mode=0o600):
    """Write a token's file."""
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("url", "origin", "place"),
    [
        (
            "https://mail-failover.you.workers.dev",
            "https://mail-failover.you.workers.dev",
            "mail-failover.you.workers.dev",
        ),
        ("https://Spool.Example.com/", "https://spool.example.com", "spool.example.com"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787", "127.0.0.1:8787"),
        ("http://[::1]:8787", "http://[::1]:8787", "[::1]:8787"),
    ],
)
def test_a_door_is_an_origin(tmp_path, url, origin, place):
    """By https, or on this machine."""
    address = read_address(url, "Example.com.", None, tmp_path, {TOKEN: SECRET})
    assert (address.origin, address.place, address.domain) == (origin, place, "example.com")
    assert SECRET not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail-failover.you.workers.dev",
        "http://mail-failover.you.workers.dev",
        "https://you:pass@mail.example",
        "https://mail.example/v1",
        "https://mail.example?x=1",
        "https://",
        "https://[::1",
        "http://127.0.0.1.example.org",
        "https://mail.example\n.org",
    ],
)
def test_what_is_no_door_is_refused(tmp_path, url):
    """The token would go there, or pass in clear."""
    what = f"--url {' '.join(url.split())}: not the address" if url else "--url is missing."
    with pytest.raises(UsageError, match=r"Write it like https://.*; plain http:// only on this") as caught:
        read_address(url, "example.com", None, tmp_path, {TOKEN: SECRET})
    assert caught.value.what.startswith(what)


@pytest.mark.parametrize("domain", ["", "nonsense", "a@b.example"])
def test_a_domain_has_to_be_named(tmp_path, domain):
    """A door may lead to several."""
    with pytest.raises(UsageError, match="--domain"):
        read_address("https://mail.example", domain, None, tmp_path, {TOKEN: SECRET})


def test_the_token_is_where_it_was_said_to_be(tmp_path):
    """A file that is named, else the environment, else the state folder."""
    named = write(tmp_path / "named", "n" * 43 + "\n")
    write(tmp_path / TOKEN_FILE, "f" * 43)
    assert read_token(named, tmp_path, {TOKEN: SECRET}) == "n" * 43
    assert read_token(None, tmp_path, {TOKEN: SECRET}) == SECRET
    assert read_token(None, tmp_path, {TOKEN: ""}) == "f" * 43


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_token_that_others_may_read_is_not_used(tmp_path, mode):
    """It says how to mend that."""
    path = write(tmp_path / TOKEN_FILE, mode=mode)
    with pytest.raises(UsageError, match=f"others may read the token. Type: chmod 600 {path}"):
        read_token(None, tmp_path, {})


@pytest.mark.parametrize("text", ["", "short", "x" * 42, "x" * 43 + " y", "\xe9" * 50, "x" * 2000])
def test_what_can_be_no_token_is_refused_unseen(tmp_path, text):
    """Nothing of it is shown."""
    path = write(tmp_path / TOKEN_FILE, text)
    for env in ({}, {TOKEN: text}):
        with pytest.raises(UsageError, match="at least 43") as caught:
            read_token(path if not env.get(TOKEN) else None, tmp_path, env)
        assert not text or text not in str(caught.value)


@pytest.mark.parametrize("named", [True, False])
def test_a_token_that_is_missing_is_told_with_where_it_belongs(tmp_path, named):
    """And never asked for on the command line."""
    path = tmp_path / "t"
    with pytest.raises(UsageError, match="mode 0600") as caught:
        read_token(path if named else None, tmp_path, {})
    what = f"--token-file {path}: there is no such file." if named else f"{TOKEN} is not set"
    assert what in str(caught.value)
    with pytest.raises(UsageError, match="can't be read: Is a directory"):
        read_token(tmp_path, tmp_path, {})


def test_without_a_domain_it_is_the_one_that_init_wrote_down(tmp_path, monkeypatch):
    """In .env, of the folder one works in; what is named wins."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text('MAIL_FAILOVER_DOMAIN="shop.test"\n')
    env = {TOKEN: "t" * 43}
    assert read_address("https://w.test", "", None, tmp_path, env).domain == "shop.test"
    assert read_address("https://w.test", "other.test", None, tmp_path, env).domain == "other.test"
