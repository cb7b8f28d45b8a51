"""Settings are read from the files that wrangler reads, with the same precedence."""

import pytest

from mail_failover.errors import UsageError
from mail_failover.settings.files import addresses, parse_dotenv, read_config


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
        ('A="b\\nc\\"d" # x', 'b\nc"d'),
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
    """Quotes, comments, `export`, Windows line ends."""
    assert parse_dotenv(text) == {"A": value}


@pytest.mark.parametrize("text", ["A=1\nhush", "A=1\n=hush", 'A=1\nB="hush', "A=1\nB='hush' hush"])
def test_a_bad_dotenv_line_is_named_and_not_quoted(text):
    """It may hold a secret."""
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
        ([None, 7, "nonsense", "[a@x"], []),
    ],
)
def test_inboxes_are_found_in_settings_of_any_form(values, found):
    """Lists, tables, texts and JSON; keys are recipients and not inboxes."""
    assert addresses(*values) == found
