"""The exact texts of steps: those that a fresh domain does not need, unsafe ones, and an undo's."""

import re
from pathlib import Path

import pytest

from standins.domains import Operator, forwarding, fresh, hosted, locked, two_spf

LOCKED = """\
example.com: 1 MX of the primary, 3 of the edge; Email Routing on, ready

1. Unlock the MX records of Email Routing
   - Email Routing's records: locked
   + Email Routing's records: unlocked
   Why: While they are locked no MX of the domain can be changed or added.
   Affects: Cloudflare warns that this may stop delivery through it; `{doctor}` finds out. Where its MX can't\
 be moved even then, the primary's get lower numbers.

2. Move the edge's MX behind the primary
   - example.com auto MX 5 route1.mx.cloudflare.net
   + example.com auto MX 20 route1.mx.cloudflare.net
   Why: Senders try the lowest number first, and the primary's worst is 10.
   Affects: Mail that went to the edge goes to the primary again. Where they can't be moved, the primary's\
 get lower numbers. If Email Routing turns out to lock its records, they are unlocked first.

3. Let the catch-all hand mail to the Worker mail-failover
   - catch-all: drop (disabled)
   + catch-all: worker mail-failover
   Why: The Worker forwards each message and tells you.
   Affects: Mail to every address that no rule of its own takes.

3 steps; `{apply}` makes these changes.
"""

PINNED = """\
1. Give the primary's MX lower numbers
   - example.com 300 MX 10 mail.example.com
   + example.com 300 MX 0 mail.example.com
   Why: The edge's MX can't be put behind the primary in any other way.
   Affects: Hosts and their order stay.
"""

UNSAFE = {
    "two SPF records": (
        two_spf,
        """\
   UNSAFE: The domain has 2 SPF records, which receivers take as a permanent error (RFC 7208, section 3.2).\
 Merge them yourself, or force this merge: all their terms, the mildest `all`.
""",
        "4 steps, of which 1 unsafe; `{apply}` refuses unless forced.\n",
    ),
    "mail at a provider": (
        hosted,
        """\
   UNSAFE: The MX host aspmx.l.google.com belongs to Google, not to a server of yours. Cloudflare documents\
 other mail services beside Email Routing as unsupported, and such a service is seldom down.
""",
        "4 steps, of which 2 unsafe; `{apply}` refuses unless forced.\n",
    ),
    "a catch-all": (
        forwarding,
        """\
   UNSAFE: It overwrites your catch-all: forward anna@example.net. The journal keeps it, and undo restores it.
""",
        "1 step, of which 1 unsafe; `{apply}` refuses unless forced.\n",
    ),
}

UNDO_FRESH = """\
Journal: {journal}

1. Put the catch-all back
   - catch-all: worker mail-failover
   + catch-all: drop (disabled)
   Why: It was so before the apply.
   Affects: Mail to every address that no rule of its own takes.

2. Switch Email Routing off
   - Email Routing: on
   + Email Routing: off
   Why: It was so before the apply.
   Affects: Every record that belongs to it goes; what was there before is put back at once.

3. Put the SPF record back
   - example.com 600 TXT "v=spf1 mx include:_spf.mx.cloudflare.net -all"
   + example.com 600 TXT "v=spf1 mx -all"
   Why: It was so before the apply.

4. Put the records back
   - cf2024-1._domainkey.example.com auto TXT "v=DKIM1; h=sha256; k=rsa; p=MIIB"
   - example.com auto MX 20 route1.mx.cloudflare.net
   - example.com auto MX 30 route2.mx.cloudflare.net
   - example.com auto MX 40 route3.mx.cloudflare.net
   Why: It was so before the apply.

5. Remove the inbox anna@example.net
   - destination address anna@example.net
   Why: It was so before the apply.

done: Put the catch-all back
done: Switch Email Routing off
done: Put the SPF record back
done: Remove the inbox anna@example.net
example.com is as it was before the apply.
"""

UNDO_LOCKED = """\
2. Put the records back
   - example.com auto MX 20 route1.mx.cloudflare.net
   + example.com auto MX 5 route1.mx.cloudflare.net
   Why: It was so before the apply.

3. Lock the records of Email Routing again
   - Email Routing's records: unlocked
   + Email Routing's records: locked
   Why: It was so before the apply.
   Affects: What Cloudflare may change at that is read back and put right; then they stay unlocked.

done: Put the catch-all back
done: Put the records back
done: Lock the records of Email Routing again
done: Unlock the MX records of Email Routing
done: Put the primary's MX back
done: Put the SPF record back
done: Put the records back
The records of Email Routing were locked before, and are not now: they stay unlocked, since Cloudflare\
 changed them when it locked them. Lock them in the dashboard, if you want that: Email Routing, Settings.
example.com is as it was before the apply, but for that.
"""

UNLOCK = """\
2. Unlock the MX records of Email Routing
   - Email Routing's records: locked
   + Email Routing's records: unlocked
   Why: While they are locked they can't be put back.

"""


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator into an empty folder."""
    return Operator(tmp_path, capsys)


def said(operator, command, standin):
    """Return what a command prints, with nothing on stderr."""
    out, err = getattr(operator, command)(standin, json=False)[1]
    assert err == ""
    return out


def test_a_plan_that_unlocks_and_moves_the_edge_says_what_that_may_lead_to(operator):
    """And how to find out whether mail still goes through it."""
    doctor = operator.again("apply").replace("setup apply", "doctor") + " --live"
    wanted = LOCKED.format(apply=operator.again("apply"), doctor=doctor)
    assert said(operator, "plan", locked()) == wanted


def test_a_plan_around_a_pinned_edge_lowers_the_primarys_numbers_and_has_nothing_in_the_way(operator):
    """The lock is lifted already, and the edge can't be moved all the same."""
    standin = locked(pins_edge=True)
    standin.locked = False
    out = said(operator, "plan", standin)
    assert PINNED in out
    assert "In the way" not in out


@pytest.mark.parametrize("name", UNSAFE)
def test_an_unsafe_step_says_why_and_the_plan_how_many_there_are(operator, name):
    """And that apply refuses them."""
    zone, why, count = UNSAFE[name]
    out = said(operator, "plan", zone())
    assert why in out
    assert out.endswith(count.format(apply=operator.again("apply")))


def test_an_undo_shows_each_step_and_what_was_done_of_it(operator):
    """As the plan of an apply; the records went with the switch, so that step was not needed."""
    standin = fresh()
    operator.apply(standin)
    [journal] = Path(operator.folder).glob(".mail-failover/*/*.json")
    assert said(operator, "undo", standin) == UNDO_FRESH.format(journal=journal)


def test_an_undo_that_locks_again_says_what_that_broke_and_what_is_left_to_do(operator):
    """In the dashboard."""
    standin = locked(mx_on_enable="replace")
    operator.apply(standin)
    assert said(operator, "undo", standin).endswith(UNDO_LOCKED)


def test_an_undo_that_has_to_unlock_says_why(operator):
    """Somebody locked the records since."""
    standin = locked()
    operator.apply(standin)
    standin.locked = True
    assert UNLOCK in said(operator, "undo", standin)


def test_what_is_wrong_is_red_what_is_gained_green_and_what_is_left_yellow(operator, monkeypatch):
    """On a terminal, as in any diff."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "1000")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    standin = two_spf()
    standin.add("TXT", "_mta-sts.example.com", '"v=STSv1; id=1"')
    wrong = {"inboxes": ("you@example.net",)}
    out = operator.plan(standin, json=False, **wrong)[1][0] + operator.status(standin, json=False)[1][0]
    operator.apply(standin, json=False, force=True)
    out += operator.status(standin, json=False)[1][0]
    operator.policy += "mx: *.mx.cloudflare.net\n"
    out += operator.status(standin, json=False)[1][0] + operator.plan(standin, json=False)[1][0]
    found = {text.strip(): codes for codes, text in re.findall(r"\x1b\[([\d;]+)m([^\x1b:]+)", out)}
    colours = {
        '- example.com 600 TXT "v=spf1 mx -all"': "31",
        "+ Email Routing": "32",
        "1. Make one SPF record of several": "1",
        "UNSAFE": "1;33",
        "In the way": "1;31",
        "Nothing can be changed before that is mended.": "1;31",
        "To do by hand": "33",
        "Set up": "1;32",
        "Nothing to do": "1;32",
    }
    assert {text: found.get(text) for text in colours} == colours
    assert re.search(r"\x1b\[1;31mSet up: no", out)
