"""Whether the primary answers: what may be asked, and what follows from the answers."""

import pytest

from failover.primary import Primary, Target
from failover.record import from_text, to_text
from failover.settings import Settings

T = 1_795_000_000.0
SMTP = Target("mail.example.com", 465)


@pytest.mark.parametrize(
    ("setting", "targets"),
    [
        ("mail.example.com:465", [SMTP]),
        ("Mail.Example.com:465", [SMTP]),
        (["mail.example.com:465", "imap.example.com:993"], [SMTP, Target("imap.example.com", 993)]),
        ("https://mail.example.com", [Target("mail.example.com", 443, "https://mail.example.com")]),
        ("https://mail.example.com:8443/health?x=1", None),
        ("203.0.113.7:587", [Target("203.0.113.7", 587)]),
        ("", []),
        (["a.example:1"] * 3, [Target("a.example", 1)] * 3),
    ],
)
def test_what_can_be_asked(setting, targets):
    """A port that greets, or a page; three at most."""
    settings = Settings.from_env({"FALLBACK_INBOXES": "a@b.example", "PRIMARY_CHECK": setting})
    assert settings.problems == ()
    if targets is None:
        [target] = settings.primary
        assert (target.host, target.url) == ("mail.example.com", setting)
    else:
        assert [*settings.primary] == targets


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("mail.example.com:25", "port 25 is closed"),
        ("10.0.0.7:465", "private addresses"),
        ("192.168.1.1:993", "private addresses"),
        ("172.20.0.2:465", "private addresses"),
        ("127.0.0.1:465", "private addresses"),
        ("100.64.0.1:465", "private addresses"),
        ("nas.local:993", "private addresses"),
        ("https://localhost/", "private addresses"),
        ("mail.example.com", "must be like"),
        ("http://mail.example.com", "must be like"),
        ("mail.example.com:465:1", "must be like"),
        ("https://user:secret@mail.example.com/", "must be like"),
        ("mail.example.com:66000x", "must be like"),
        ("mail.example.com:66000", "must be like"),
    ],
)
def test_what_can_not_be_asked_is_a_problem_with_its_reason(setting, reason):
    """And is left out; no mail waits for it."""
    settings = Settings.from_env({"FALLBACK_INBOXES": "a@b.example", "PRIMARY_CHECK": setting})
    [problem] = settings.problems
    assert problem.variable == "PRIMARY_CHECK"
    assert reason in problem.fix
    assert settings.primary == ()


def test_of_more_than_three_the_first_are_asked_and_that_is_a_problem():
    """Nobody is left to wonder why the fourth is never asked."""
    settings = Settings.from_env({"FALLBACK_INBOXES": "a@b.example", "PRIMARY_CHECK": ["a.example:1"] * 9})
    assert settings.primary == (Target("a.example", 1),) * 3
    assert [problem.variable for problem in settings.problems] == ["PRIMARY_CHECK"]


@pytest.mark.parametrize(
    ("env", "minutes"),
    [
        ({}, None),
        ({"PRIMARY_WATCH": "false"}, None),
        ({"PRIMARY_WATCH": True}, 15),
        ({"PRIMARY_WATCH": "true", "PRIMARY_CHECK_MINUTES": "30"}, 30),
    ],
)
def test_watching_is_asked_for(env, minutes):
    """As a boolean or as a word."""
    settings = Settings.from_env({"FALLBACK_INBOXES": "a@b.example", "PRIMARY_CHECK": "a.example:465"} | env)
    assert (settings.watch_minutes, settings.problems) == (minutes, ())


def test_watching_needs_something_to_watch():
    """Else nobody would ever be told, and not know why."""
    settings = Settings.from_env({"FALLBACK_INBOXES": "a@b.example", "PRIMARY_WATCH": True})
    assert [problem.variable for problem in settings.problems] == ["PRIMARY_CHECK"]


def test_it_remembers_since_when_it_is_as_it_is():
    """Answers in a row, and silence in a row."""
    primary = Primary().heard("", T).heard("", T + 300)
    assert (primary.since, primary.asked) == (T, T + 300)
    primary = primary.heard("a:465", T + 600).heard("b:993", T + 900)
    assert (primary.since, primary.answers) == (T + 600, "b:993")
    assert from_text(Primary, to_text(primary)) == primary
    assert from_text(Primary, "") == Primary()


@pytest.mark.parametrize(
    ("answers", "last", "now", "back"),
    [
        ("", T - 1e6, T + 1e6, False),
        ("a", T - 1e6, T + 299, False),
        ("a", T - 1e6, T + 300, True),
        ("a", T + 200, T + 300, False),
        ("a", T + 200, T + 500, True),
    ],
)
def test_it_is_back_after_five_minutes_without_mail(answers, last, now, back):
    """Counted from its first answer, or from the last caught message."""
    assert Primary(T, T, answers).is_back(last, now) is back
