"""Random runs of setup: zones, troubles, kills, another person; what is promised holds after each request."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from standins.cloudflare import DOMAIN, Standin
from standins.runs.play import Run
from standins.runs.story import Command, Story, stories
from standins.runs.zone import Zone

BATCH = 25
"""Runs with one seed: what fails is made small within it, and batches are handed out to processes."""


def pytest_generate_tests(metafunc):
    """Make a test of each batch; `--fuzz` says how many runs, `--fuzz-seed` where they begin."""
    if "number" in metafunc.fixturenames:
        count, first = (metafunc.config.getoption(name) for name in ("--fuzz", "--fuzz-seed"))
        metafunc.parametrize("number", range(first, first + -(-count // BATCH)))


@pytest.fixture
def play(tmp_path, capsys, monkeypatch):
    """Play a run in a folder of its own, on a quick disk; return what was broken."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)

    def run(story):
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            return Run(story, Path(folder), capsys).play()

    return run


def test_what_is_promised_holds_whatever_happens(play, number):
    """A story that fails is printed as small as it could be made: paste it into STORIES."""

    @seed(number)
    @settings(max_examples=BATCH, deadline=None, database=None, suppress_health_check=[*HealthCheck])
    @given(stories())
    def holds(story):
        assert play(story) == []

    holds()


def at(kind, number, action, which=0):
    """Let the other person do something at a moment of a command."""
    return (((kind, number), action, which),)


APPLIED = Command()
TWO = (("mail.example.com", 10, 300), ("mx.example.org", 20, 300))
MERGED = ("v=spf1 mx -all", True, 600, "by hand", ("mail:spf",))
ROUTINGS = ("v=spf1 include:_spf.mx.cloudflare.net ~all", True, 1, None, ())
MERGED_ALREADY = ("v=spf1 a:mail.example.com include:_spf.mx.cloudflare.net ~all", True, 1, None, ())
STORIES = {
    "nothing happens": Story(),
    "killed when the catch-all was set": Story(commands=(Command(trouble=("killed after", ("change", 2))),)),
    "an undo killed after its first change": Story(
        commands=(APPLIED, Command("undo", trouble=("killed after", ("change", 1))))
    ),
    "Email Routing's own SPF record is listed first": Story(Zone(spf=(ROUTINGS, MERGED))),
    "Email Routing's own SPF record is listed last": Story(Zone(spf=(MERGED, ROUTINGS))),
    "a TTL written between request and read-back": Story(
        commands=(Command(meddling=at("change", 1, "ttl", 1)),), applies_at_last=False
    ),
    "a comment written between request and read-back": Story(
        commands=(Command(meddling=at("change", 1, "comment", 1)),), applies_at_last=False
    ),
    "an SPF record rewritten between request and read-back": Story(
        commands=(Command(meddling=at("change", 1, "text")),), applies_at_last=False
    ),
    "a catch-all set between request and read-back": Story(
        commands=(Command(meddling=at("change", 2, "catch-all")),), applies_at_last=False
    ),
    "an MX removed between request and read-back": Story(
        Zone(own=TWO), (Command(meddling=at("change", 3, "remove mx", 1)),), applies_at_last=False
    ),
    "an MX added right after the unlocking": Story(
        Zone(spf=(), routing="locked"),
        (Command(meddling=at("change", 1, "add mx", 4)),),
        applies_at_last=False,
    ),
    "a second SPF record after a kill": Story(
        commands=(
            Command(trouble=("killed after", ("change", 2))),
            Command(meddling=at("request", 0, "second spf", 1)),
        )
    ),
    "an interrupt after the switch, where rules need it": Story(
        Zone(switches={"rules_need_routing": True}), (Command(trouble=("interrupt after", ("change", 4))),)
    ),
    "an interrupted undo, where the edge's MX outlive the switch": Story(
        Zone(switches={"adopts": False}),
        (APPLIED, Command("undo", trouble=("interrupt after", ("change", 2)))),
    ),
    "nothing to change in an SPF record beside which the switch adds one": Story(
        Zone(spf=(MERGED_ALREADY,), switches={"spf_on_enable": "add", "rules_need_routing": True}),
        applies_at_last=False,
    ),
    "an edge whose new number is by chance the old one": Story(
        Zone(
            own=(("mx.example.org.", 13615, 300),),
            edge=(32, 37, 98),
            adopted=True,
            switches={"mx_on_enable": "replace", "rules_need_routing": True},
        ),
    ),
    "a lock that comes back while the primary's MX are gone": Story(
        Zone(own=TWO, switches={"mx_on_enable": "replace", "hides_lock": True}),
        (Command(meddling=at("change", 6, "lock", 6)),),
    ),
    "an SPF record that can't be merged while the primary's MX are gone": Story(
        Zone(
            spf=(("v=spf1 redirect=_spf.example.net", False, 1, None, ()),),
            switches={"mx_on_enable": "replace", "spf_on_enable": "add"},
        ),
        (Command(force=True, meddling=at("request", 40, "second spf", 5)),),
        applies_at_last=False,
    ),
    "Email Routing's new SPF record rewritten in the second of the switch": Story(
        Zone(switches={"adopts": False}),
        (Command(meddling=at("request", 31, "text", 7)),),
        applies_at_last=False,
    ),
    "an Email Routing that somebody else switches on while apply runs": Story(
        commands=(Command(force=True, meddling=at("change", 2, "switch", 2)),), applies_at_last=False
    ),
    "a TTL written on an edge's MX that a switch then renumbers": Story(
        zone=Zone(
            own=(
                ("mx.example.org.", 50, 300),
                ("mail.example.com", 5426, 3600),
                ("Mail2.Example.com", 10, 300),
            ),
            spf=(("v=spf1 include:_spf.mx.cloudflare.net ~all", False, 1, None, ("mail:spf",)),),
            edge=(3, 23, 25),
            routing="off",
            adopted=True,
            catch_all="ours",
            inbox="unverified",
            rule=False,
            others=("subdomain", "a", "verification"),
            switches={
                "mx_on_enable": "random",
                "spf_on_enable": "keep",
                "quotes": "never",
                "adopts": False,
                "hides_lock": True,
                "locks_spf": True,
                "clicks_after": 6,
            },
        ),
        commands=(
            Command(
                name="apply",
                force=True,
                consent="says yes",
                trouble=("killed after", ("request", 36)),
                meddling=(
                    (("change", 1), "ttl", 5),
                    (("change", 7), "remove edge", 2),
                    (("request", 6), "remove mx", 7),
                ),
                worker="",
            ),
            Command(
                name="apply",
                force=False,
                consent="--yes",
                trouble=("gone before", ("change", 3)),
                meddling=(
                    (("change", 5), "switch", 6),
                    (("change", 1), "switch", 0),
                    (("change", 1), "tags", 2),
                ),
                worker="",
            ),
        ),
        applies_at_last=True,
    ),
    "Email Sending beside an Email Routing that somebody switches off": Story(
        Zone(routing="on", others=("sending",)),
        (APPLIED, Command("undo", meddling=at("request", 0, "switch"))),
        applies_at_last=False,
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_what_is_promised_holds_in_stories_that_are_told(play, story):
    """The smallest ones in which a promise was broken once."""
    assert play(story) == []


def remove_an_mx(standin):
    """Lose an MX of the primary."""
    standin.records.pop(
        next((i for i, r in standin.records.items() if r["content"] == "mx.example.org"), ""), None
    )


def edit(kind, name):
    """Return what edits the first record of that kind and name."""

    def deed(standin):
        record = next(r for r in standin.records.values() if (r["type"], r["name"]) == (kind, name))
        record["ttl"] += 1

    return deed


@pytest.mark.parametrize(
    ("promise", "deed"),
    [
        ("1 SPF", lambda standin: standin.add("TXT", DOMAIN, f'"v=spf1 ip4:192.0.2.{standin.last_id} -all"')),
        ("2 MX", remove_an_mx),
        ("4 foreign", edit("TXT", f"_dmarc.{DOMAIN}")),
        ("6 undo", edit("MX", DOMAIN)),
    ],
)
def test_a_promise_that_is_broken_is_noticed(play, monkeypatch, promise, deed):
    """If each batch of changes did a little more than it says."""
    batch = Standin._batch

    def and_more(standin, *request):
        answer = batch(standin, *request)
        deed(standin)
        return answer

    monkeypatch.setattr(Standin, "_batch", and_more)
    assert promise in {each for each, _ in play(Story(Zone(own=TWO, others=("dmarc",))))}
