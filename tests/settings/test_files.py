"""Settings are read from the files that wrangler reads, with the same precedence."""

from pathlib import Path

import pytest

from mail_failover.errors import UsageError
from mail_failover.settings.files import addresses, environment, parse_dotenv, read_config

SOURCES = Path(__file__).parents[2] / "src"


def test_overrides_win_over_secrets_and_secrets_over_vars(tmp_path):
    """And the Worker is found beside the file."""
    (tmp_path / "wrangler.toml").write_text('main = "w.py"\n[vars]\nA = "1"\nB = "1"\nC = "1"\nL = ["x"]\n')
    (tmp_path / ".dev.vars").write_text("B=2\nC=2\n")
    config = read_config(tmp_path / "wrangler.toml", ["C=3=3", "D="])
    assert config.variables == {"A": "1", "B": "2", "C": "3=3", "D": "", "L": ["x"]}
    assert config.main == tmp_path / "w.py"
    assert config.secrets == {"B", "C"}


def test_settings_do_not_show_in_a_repr(tmp_path):
    """Some are secrets."""
    (tmp_path / "wrangler.toml").write_text("")
    assert "hush" not in repr(read_config(tmp_path / "wrangler.toml", ["TOKEN=hush"]))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=b", "b"),
        ("  export A = b  # said so\n", "b"),
        ("A='b # c'", "b # c"),
        ('A="b\\nc\\rd" # x', "b\nc\rd"),
        ("A='b\\nc'", "b\\nc"),
        (r'A="b\"c\td\\e"', r"b\"c\td\\e"),
        ("A='two\r\nand\rthree'\r\n", "two\nand\nthree"),
        ("A=b 'c'\n", "b 'c'"),
        ("A=b#c", "b"),
        ('A="two\nlines"\n', "two\nlines"),
        ("A=`b'\"c`", "b'\"c"),
        ("A=", ""),
        ("A=https://h/s?x=y\r\n", "https://h/s?x=y"),
        ("# first\n\n  # second\nA=b", "b"),
        ("\ufeffA=b", "b"),
        ("A=1\nA=b", "b"),
    ],
)
def test_a_dotenv_line_is_read(text, value):
    """Quotes, comments, `export`, Windows line ends; as dotenv reads them, which wrangler uses."""
    assert parse_dotenv(text) == {"A": value}


@pytest.mark.parametrize(
    "text",
    [
        *("A=1\nhush", "A=1\r\n=hush", 'A=1\nB="hush', "A=1\nB='hush' hush", "A=1\nB: hush"),
        *("A=1\nB='hush\\'\n", "A=1\n# x\rB=hush", "A=1\nBä=hush", "A=1\nB=\N{NO-BREAK SPACE}'hush'"),
    ],
)
def test_a_bad_dotenv_line_is_named_and_not_quoted(text):
    """It may hold a secret; wrangler passes over it, or guesses what it means."""
    with pytest.raises(UsageError, match=r"^\.dev\.vars, line 2: ") as caught:
        parse_dotenv(text)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "can't be read"),
        (b"a = ", "not valid TOML"),
        (b"\xff", "not UTF-8"),
        (b"vars = 1", "must be a table"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path, content, complaint):
    """It names the file."""
    path = tmp_path / "wrangler.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=complaint) as caught:
        read_config(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["hush", "=hush", "A B=hush", "9A=hush", ""])
def test_a_bad_override_is_one_line_without_its_value(tmp_path, text):
    """It says how to write one."""
    (tmp_path / "wrangler.toml").write_text("")
    with pytest.raises(UsageError, match="write NAME=VALUE") as caught:
        read_config(tmp_path / "wrangler.toml", [text])
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([["a@x", "b@x"], {"@y": "c@x", "d@y": ["a@x"]}], ["a@x", "b@x", "c@x"]),
        (["a@x, b@x;c@x"], ["a@x", "b@x", "c@x"]),
        (['["a@x"]', '{"@y": "b@x"}'], ["a@x", "b@x"]),
        ([None, 7, "nonsense", "[a@x", "[" * 100_000], []),
    ],
)
def test_inboxes_are_found_in_settings_of_any_form(values, found):
    """Lists, tables, texts and JSON; keys are recipients and not inboxes."""
    assert addresses(*values) == found


def test_of_dev_vars_what_is_no_plain_setting_counts_as_secret(tmp_path):
    """Be it known or not; SPOOL_DOOR is for the deploy, and for nobody else."""
    (tmp_path / "src").symlink_to(SOURCES)
    (tmp_path / "wrangler.toml").write_text('[vars]\nSPOOL_TOKEN = "x"\nOTHER = "x"\n')
    (tmp_path / ".dev.vars").write_text(
        "SPOOL_DAYS=3\nTELEGRAM_BOT_TOKEN=x\nSPOOL_KEY=x\nMY_OWN=x\nSPOOL_DOOR=spool.shop.test\n"
    )
    config = read_config(tmp_path / "wrangler.toml", ["ANOTHER=x"])
    assert config.secrets == {"TELEGRAM_BOT_TOKEN", "MY_OWN"}
    assert config.door == "spool.shop.test"
    assert "SPOOL_DOOR" not in config.variables


@pytest.mark.parametrize(
    ("env", "token"),
    [
        ({}, "file"),
        ({"CLOUDFLARE_API_TOKEN": "mine"}, "mine"),
        ({"CLOUDFLARE_API_TOKEN": ""}, "file"),
        ({"CLOUDFLARE_API_TOKEN": " "}, " "),
    ],
)
def test_the_environment_wins_over_dot_env_as_with_wrangler(tmp_path, env, token):
    """What is empty there is not set, for dotenv-expand, which wrangler uses."""
    (tmp_path / ".env").write_text("CLOUDFLARE_API_TOKEN=file\nexport CLOUDFLARE_ACCOUNT_ID='a' # mine\n")
    found = environment(tmp_path / "wrangler.toml", {"HOME": "/root", **env})
    assert found == {"HOME": "/root", "CLOUDFLARE_API_TOKEN": token, "CLOUDFLARE_ACCOUNT_ID": "a"}


def test_dot_env_changes_nothing_but_what_is_cloudflares_and_the_domain(tmp_path):
    """Whatever else a project keeps there; .env.local has the last word, as with wrangler."""
    (tmp_path / ".env").write_text(
        "PATH=/evil\nHTTPS_PROXY=http://evil.test\nCLOUDFLARE_API_TOKEN=one\nMAIL_FAILOVER_DOMAIN=shop.test\n"
        "MAIL_FAILOVER_SPOOL_TOKEN=x\n"
    )
    (tmp_path / ".env.local").write_text("CLOUDFLARE_API_TOKEN=two\n")
    assert environment(tmp_path / "wrangler.toml", {}) == {
        "CLOUDFLARE_API_TOKEN": "two",
        "MAIL_FAILOVER_DOMAIN": "shop.test",
    }


def test_an_environment_without_files_is_as_it_is(tmp_path):
    """Also what is empty in it."""
    assert environment(tmp_path / "wrangler.toml", {"CLOUDFLARE_API_TOKEN": ""}) == {
        "CLOUDFLARE_API_TOKEN": ""
    }


def test_a_dot_env_that_is_not_understood_is_named_and_not_quoted(tmp_path):
    """Its values are secrets."""
    (tmp_path / ".env").write_text("CLOUDFLARE_API_TOKEN hush\n")
    with pytest.raises(UsageError, match=r"\.env, line 1: ") as caught:
        environment(tmp_path / "wrangler.toml", {})
    assert "hush" not in str(caught.value)
