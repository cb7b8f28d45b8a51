"""Which senders MUTE and BLOCK name, at what cost, and what of them can't be used."""

import re
from fnmatch import translate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from failover.patterns import MAX_PATTERNS, MAX_STARS, TEXT, matches
from failover.settings import Settings

INBOX = {"FALLBACK_INBOXES": ["you@inbox.example"]}


def settings(**variables):
    """Read settings."""
    return Settings.from_env(INBOX | variables)


def problems(**variables):
    """Return the problems of settings, as an owner reads them."""
    return list(map(str, settings(**variables).problems))


@pytest.mark.parametrize(
    ("pattern", "named", "others"),
    [
        (
            "Ann@Shop.example",
            ["ann@shop.example", "ANN@SHOP.example."],
            ["joann@shop.example", "ann@shop.exampl"],
        ),
        (
            "@shop.example",
            ["a@shop.example", '"a@b"@shop.example'],
            ["a@mail.shop.example", "a@myshop.example"],
        ),
        (
            "*@*.shop.example",
            ["a@mail.shop.example", "a@x.y.shop.example"],
            ["a@shop.example", "a@myshop.example"],
        ),
        (
            "noreply*@shop.example",
            ["noreply@shop.example", "noreply-7@shop.example"],
            ["a-noreply@shop.example"],
        ),
        (
            "*-bounce*@*.example",
            ["a-bounce@x.example", "a-bounce-b@y.x.example"],
            ["bounce@x.example", "a@x-bounce.example", "a-bounce@x.examples"],
        ),
        ("*@*.xyz", ["a@b.xyz"], ["a@xyz", "a@b.xyz.example"]),
        ("a*a@b.example", ["aa@b.example", "aba@b.example"], ["a@b.example", "aab@b.example"]),
        ("*ab*ba*@b.example", ["abba@b.example", "xabxbax@b.example"], ["aba@b.example", "baab@b.example"]),
        ("@münchen.example", ["a@xn--mnchen-3ya.example", "a@MÜNCHEN.example"], ["a@munchen.example"]),
        ("*@*.xn--mnchen-3ya.example", ["a@post.münchen.example"], ["a@münchen.example"]),
        # What stands before the last @ is the local part, whatever it looks like.
        ("*@shop.example", ["a@shop.example"], ["a@shop.example@evil.example", "shop.example", "@", ""]),
    ],
)
def test_a_pattern_names_senders_the_way_people_mean_them(pattern, named, others):
    """An address, a domain alone, or anything where the star stands; case and IDN spellings don't matter."""
    for variable in ("MUTE", "BLOCK"):
        found = settings(**{variable: pattern})
        assert not found.problems
        patterns = found.mute or found.block
        assert [address for address in [*named, *others] if matches(address, patterns)] == named


@given(st.text("ab*", min_size=1, max_size=9), st.text("ab", min_size=1, max_size=12))
@example("a*a", "a")
@example("**", "a")
def test_stars_mean_what_they_mean_to_a_shell(pattern, local):
    """Python's own matcher judges."""
    expected = re.fullmatch(translate(pattern), local) is not None
    assert matches(f"{local}@x.example", [f"{pattern}@x.example"]) == expected


class Counting(str):
    """A text that counts how often it is searched."""

    __slots__ = ()
    searched = 0

    def find(self, *what):
        """Count."""
        Counting.searched += 1
        return super().find(*what)


def test_no_address_makes_a_pattern_costly(monkeypatch):
    """Each piece between stars is looked for once, and an address that is longer than any not at all."""
    monkeypatch.setattr("failover.patterns.canonical", Counting)
    monkeypatch.setattr(Counting, "rpartition", lambda self, at: map(Counting, str.rpartition(self, at)))
    pattern = "*".join("a" * (MAX_STARS + 1)) + "@b"
    assert not matches(f"{'a' * 310}b@b", [pattern] * MAX_PATTERNS)
    assert matches(f"{'a' * 310}@b", [pattern])
    assert Counting.searched <= (MAX_STARS - 1) * (MAX_PATTERNS + 1)
    assert not matches(f"{'a' * 319}@b", ["*@b"])
    assert matches(f"{'a' * 318}@b", ["*@b"])


@pytest.mark.parametrize(
    "value", ["a@b.example, lists\nBULK", ["A@b.example", "lists", "bulk"], '["a@b.example","bulk","lists"]']
)
def test_mute_takes_senders_and_kinds(value):
    """As a list or a text, like every other setting with several values."""
    found = settings(MUTE=value)
    assert (found.mute, found.mute_kinds, found.problems) == (("a@b.example",), ("lists", "bulk"), ())


@pytest.mark.parametrize(
    "entry",
    [
        "shop.example",
        "*",
        "@",
        "a@",
        "a b",
        "<a@b.example>",
        "a@b@c",
        "*****@b.example",
        "a" * 320 + "@b",
        7,
        None,
        {"a": "b"},
        "list",
        "a@b\u202e.example",
        "a@b",
        "a.b@c",
        "@example",
        "@.example",
    ],
    ids=str,
)
@pytest.mark.parametrize("variable", ["MUTE", "BLOCK"])
def test_what_names_no_sender_is_left_out_by_its_number(variable, entry):
    """What stands beside it is used; what it says is never repeated."""
    found = settings(**{variable: ["a@b.example", entry, "@c.example"]})
    assert (found.mute or found.block) == ("a@b.example", "@c.example")
    [problem] = found.problems
    assert problem.variable == variable
    assert problem.fix.startswith("entry 2 ")
    assert "@shop.example" in problem.fix or "name a sender" in problem.fix
    assert found.inboxes


def test_what_a_sender_is_named_like_is_shown():
    """And for MUTE which kinds there are."""
    like = "entry 1 must be like a@shop.example, @shop.example or *@*.shop.example"
    assert problems(MUTE="a", BLOCK="a") == [
        f"MUTE: {like}, or lists, bulk, auto, with at most 4 *",
        f"BLOCK: {like}, with at most 4 *",
    ]


@pytest.mark.parametrize(
    "entry",
    [
        *("*", "*@*", "@", "**@*", "*@*.*", "*.*@*", "@*", "@*.*", "*@", "@."),
        *("*@*o*", "@*e*", "a@*", "*@*.c*m", "@shop.*", "*@*example"),
    ],
)
def test_nobody_blocks_everybody(entry):
    """One star too many must not refuse a family's mail: a domain ends in a dot and a name without one."""
    fix = "would refuse nearly everybody; name a sender or a domain, or how one ends: *@*.example"
    assert problems(BLOCK=[entry]) == [f"BLOCK: entry 1 {fix}"]
    assert settings(BLOCK=[entry]).block == ()


def test_everybody_may_be_muted():
    """An inbox has their mail."""
    assert settings(MUTE="*@*, *-bounce@*").mute == ("*@*", "*-bounce@*")


@pytest.mark.parametrize("value", [{"a": "b"}, True])
@pytest.mark.parametrize("variable", ["MUTE", "BLOCK"])
def test_what_is_no_list_is_left_out(variable, value):
    """And the mail flows."""
    [problem] = problems(**{variable: value})
    assert problem == f"{variable}: must be a list, or a text with commas between its entries"


def test_of_too_many_the_first_are_used():
    """Each once, however often it stands there."""
    many = [f"{number}@b.example" for number in range(MAX_PATTERNS + 1)]
    assert settings(BLOCK=many).block == tuple(many[:-1])
    [problem] = problems(BLOCK=many)
    assert problem.startswith("BLOCK: names more than 50 senders, and only the first are used; ")
    assert not settings(BLOCK=[*many[:-1], many[0].upper()]).problems


@pytest.mark.parametrize("value", ["Go away.", " Go away. ", "x" * 200, 7])
def test_the_owners_words_are_said_as_they_are(value):
    """Without blanks around them."""
    found = settings(BLOCK_TEXT=value)
    assert (found.block_text, found.problems) == (str(value).strip(), ())


@pytest.mark.parametrize(
    "value", ["a\r\n250 ok", "a\nb", "a\rb", "a\0b", "a\tb", "Geh weg, Müller", "x" * 201, ["a"], "a\u2028b"]
)
def test_no_other_line_gets_into_the_reply(value):
    """Nor what a reply may not hold: the usual text stands in."""
    found = settings(BLOCK_TEXT=value)
    assert found.block_text == TEXT
    [problem] = found.problems
    assert problem.variable == "BLOCK_TEXT"
    assert "\n" not in problem.fix


@given(st.text())
def test_whatever_the_text_the_reply_is_one_line_of_ascii(value):
    """Of at least one character."""
    text = settings(BLOCK_TEXT=value).block_text
    assert re.fullmatch(r"[ -~]{1,200}", text)


def test_neither_does_anything_unless_it_is_set():
    """There are no rules that nobody asked for."""
    for nothing in ({}, {"MUTE": "", "BLOCK": "", "BLOCK_TEXT": ""}, {"MUTE": [], "BLOCK": []}):
        assert settings(**nothing) == Settings(inboxes=("you@inbox.example",))
