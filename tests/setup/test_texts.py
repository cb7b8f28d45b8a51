"""The exact texts that a person sees: a plan, and what went wrong."""

import pytest

from standins.domains import Operator, fresh, redirect

PLAN = """\
example.com: 1 MX of the primary, 0 of the edge; Email Routing off
Settings: {settings}

1. Add Email Routing to the SPF record
   - example.com 600 TXT "v=spf1 mx -all"
   + example.com 600 TXT "v=spf1 mx include:_spf.mx.cloudflare.net -all"
   Why: Email Routing sends on under its own addresses, so the domain's one SPF record has to list them.
   Affects: Mail that your own server sends: its terms stay as they are.

2. Add the inbox anna@example.net
   + destination address anna@example.net
   Why: The Worker can forward only to verified destination addresses.
   Affects: Cloudflare sends a verification mail there; somebody has to click the link in it.

3. Wait until anna@example.net is verified
   - anna@example.net: not verified
   + anna@example.net: verified
   Why: Until then the Worker could not forward there, so mail must not reach it.
   Affects: The steps after this one.

4. Let the catch-all hand mail to the Worker mail-failover
   - catch-all: drop (disabled)
   + catch-all: worker mail-failover
   Why: The Worker forwards each message and tells you.
   Affects: Mail to every address that no rule of its own takes.

5. Add the edge's MX behind the primary
   + example.com auto MX 20 route1.mx.cloudflare.net
   + example.com auto MX 30 route2.mx.cloudflare.net
   + example.com auto MX 40 route3.mx.cloudflare.net
   Why: A sender that can't reach the primary tries them next.
   Affects: Mail goes there while the primary does not answer; spam at any time: spammers address the\
 worst MX.

6. Switch Email Routing on
   - Email Routing: off
   + Email Routing: on
   + cf2024-1._domainkey.example.com auto TXT "v=DKIM1; h=sha256; k=rsa; p=MIIB"
   Why: Only then does the edge accept mail for the domain.
   Affects: Cloudflare adds and locks records. It may also replace the SPF record, choose preferences from\
 1 to 99 for its MX, or remove yours: what it made is read back at once and put right as shown here.

Note: SPF: its `mx` means the edge's hosts as well from now on; `a:` and a host means only that.
6 steps; `{apply}` makes these changes.
"""


def test_a_plan_reads_like_a_diff(tmp_path, capsys):
    """Record by record: old, new, why, what it may affect."""
    operator = Operator(tmp_path, capsys)
    code, (out, err) = operator.plan(fresh(), json=False)
    assert (code, out, err) == (0, PLAN.format(apply=operator.again("apply"), settings=operator.settings), "")


TOKENS = "https://dash.cloudflare.com/profile/api-tokens"
COMPLAINTS = {
    "no token": (
        {"env": {}},
        {},
        2,
        (
            "mail-failover: CLOUDFLARE_API_TOKEN is not set.\n"
            "mail-failover: `mail-failover init` makes one with you; docs/setup.md lists what it needs.\n"
        ),
    ),
    "wrong token": (
        {"env": {"CLOUDFLARE_API_TOKEN": "wrong"}},
        {},
        4,
        (
            "mail-failover: Cloudflare does not know the token in CLOUDFLARE_API_TOKEN.\n"
            f"mail-failover: Copy it again, or make a new one at {TOKENS};"
            " it must be a user token, not an account's.\n"
        ),
    ),
    "no DNS permission": (
        {"forbidden": {"dns_records"}},
        {},
        4,
        (
            "mail-failover: The token may not read the DNS records.\n"
            f"mail-failover: Add the permission Zone > DNS > Read to it at {TOKENS};"
            " every command needs it.\n"
        ),
    ),
    "no DNS permission to edit": (
        {"forbidden": {"POST .*/batch"}},
        {},
        4,
        (
            "mail-failover: The token may not change DNS records.\n"
            f"mail-failover: Add the permission Zone > DNS > Edit to it at {TOKENS};"
            " setup apply and setup undo need it.\n"
        ),
    ),
    "no Email Routing permission": (
        {"forbidden": {"PUT .*/catch_all"}},
        {},
        4,
        (
            "mail-failover: The token may not set the catch-all rule.\n"
            f"mail-failover: Add the permission Zone > Email Routing Rules > Edit to it at {TOKENS};"
            " setup apply and setup undo need it.\n"
        ),
    ),
    "unknown zone": (
        {},
        {"domain": "example.org"},
        2,
        (
            "mail-failover: The token sees no zone example.org; it sees example.com.\n"
            "mail-failover: Check --domain for a typing error, or add the zone to the"
            " token's zone resources.\n"
        ),
    ),
    "no zone at all": (
        {"zones": []},
        {},
        2,
        (
            "mail-failover: The token sees no zone at all, so not example.com either.\n"
            "mail-failover: Give it the permission Zone > Zone > Read for that zone.\n"
        ),
    ),
    "pending zone": (
        {"status": "pending"},
        {},
        4,
        (
            "mail-failover: The zone example.com is pending, not active.\n"
            "mail-failover: Set the name servers that Cloudflare gave you at your registrar,"
            " and wait until it is active.\n"
        ),
    ),
}


@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_failure_is_a_line_for_what_happened_and_one_for_what_to_do(tmp_path, capsys, name):
    """Exactly these texts, on stderr, and never the token."""
    world, options, expected, text = COMPLAINTS[name]
    switches = {key: value for key, value in world.items() if key != "env"}
    operator = Operator(tmp_path, capsys, env=world.get("env"))
    code, (_, err) = operator.apply(redirect(**switches), json=False, **options)
    assert code == expected
    assert err.startswith(text)
    account = err.removeprefix(text)
    assert not account or "Edit" in text
