"""The exact texts of steps: those that a fresh domain does not need, unsafe ones, and an undo's."""

import re
from pathlib import Path

import pytest

from standins.domains import Operator, forwarding, fresh, hosted, locked, two_spf

LOCKED = """\
example.com: 1 MX of the primary, 3 of the edge; Email Routing on, ready
Settings: {settings}

1. Unlock the MX records of Email Routing
   - Email Routing's records: locked
   + Email Routing's records: unlocked
   Why: While they are locked no MX of the domain can be changed, added or removed.
   Affects: Cloudflare warns that this may stop delivery through it: doctor with --live finds out.

2. Move the edge's MX behind the primary
   - example.com auto MX 5 route1.mx.cloudflare.net
   + example.com auto MX 20 route1.mx.cloudflare.net
   Why: Senders try the lowest number first, and the primary's worst is 10.
   Affects: Mail that went to the edge goes to the primary again. If Email Routing turns out to lock its\
 records, they are unlocked first.

3. Let the catch-all hand mail to the Worker mail-failover
   - catch-all: drop (disabled)
   + catch-all: worker mail-failover
   Why: The Worker forwards each message and tells you.
   Affects: Mail to every address that no rule of its own takes.

3 steps; `{apply}` makes these changes.
"""

PINNED = """\
mail-failover: Cloudflare would not change DNS records: This record is managed by Email Routing. Disable\
 Email Routing to add/modify (HTTP 400, code 890190).
mail-failover: Unlocking does not help. If the edge's MX come before yours, give yours the number 0 in the\
 dashboard (DNS, Records); then run `{apply} --yes --wait` again.
mail-failover: Done before that: Unlock the MX records of Email Routing. The journal is {journal}: `{apply}`\
 goes on, `{undo}` takes it back.
mail-failover: Right now the edge is named but its catch-all is off, so it refuses mail for good and mail\
 goes to the edge before the primary, as before all this.
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

UNLOCK = """\
1. Unlock the MX records of Email Routing
   - Email Routing's records: locked
   + Email Routing's records: unlocked
   Why: While they are locked no MX of the domain can be changed, added or removed.
   Affects: Cloudflare warns that this may stop delivery through it: doctor with --live finds out.

"""

UNDO_FRESH = f"""\
Journal: {{journal}}

{UNLOCK}\
2. Take the edge's MX out
   - example.com auto MX 20 route1.mx.cloudflare.net
   - example.com auto MX 30 route2.mx.cloudflare.net
   - example.com auto MX 40 route3.mx.cloudflare.net
   Why: It was so before the apply.

3. Put the catch-all back
   - catch-all: worker mail-failover
   + catch-all: drop (disabled)
   Why: It was so before the apply.
   Affects: Mail to every address that no rule of its own takes.

4. Switch Email Routing off
   - Email Routing: on
   + Email Routing: off
   Why: It was so before the apply.
   Affects: Every record that belongs to it goes; what was there before is put back at once.

5. Put the SPF record back
   - example.com 600 TXT "v=spf1 mx include:_spf.mx.cloudflare.net -all"
   + example.com 600 TXT "v=spf1 mx -all"
   Why: It was so before the apply.

6. Put the records back
   - cf2024-1._domainkey.example.com auto TXT "v=DKIM1; h=sha256; k=rsa; p=MIIB"
   Why: It was so before the apply.

7. Remove the inbox anna@example.net
   - destination address anna@example.net
   Why: It was so before the apply.

done: Unlock the MX records of Email Routing
done: Take the edge's MX out
done: Put the catch-all back
done: Switch Email Routing off
done: Put the SPF record back
done: Remove the inbox anna@example.net
example.com is as it was before the apply.
"""

UNDO_LOCKED = """\
Journal: {journal}

1. Put the MX records back
   - example.com auto MX 20 route1.mx.cloudflare.net
   + example.com auto MX 5 route1.mx.cloudflare.net
   Why: It was so before the apply.

2. Put the catch-all back
   - catch-all: worker mail-failover
   + catch-all: drop (disabled)
   Why: It was so before the apply.
   Affects: Mail to every address that no rule of its own takes.

done: Put the MX records back
done: Put the catch-all back
example.com is as it was before the apply.
Right now the edge is named but its catch-all is off, so it refuses mail for good and mail goes to the edge\
 before the primary, as before all this.
The records of Email Routing were unlocked, and stay so, since nobody knows what locking them does to other\
 MX. Lock them in the dashboard, if you want that: Email Routing, Settings.
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


def journal(operator):
    """Return the one journal."""
    [path] = Path(operator.folder).glob(".mail-failover/*/*.json")
    return path


def test_a_plan_that_unlocks_and_moves_the_edge_says_what_that_may_lead_to(operator):
    """And how to find out whether mail still goes through it."""
    assert said(operator, "plan", locked()) == LOCKED.format(
        apply=operator.again("apply"), settings=operator.settings
    )


def test_an_edge_that_can_not_be_moved_even_unlocked_stops_the_apply_with_what_helps(operator):
    """Nothing but the unlocking was done, and what is wrong was so before."""
    standin = locked(pins_edge=True)
    before = standin.state()
    code, (_, err) = operator.apply(standin, json=False)
    assert (code, standin.state()) == (4, {**before, "locked": False})
    again = {command: operator.again(command) for command in ("apply", "undo")}
    assert err == PINNED.format(journal=journal(operator), **again)


@pytest.mark.parametrize("name", UNSAFE)
def test_an_unsafe_step_says_why_and_the_plan_how_many_there_are(operator, name):
    """And that apply refuses them."""
    zone, why, count = UNSAFE[name]
    out = said(operator, "plan", zone())
    assert why in out
    assert out.endswith(count.format(apply=operator.again("apply")))


def test_an_undo_shows_each_step_and_what_was_done_of_it(operator):
    """As the plan of an apply; DKIM went with the switch, so that step was not needed."""
    standin = fresh()
    operator.apply(standin)
    assert said(operator, "undo", standin) == UNDO_FRESH.format(journal=journal(operator))


def test_an_undo_leaves_unlocked_what_the_apply_unlocked_and_says_so(operator):
    """And where it is locked again, if somebody wants that; whatever the switch would do."""
    standin = locked(mx_on_enable="replace")
    operator.apply(standin)
    assert said(operator, "undo", standin) == UNDO_LOCKED.format(journal=journal(operator))
    assert not standin.locked
    assert ("POST", "/zones/zone-1/email/routing/dns") not in standin.requests


def test_an_undo_that_has_to_unlock_shows_that_before_it_asks(operator):
    """Somebody locked the records since."""
    standin = locked()
    operator.apply(standin)
    standin.locked = True
    before = standin.state()
    operator.answers = [False]
    out, _ = operator.undo(standin, json=False, yes=False)[1]
    assert UNLOCK in out
    assert standin.state() == before
    assert "done: Unlock the MX records of Email Routing\n" in said(operator, "undo", standin)


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
