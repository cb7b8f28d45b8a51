"""The DNS checks, each seen passing and failing against a local name server."""

import asyncio
import contextlib
import re

import httpx
import pytest

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.console.next_step import Again
from mail_failover.doctor.examine import Ports, examine
from mail_failover.mail.mta_sts import PolicyError
from mail_failover.mail.resolver import Dns
from mail_failover.mail.well_known import fetch_policy
from standins.cloudflare import TOKEN, Standin
from standins.nameserver import SOUND, NameServer
from standins.settings import SETTINGS

DOMAIN = "shop.test"
POLICY = (
    "version: STSv1\r\nmode: enforce\r\nmx: mail.shop.test\r\nmx: *.mx.cloudflare.net\r\nmax_age: 86400\r\n"
)
ANNOUNCED = '_mta-sts.shop.test. TXT "v=STSv1; id=1"\n'


def without(*starts):
    """Return the sound zone without the records that start so."""
    lines = [" ".join(line.split()) for line in SOUND.strip().splitlines()]
    dropped = [line for line in lines if line.startswith(starts)]
    assert len(dropped) >= len(starts)
    return "\n".join(line for line in lines if line not in dropped) + "\n"


def with_spf(record):
    """Return the sound zone with another SPF record."""
    return without('shop.test. TXT "v=spf1') + f'shop.test. TXT "{record}"\n'


def checks(zone=SOUND, *, web=None, domain=DOMAIN, seconds=5.0, account=None, local=None, **faults):
    """Run the doctor, without a token if there is no account; return the DNS checks by id."""
    server = NameServer(zone, **faults)

    async def run(address):
        ports = Ports(
            Dns(address, seconds),
            lambda: Cloudflare(TOKEN, transport=account.transport) if account else Cloudflare.from_env({}),
            web or httpx.MockTransport(_no_web),
            again=Again(domain),
        )
        return await examine(domain, local, ports)

    with server.serving() as address:
        report = asyncio.run(run(address))
    return {check.id: check for check in report.checks if check.id.startswith("dns.")}


def _no_web(request):
    raise AssertionError(f"not asked for: {request.url}")


def policy(text=POLICY, status=200, modified=""):
    """Serve an MTA-STS policy."""

    def answer(request):
        assert str(request.url) == "https://mta-sts.shop.test/.well-known/mta-sts.txt"
        headers = {"location": "https://elsewhere.test/", "last-modified": modified}
        return httpx.Response(
            status, text=text, headers={name: value for name, value in headers.items() if value}
        )

    return httpx.MockTransport(answer)


def judged(check):
    """Return the status as text."""
    return check.status.value


def test_a_sound_domain_passes_every_check():
    """And where nothing is wrong, nothing is to be done."""
    found = checks()
    assert {judged(check) for check in found.values()} == {"pass"}, found
    assert not any(check.fix for check in found.values())
    assert len(found) == 14
    assert found["dns.mx"].found == (
        "10 mail.shop.test, 20 route1.mx.cloudflare.net, 21 route2.mx.cloudflare.net"
    )
    assert found["dns.spf-limits"].found == "2 of 10 lookups, 0 of 2 void ones"


@pytest.mark.parametrize(
    ("zone", "what"),
    [
        (without("shop.test. MX"), "no MX record"),
        (without("shop.test. MX") + "shop.test. MX 0 .", "null MX"),
        (without("shop.test. MX 2"), "nothing is caught"),
        (without("shop.test. MX 10"), "all mail goes to the edge"),
    ],
)
def test_the_primary_and_the_edge_must_be_mx_hosts(zone, what):
    """Each way it can be wrong has its own words, and a fix."""
    found = checks(zone)["dns.mx"]
    assert judged(found) == "fail"
    assert what in found.found
    assert found.fix


def test_one_host_of_the_edge_is_few():
    """Email Routing has several."""
    assert judged(checks(without("shop.test. MX 21"))["dns.mx"]) == "warn"


@pytest.mark.parametrize(
    ("preference", "status", "words"),
    [
        (19, "pass", "before the edge"),
        (20, "fail", "is as preferred as"),
        (50, "fail", "is less preferred than"),
    ],
)
def test_every_host_of_the_primary_is_preferred_to_the_edge(preference, status, words):
    """Also the second one: a tie sends half of the mail to the edge."""
    zone = SOUND + f"shop.test. MX {preference} second.shop.test.\nsecond.shop.test. A 8.8.8.8\n"
    found = checks(zone)["dns.mx-order"]
    assert judged(found) == status
    assert words in found.found


def test_a_missing_domain_is_a_typing_error():
    """Everything else is skipped."""
    found = checks(domain="shpo.test")
    assert found["dns.mx"].found == "shpo.test does not exist in the DNS"
    assert found["dns.mx"].fix == "Check the spelling of --domain."
    assert {judged(check) for check in found.values()} == {"fail", "skipped"}


@pytest.mark.parametrize(
    ("host", "status", "what"),
    [
        ("", "fail", "mail.shop.test has no address"),
        ("mail.shop.test. A 192.168.1.5", "fail", "192.168.1.5, which the world can't reach"),
        ("mail.shop.test. CNAME home.shop.test.\nhome.shop.test. A 9.9.9.9", "warn", "is an alias"),
        ("mail.shop.test. AAAA 2620:fe::fe", "pass", "all 3 resolve"),
        ("mail.shop.test. A 104.16.1.1", "fail", "104.16.1.1, which is Cloudflare's proxy"),
        (
            "mail.shop.test. A 9.9.9.9\nmail.shop.test. AAAA 2606:4700::6810:1",
            "fail",
            "2606:4700::6810:1, which",
        ),
        (
            "mail.shop.test. CNAME shop.pages.test.\nshop.pages.test. A 172.66.44.247",
            "fail",
            "does not get through",
        ),
    ],
)
def test_every_mx_host_must_resolve_to_where_the_world_can_reach_it(host, status, what):
    """IPv6 alone will do."""
    found = checks(without("mail.shop.test. A") + host + "\n")["dns.mx-hosts"]
    assert judged(found) == status
    assert what in found.found


def test_an_address_of_your_own_network_may_be_its_resolvers_doing():
    """Split-horizon DNS is common where the server stands at home; the world is told another address."""
    found = checks(without("mail.shop.test. A") + "mail.shop.test. A 192.168.1.5\n")["dns.mx-hosts"]
    assert found.found == "mail.shop.test has the address 192.168.1.5, which the world can't reach"
    assert found.fix.endswith("`mail-failover doctor --domain shop.test --resolver 1.1.1.1`")


def test_a_resolver_that_is_slow_says_nothing_of_the_mx_hosts():
    """A sender may have an answer; the run of every day is not to cry for it."""
    found = checks(SOUND, silent=["mail.shop.test."], seconds=0.3)["dns.mx-hosts"]
    assert judged(found) == "skipped"
    assert re.fullmatch("no answer for mail.shop.test A(AAA)? within 0 s", found.found)
    assert "--resolver 1.1.1.1" in found.fix


def test_a_proxied_mx_host_is_told_apart_from_the_edge():
    """The edge's hosts have Cloudflare's addresses, too; what to do names the switch."""
    found = checks(without("mail.shop.test. A") + "mail.shop.test. A 104.16.1.1\n")["dns.mx-hosts"]
    assert "route1" not in found.found
    assert found.fix.endswith('its proxy off ("DNS only").')


def test_the_name_that_cloudflare_puts_in_place_of_a_proxied_mx_host_is_pointed_out():
    """Mail gets through, but the name fits nothing that was made for the real one."""
    host = "_dc-mx.a1b2c3d4e5f6.shop.test."
    zone = without("shop.test. MX 10") + f"shop.test. MX 10 {host}\n{host} A 9.9.9.9\n"
    found = checks(zone)["dns.mx-hosts"]
    assert judged(found) == "warn"
    assert f"names {host.rstrip('.')} in its place" in found.found
    assert '"DNS only"' in found.fix


def test_nobody_is_told_to_write_down_the_name_that_goes_with_the_proxy():
    """Neither into an MTA-STS policy nor into the SPF record: without the proxy both would be wrong."""
    host = "_dc-mx.a1b2c3d4e5f6.shop.test."
    zone = with_spf("v=spf1 include:_spf.mx.cloudflare.net ~all").replace("10 mail.shop.test.", f"10 {host}")
    zone += f'{host} A 9.9.9.9\n_mta-sts.shop.test. TXT "v=STSv1; id=1"\n'
    found = checks(zone, web=policy(POLICY.replace("mail.shop.test", "shop.test")))
    assert (judged(found["dns.mta-sts"]), judged(found["dns.spf"])) == ("fail", "warn")
    assert host.rstrip(".") in found["dns.mta-sts"].found
    assert found["dns.mta-sts"].fix == found["dns.mx-hosts"].fix
    assert found["dns.spf"].fix.startswith("Put a:HOST after v=spf1")


ELSE = """
    shop.test.        MX  15 mx.backup.test.
    backup.test.      SOA ns.backup.test. owner.backup.test. 1 3600 600 86400 300
    mx.backup.test.   A   8.8.8.8
"""


def test_a_backup_of_somebody_else_before_the_edge_is_pointed_out():
    """It takes the mail and keeps it, and the edge is never asked."""
    found = checks(SOUND + ELSE)["dns.backup-mx"]
    assert judged(found) == "warn"
    assert found.found.startswith(
        "15 mx.backup.test: asked before the edge, and outside the zones of shop.test and mail.shop.test."
    )
    assert found.fix.startswith("Remove the MX record of mx.backup.test, unless that server is yours")


@pytest.mark.parametrize(
    "zone",
    [
        SOUND + "shop.test. MX 15 mx2.shop.test.\nmx2.shop.test. A 8.8.8.8\n",
        SOUND + ELSE.replace("15 mx", "10 mx"),
        SOUND + ELSE.replace("15 mx", "30 mx"),
        SOUND + ELSE.replace("8.8.8.8", "9.9.9.9"),
        SOUND + ELSE + "shop.test. MX 10 box.backup.test.\nbox.backup.test. A 1.1.1.1\n",
        SOUND + "shop.test. MX 15 box.eu.shop.test.\nbox.eu.shop.test. A 1.1.1.1\n",
    ],
    ids=["own zone", "as preferred", "behind the edge", "same address", "zone of a primary", "deeper name"],
)
def test_a_second_server_that_may_be_ones_own_is_no_backup_of_somebody_else(zone):
    """By its zone, its preference or its address."""
    assert judged(checks(zone)["dns.backup-mx"]) == "pass"


def test_a_backup_without_a_zone_in_sight_or_without_an_answer():
    """The nearest name that is known counts; what can't be asked is left open."""
    nowhere = checks(SOUND + "shop.test. MX 15 mx.nowhere.test.\nmx.nowhere.test. A 8.8.8.8\n")[
        "dns.backup-mx"
    ]
    assert judged(nowhere) == "warn"
    open_ = checks(SOUND + ELSE, dead=["mx.backup.test"])["dns.backup-mx"]
    assert judged(open_) == "skipped"
    assert judged(checks(without("shop.test. MX 2"))["dns.backup-mx"]) == "skipped"


def test_an_alias_does_not_make_two_zones_one():
    """What it points to has a SOA record; the alias has none of its own."""
    alias = "mx.backup.test.   CNAME shop.test.\nshop.test. A 8.8.8.8"
    zone = SOUND + ELSE.replace("mx.backup.test.   A   8.8.8.8", alias)
    assert judged(checks(zone)["dns.backup-mx"]) == "warn"


@pytest.mark.parametrize(
    ("zone", "status", "what"),
    [
        (SOUND, "pass", "mail.shop.test"),
        (without("mail.shop.test. A "), "warn", "mail.shop.test: IPv6 alone"),
        (
            without("mail.shop.test. A ") + "shop.test. MX 11 m2.shop.test.\nm2.shop.test. A 9.9.9.9\n",
            "pass",
            "m2.shop.test",
        ),
        (without("mail.shop.test. A"), "skipped", "no address"),
        (without("shop.test. MX 10"), "skipped", "needs an MX record of your own server"),
    ],
)
def test_senders_without_ipv6_must_reach_the_primary(zone, status, what):
    """One host with an IPv4 address will do."""
    found = checks(zone)["dns.ipv4"]
    assert judged(found) == status
    assert what in found.found


def test_an_address_is_no_mx_host():
    """RFC 5321 asks for a name."""
    found = checks(without("shop.test. MX 10") + "shop.test. MX 10 9.9.9.9.\n")["dns.mx-hosts"]
    assert "9.9.9.9 is an address where a host's name must stand" in found.found


@pytest.mark.parametrize(
    ("record", "what"),
    [
        ("v=spf1 mx -all", "the edge is not included"),
        ("v=spf1 mx ~all include:_spf.mx.cloudflare.net", "has no effect"),
        ("v=spf1 mx -include:_spf.mx.cloudflare.net -all", "has no effect"),
        ("v=spf1 mx -include:_spf.mx.cloudflare.net include:_spf.mx.cloudflare.net -all", "has no effect"),
        ("v=spf1 mx include:_spf.mx.cloudflare.net/24 -all", "is not valid"),
        ("v=spf1 mx incldue:_spf.mx.cloudflare.net -all", "is not valid"),
    ],
)
def test_the_spf_record_must_include_the_edge(record, what):
    """Where receivers look, before `all`."""
    found = checks(with_spf(record))
    assert judged(found["dns.spf"]) == "fail"
    assert what in found["dns.spf"].found


def test_there_is_exactly_one_spf_record():
    """None and two are both wrong, and both stop the count."""
    two = checks(SOUND + 'shop.test. TXT "v=spf1 mx -all"\n')
    none = checks(without('shop.test. TXT "v=spf1'))
    assert "2 records" in two["dns.spf"].found
    assert none["dns.spf"].found == "none: the edge may not send on for you"
    assert {judged(each["dns.spf"]) for each in (two, none)} == {"fail"}
    assert {judged(each["dns.spf-limits"]) for each in (two, none)} == {"skipped"}


@pytest.mark.parametrize(
    "alike", ["v=spf1mx -all", "v=spf2.0 mx", " v=spf1 mx", "spf1 mx", '\\"v=spf1 mx\\"']
)
def test_a_record_that_only_looks_like_spf_is_pointed_out(alike):
    """Alone it is the cause of the failure; beside the real one it is a warning."""
    text = alike.replace("\\", "")
    alone = checks(with_spf(alike))["dns.spf"]
    assert judged(alone) == "fail"
    assert alone.found == f'none: the edge may not send on for you; "{text}" only looks like SPF'
    assert alone.fix.startswith(
        'Receivers pass over what does not begin with exactly "v=spf1 ": correct such'
    )
    assert alone.fix.endswith(" Run `mail-failover setup plan --domain shop.test`")
    beside = checks(SOUND + f'shop.test. TXT "{alike}"\n')["dns.spf"]
    assert judged(beside) == "warn"
    assert beside.found.endswith(f'; "{text}" only looks like SPF')
    assert judged(checks(SOUND + f'shop.test. TXT "{alike}"\n')["dns.spf-limits"]) == "pass"


def test_two_records_that_only_look_like_spf_are_both_shown():
    """And a failure stays one."""
    found = checks(with_spf("v=spf1 mx -all") + 'shop.test. TXT "spf1 a"\nshop.test. TXT "v=spf2 b"\n')[
        "dns.spf"
    ]
    assert judged(found) == "fail"
    assert '"spf1 a" and "v=spf2 b" only look like SPF' in found.found.replace(
        '"v=spf2 b" and "spf1 a"', '"spf1 a" and "v=spf2 b"'
    )


@pytest.mark.parametrize("record", ["v=spf1 redirect=_spf.shop.test", "v=spf1 include:_spf.shop.test -all"])
def test_the_edge_may_be_included_by_another_record(record):
    """Through a redirect or an include."""
    zone = with_spf(record) + '_spf.shop.test. TXT "v=spf1 ip4:9.9.9.9 include:_spf.mx.cloudflare.net -all"\n'
    found = checks(zone)
    assert judged(found["dns.spf"]) == "pass"
    assert found["dns.spf-limits"].found.startswith("2 of 10")


@pytest.mark.parametrize("qualifier", ["-", "~", "?"])
def test_an_include_that_lets_nobody_pass_does_not_include_the_edge(qualifier):
    """The record behind it names the edge, to no effect."""
    zone = with_spf(f"v=spf1 mx {qualifier}include:_spf.shop.test -all")
    zone += '_spf.shop.test. TXT "v=spf1 include:_spf.mx.cloudflare.net -all"\n'
    found = checks(zone)["dns.spf"]
    assert judged(found) == "fail"
    assert "the edge is not included" in found.found


@pytest.mark.parametrize(
    ("record", "behind"),
    [
        ("v=spf1 include:_spf.mx.cloudflare.net ~all", ""),
        ("v=spf1 include:_spf.mx.cloudflare.net -ip4:9.9.9.9 -all", ""),
        ("v=spf1 redirect=_spf.mx.cloudflare.net", ""),
        ("v=spf1 include:_spf.shop.test -all", "v=spf1 include:_spf.mx.cloudflare.net -all"),
    ],
)
def test_an_spf_record_that_lists_the_edge_alone_is_pointed_out(record, behind):
    """Such as the one that Email Routing writes: the primary's own mail fails SPF."""
    zone = with_spf(record) + (f'_spf.shop.test. TXT "{behind}"\n' if behind else "")
    found = checks(zone)["dns.spf"]
    assert judged(found) == "warn"
    assert "your own server is not listed" in found.found
    assert "Put a:mail.shop.test after v=spf1" in found.fix


def test_records_that_all_include_each_other_are_read_once_each():
    """Every path through them would be 325 lookups; of fourteen such records it would never end."""
    names = [f"{letter}.test" for letter in "abcde"]
    every = " ".join(f"include:{name}" for name in names)
    zone = with_spf("v=spf1 include:_spf.mx.cloudflare.net include:a.test -all")
    zone += "".join(f'{name}. TXT "v=spf1 {every} -all"\n' for name in names)
    assert judged(checks(zone)["dns.spf-limits"]) == "fail"


def test_a_record_that_lets_everyone_pass_is_pointed_out():
    """As is one without an end."""
    for end in ("+all", ""):
        found = checks(with_spf(f"v=spf1 include:_spf.mx.cloudflare.net {end}"))["dns.spf"]
        assert judged(found) == "warn"


def test_more_than_ten_lookups_through_all_includes_are_too_many():
    """Ten are not."""
    for number, status in ((5, "pass"), (6, "fail")):
        many = " ".join(f"a:h{i}.shop.test" for i in range(number))
        hosts = "\n".join(f"h{i}.shop.test. A 9.9.9.{i}" for i in range(number))
        zone = with_spf("v=spf1 mx include:deep.shop.test include:_spf.mx.cloudflare.net -all")
        zone += f'deep.shop.test. TXT "v=spf1 {many} include:deeper.shop.test -all"\n{hosts}\n'
        zone += 'deeper.shop.test. TXT "v=spf1 a:mail.shop.test ip4:9.9.9.0/24 -all"\n'
        found = checks(zone)["dns.spf-limits"]
        assert (judged(found), found.found.split(" lookups")[0]) == (status, f"{number + 5} of 10")


def test_more_than_two_void_lookups_are_too_many():
    """Hosts that are gone."""
    zone = with_spf("v=spf1 include:_spf.mx.cloudflare.net a:x.shop.test a:y.shop.test a:z.shop.test -all")
    found = checks(zone)["dns.spf-limits"]
    assert judged(found) == "fail"
    assert "3 of 2 void ones" in found.found


@pytest.mark.parametrize(
    ("term", "more"),
    [
        ("include:gone.shop.test", ""),
        ("include:shop.test", ""),
        ("include:two.shop.test", 'two.shop.test. TXT "v=spf1 -all"\ntwo.shop.test. TXT "v=spf1 ~all"'),
        ("mx:crowd.shop.test", "\n".join(f"crowd.shop.test. MX {i} h{i}.shop.test." for i in range(11))),
    ],
)
def test_includes_that_break_the_record_fail(term, more):
    """Gone, in a circle, two records, and over ten MX hosts behind one `mx`."""
    zone = with_spf(f"v=spf1 include:_spf.mx.cloudflare.net {term} -all") + more + "\n"
    assert judged(checks(zone)["dns.spf-limits"]) == "fail"


def test_a_term_that_depends_on_the_sender_is_pointed_out():
    """Macros can't be followed."""
    found = checks(with_spf("v=spf1 include:_spf.mx.cloudflare.net exists:%{i}.shop.test -all"))
    assert judged(found["dns.spf-limits"]) == "warn"
    assert "exists:%{i}.shop.test" in found["dns.spf-limits"].found


@pytest.mark.parametrize(
    ("key", "status", "what"),
    [
        ("", "warn", "no TXT record cf2024-1._domainkey.shop.test"),
        ("v=DKIM1; p=", "fail", "an empty key"),
        ("hello", "fail", "no key (p=)"),
        ("v=DKIM2; k=rsa; p=MIIBIjANBg", "fail", "another version than v=DKIM1"),
        ("v=DKIM1; p=@@@notbase64", "fail", "a key that is not base64"),
        ("v=DKIM1; p====", "fail", "a key that is not base64"),
        ("k=rsa; p=MIIB IjAN/+g==", "pass", "cf2024-1._domainkey.shop.test"),
    ],
)
def test_the_edges_dkim_key_must_be_whole(key, status, what):
    """A missing one is only a warning: another selector may be in use."""
    zone = without("cf2024-1.") + (f'cf2024-1._domainkey.shop.test. TXT "{key}"\n' if key else "")
    found = checks(zone)["dns.dkim"]
    assert judged(found) == status
    assert what in found.found


@pytest.mark.parametrize(
    ("records", "status", "what"),
    [
        ([], "warn", "no DMARC record"),
        (["v=DMARC1; p=reject"], "pass", "only with your server's DKIM signature"),
        (["v=DMARC1;p=quarantine; adkim=s"], "pass", "strict"),
        (["v=DMARC1; p=reject; adkim=S"], "pass", "strict"),
        (["v=DMARC1; p=rejct"], "fail", "names no policy"),
        (["v=DMARC1; p=reject; sp=nnoe"], "fail", "names no policy"),
        (["v=DMARC1; rua=anna"], "fail", "names no policy"),
        (["v=DMARC1; rua=mailto:anna@shop.test"], "warn", "receivers act as for p=none"),
        (["v=DMARC1; p=rejct; rua=mailto:anna@shop.test!10m"], "warn", "receivers act as for p=none"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "fail", "2 DMARC records"),
        (["p=reject"], "warn", "no DMARC record"),
    ],
)
def test_dmarc_says_what_it_means_for_forwarded_mail(records, status, what):
    """Or that it does not count."""
    zone = without("_dmarc.") + "".join(f'_dmarc.shop.test. TXT "{record}"\n' for record in records)
    found = checks(zone)["dns.dmarc"]
    assert judged(found) == status
    assert what in found.found


def test_a_subdomain_takes_its_parents_dmarc_policy_for_subdomains():
    """`sp=` wins over `p=` there."""
    zone = SOUND.replace("p=none", "p=none; sp=reject") + "eu.shop.test. MX 10 mail.shop.test.\n"
    assert checks(zone, domain="eu.shop.test")["dns.dmarc"].found.startswith("p=reject at _dmarc.shop.test")


@pytest.mark.parametrize(
    ("domain", "name"), [("a.gov.test", "_dmarc.gov.test"), ("x.eu.shop.test", "_dmarc.eu.shop.test")]
)
def test_dmarc_is_read_at_the_domain_and_at_the_top_of_its_zone_alone(domain, name):
    """Not above, where a registry may stand, and not between, where receivers don't look."""
    zone = SOUND + f'{domain}. MX 10 mail.shop.test.\n{name}. TXT "v=DMARC1; p=reject"\n'
    found = checks(
        zone + "a.gov.test. SOA ns.a.gov.test. owner.a.gov.test. 1 3600 600 86400 300\n", domain=domain
    )
    assert name not in found["dns.dmarc"].found
    assert "p=reject" not in found["dns.dmarc"].found


@pytest.mark.parametrize(
    ("text", "status", "what"),
    [
        (POLICY, "pass", "mode enforce: lists every MX host"),
        (POLICY.replace("mx: *.mx.cloudflare.net\r\n", ""), "fail", "lists your own server alone"),
        (POLICY.replace("mx: mail.shop.test\r\n", ""), "fail", "lists the edge alone"),
        (POLICY.replace("*.mx.cloudflare.net", "*.cloudflare.net"), "fail", "lists your own server alone"),
        (
            POLICY.replace("*.mx", "route1.mx"),
            "fail",
            "does not list route2.mx.cloudflare.net: careful senders won't deliver there",
        ),
        (
            POLICY.replace("mail.shop.test", "old.shop.test").replace("*.mx", "*"),
            "fail",
            "does not list mail.shop.test, route1.mx.cloudflare.net, route2.mx.cloudflare.net",
        ),
        (POLICY.replace("*.mx.cloudflare.net\r\n", "x\r\n").replace("enforce", "testing"), "warn", "testing"),
        ("version: STSv1\nmode: none\nmax_age: 60\n", "pass", "mode none"),
        (POLICY.replace("STSv1", "STSv2"), "fail", "version"),
        (POLICY.replace("enforce", "strict"), "fail", "mode"),
        (POLICY.replace("86400", "soon"), "fail", "max_age"),
        ("version: STSv1\nmode: enforce\nmax_age: 60\n", "fail", "names no mx"),
        ("x" * 70_000, "fail", "over 64 KiB"),
    ],
)
def test_an_mta_sts_policy_must_list_every_mx_host(text, status, what):
    """A star stands for exactly one label."""
    found = checks(SOUND + ANNOUNCED, web=policy(text))["dns.mta-sts"]
    assert judged(found) == status
    assert what in found.found


def test_a_policy_of_the_primary_alone_names_the_line_that_is_missing():
    """Mail-in-a-Box publishes just that: mx for its own host."""
    box = "version: STSv1\nmode: {}\nmx: mail.shop.test\nmax_age: 604800\n"
    found = checks(SOUND + ANNOUNCED, web=policy(box.format("enforce")))["dns.mta-sts"]
    assert judged(found) == "fail"
    assert found.found.startswith(
        "mode enforce: the policy lists your own server alone and shuts the fallback off"
    )
    assert found.fix == (
        "Add to https://mta-sts.shop.test/.well-known/mta-sts.txt: mx: *.mx.cloudflare.net. "
        "Then change the id in the _mta-sts record. "
        "Mail-in-a-Box has it in /var/lib/mailinabox/mta-sts.txt; its upgrades write that anew."
    )
    found = checks(SOUND + ANNOUNCED, web=policy(box.format("testing")))["dns.mta-sts"]
    assert (judged(found), "which nobody has to heed" in found.found) == ("warn", True)


BORROWED = "_mta-sts.shop.test. CNAME _mta-sts.mx.cloudflare.net.\n"
BORROWED += '_mta-sts.mx.cloudflare.net. TXT "v=STSv1; id=20230615T153000;"\n'


def test_cloudflares_own_policy_names_the_line_that_is_missing_and_the_record():
    """As its documents have it: a CNAME to its record, and a Worker that passes its policy on."""
    theirs = "version: STSv1\nmode: enforce\nmx: *.mx.cloudflare.net\nmax_age: 86400\n"
    found = checks(SOUND + BORROWED, web=policy(theirs))["dns.mta-sts"]
    assert judged(found) == "fail"
    assert found.found.startswith(
        "mode enforce: the policy lists the edge alone and shuts your own server off"
    )
    address = "https://mta-sts.shop.test/.well-known/mta-sts.txt"
    lines = "mx: mail.shop.test; mx: *.mx.cloudflare.net"
    assert found.fix.startswith(f"Serve your own policy at {address} in the place of Cloudflare's: {lines}. ")
    assert "in the place of the CNAME _mta-sts" in found.fix
    alone = checks(SOUND + ANNOUNCED, web=policy(theirs))["dns.mta-sts"]
    assert alone.fix == f"Add to {address}: mx: mail.shop.test. Then change the id in the _mta-sts record."


def test_an_id_of_cloudflares_is_no_id_of_a_policy_of_ones_own():
    """It never changes with the policy; a CNAME to anybody else's record is theirs to keep."""
    found = checks(SOUND + BORROWED, web=policy())["dns.mta-sts"]
    assert judged(found) == "warn"
    assert found.found.startswith("_mta-sts.shop.test is a CNAME to Cloudflare's record")
    hosted = BORROWED.replace("_mta-sts.mx.cloudflare.net", "sts.hoster.test")
    found = checks(SOUND + hosted, web=policy(modified="Wed, 25 Nov 2026 07:00:00 GMT"))["dns.mta-sts"]
    assert judged(found) == "pass"


@pytest.mark.parametrize(
    ("identity", "modified", "status"),
    [
        ("20260101T000000Z", "Wed, 25 Nov 2026 07:00:00 GMT", "warn"),
        ("20260101000000", "Wed, 25 Nov 2026 07:00:00 GMT", "warn"),
        ("20261120000000Z", "Wed, 25 Nov 2026 07:00:00 GMT", "warn"),
        ("202601010000", "Wed, 25 Nov 2026 07:00:00 GMT", "warn"),
        ("2026010107", "Wed, 25 Nov 2026 07:00:00 GMT", "warn"),
        ("20260101", "Wed, 25 Nov 2026 07:00:00 GMT", "warn"),
        ("1767225600", "Wed, 25 Nov 2026 07:00:00 GMT", "warn"),
        ("20261124", "Wed, 25 Nov 2026 07:00:00 GMT", "pass"),
        ("20261126", "Wed, 25 Nov 2026 07:00:00 GMT", "pass"),
        ("20260101", "", "pass"),
        ("20260101", "yesterday", "pass"),
        ("20260101", "Wed, 25 Nov 99999999999 07:00:00 GMT", "pass"),
        ("20260101", "Wed, 25 Nov 2026 07:00:00 +99999999999", "pass"),
        ("20261301", "Wed, 25 Nov 2026 07:00:00 GMT", "pass"),
        ("2026", "Wed, 25 Nov 2026 07:00:00 GMT", "pass"),
        ("7AbC20260101", "Wed, 25 Nov 2026 07:00:00 GMT", "pass"),
    ],
)
def test_a_policy_that_is_younger_than_its_id_is_pointed_out(identity, modified, status):
    """Where both tell a day, and not for a day or two between the one and the other."""
    zone = SOUND + f'_mta-sts.shop.test. TXT "v=STSv1; id={identity};"\n'
    found = checks(zone, web=policy(modified=modified))["dns.mta-sts"]
    assert judged(found) == status
    assert found.found.startswith("mode enforce: lists every MX host")
    assert (f"its file is of 2026-11-25, its id {identity} is older" in found.found) == (status == "warn")


@pytest.mark.parametrize(
    ("records", "status", "what"),
    [
        ([], "pass", "not asked for; with a TXT record _smtp._tls.shop.test"),
        (["v=TLSRPTv1; rua=mailto:anna@inbox.test"], "pass", "go to mailto:anna@inbox.test"),
        (["v=TLSRPTv1;rua=https://reports.test/v1"], "pass", "go to https://reports.test/v1"),
        (["v=TLSRPTv10; rua=mailto:anna@inbox.test"], "pass", "not asked for"),
        (["v=TLSRPTv1"], "warn", "has no rua="),
        (
            ["v=TLSRPTv1; rua=mailto:a@b.test", "v=TLSRPTv1; rua=mailto:c@d.test"],
            "warn",
            "has several records",
        ),
    ],
)
def test_tls_reports_are_a_hint_and_never_a_failure(records, status, what):
    """A record that senders ignore is worth a look."""
    zone = SOUND + "".join(f'_smtp._tls.shop.test. TXT "{record}"\n' for record in records)
    found = checks(zone)["dns.tls-rpt"]
    assert (judged(found), what in found.found) == (status, True)


@pytest.mark.parametrize("status", [301, 404, 500])
def test_an_mta_sts_policy_must_be_there(status):
    """A redirect is not followed (RFC 8461, section 3.3)."""
    found = checks(SOUND + ANNOUNCED, web=policy(status=status))["dns.mta-sts"]
    assert judged(found) == "fail"
    assert f"HTTP status {status}" in found.found


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout])
def test_an_mta_sts_policy_that_can_t_be_fetched_fails(error):
    """No connection, no answer."""

    def fail(request):
        raise error("certificate verify failed", request=request)

    assert judged(checks(SOUND + ANNOUNCED, web=httpx.MockTransport(fail))["dns.mta-sts"]) == "fail"


def test_an_mta_sts_policy_that_trickles_in_is_given_up_in_time(monkeypatch):
    """Each byte comes before the next timeout; in the end it would be a good policy."""
    monkeypatch.setattr("mail_failover.mail.well_known.SECONDS", 0.3)

    async def trickle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(POLICY))
        with contextlib.suppress(ConnectionError, asyncio.CancelledError), contextlib.closing(writer):
            for byte in POLICY.encode():
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.05)

    async def fetch():
        async with await asyncio.start_server(trickle, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await fetch_policy(f"http://127.0.0.1:{port}/", None)

    with pytest.raises(PolicyError, match="no answer within"):
        asyncio.run(fetch())


@pytest.mark.parametrize(
    "records", ['_mta-sts.shop.test. TXT "v=STSv1;"\n', ANNOUNCED + ANNOUNCED.replace('1"', '2"')]
)
def test_an_mta_sts_record_must_be_one_with_an_id(records):
    """Else senders ignore the policy, and it is not fetched."""
    assert judged(checks(SOUND + records)["dns.mta-sts"]) == "fail"


def test_a_record_of_another_mta_sts_version_announces_no_policy():
    """Senders pass it over, and nothing is fetched."""
    found = checks(SOUND + '_mta-sts.shop.test. TXT "v=STSv10; id=1"\n')["dns.mta-sts"]
    assert judged(found) == "pass"
    assert found.found.startswith("not published")


def test_a_long_ttl_is_pointed_out():
    """It is how long senders go on with what they know."""
    zone = without("mail.shop.test. A ") + "mail.shop.test. 86400 A 9.9.9.9\n"
    found = checks(zone)["dns.ttl"]
    assert judged(found) == "warn"
    assert found.found.startswith("A of mail.shop.test 86400 s")
    assert checks()["dns.ttl"].found == "at most 300 s"


def test_broken_dnssec_is_told_from_broken_servers():
    """Answers that come only without validation mean broken signatures."""
    broken = checks(broken=[DOMAIN])
    dead = checks(dead=[DOMAIN])
    assert judged(broken["dns.dnssec"]) == "fail"
    assert "signatures are broken" in broken["dns.dnssec"].found
    assert judged(dead["dns.dnssec"]) == "skipped"
    for found in (broken, dead):
        assert judged(found["dns.mx"]) == "fail"
        assert "SERVFAIL" in found["dns.mx"].found


DS = "shop.test. DS 12345 13 2 " + "00" * 32 + "\n"
KEY = "shop.test. DNSKEY 257 3 13 AAAA\n"


@pytest.mark.parametrize(
    ("zone", "signed", "status", "what"),
    [
        (SOUND, [], "pass", "not signed"),
        (SOUND + DS + KEY, [DOMAIN], "pass", "validated"),
        (SOUND + DS + KEY, [], "skipped", "does not validate"),
        (SOUND + DS, [], "fail", "no keys"),
    ],
)
def test_dnssec_is_judged_by_what_the_resolver_can_tell(zone, signed, status, what):
    """A resolver that does not validate can still see a missing key."""
    found = checks(zone, signed=signed)["dns.dnssec"]
    assert judged(found) == status
    assert what in found.found


def test_a_silent_resolver_is_one_failure_with_a_way_out():
    """Not one for each check."""
    found = checks(silent=[DOMAIN], seconds=0.2)
    assert [check.id for check in found.values() if judged(check) == "fail"] == ["dns.mx"]
    assert "no answer for shop.test MX" in found["dns.mx"].found
    typed = "`mail-failover doctor --domain shop.test --resolver 1.1.1.1`"
    assert found["dns.mx"].fix.endswith(f"ask another resolver: {typed}")


def test_one_silent_name_skips_its_check_alone():
    """The others have their answers."""
    found = checks(silent=["_dmarc.shop.test"], seconds=0.2)
    assert [check.id for check in found.values() if judged(check) != "pass"] == ["dns.dmarc"]
    assert judged(found["dns.dmarc"]) == "skipped"


def test_long_answers_come_by_tcp():
    """Where UDP's are cut."""
    assert judged(checks(cut=[DOMAIN])["dns.spf"]) == "pass"


THERE = SOUND.replace("shop.test", "example.com")


def account(**zone):
    """Return an account whose zone example.com has these fields."""
    standin = Standin()
    standin.zones[0] |= zone
    return standin


def test_name_servers_are_those_that_cloudflare_gave_to_the_zone():
    """Others that the owner named himself are as good, and one of two that is not asked is no fault."""
    for given in (
        {"name_servers": ["Anna.ns.cloudflare.com", "bob.ns.cloudflare.com."], "vanity_name_servers": None},
        {"name_servers": ["anna.ns.cloudflare.com", "bob.ns.cloudflare.com", "carl.ns.cloudflare.com"]},
        {
            "name_servers": ["x.ns.cloudflare.com"],
            "vanity_name_servers": ["anna.ns.cloudflare.com", "bob.ns.cloudflare.com"],
        },
    ):
        found = checks(THERE, domain="example.com", account=account(**given))["dns.name-servers"]
        assert (judged(found), found.fix) == ("pass", "")
        assert found.found == "anna.ns.cloudflare.com, bob.ns.cloudflare.com, as Cloudflare gave them"


def test_a_zone_at_cloudflare_that_nobody_asks_for_fails():
    """Its names look like Cloudflare's, and are those of another zone, or of an account that was left."""
    given = account(name_servers=["carl.ns.cloudflare.com"])
    found = checks(THERE, domain="example.com", account=given)["dns.name-servers"]
    assert judged(found) == "fail"
    asked, wanted = "anna.ns.cloudflare.com, bob.ns.cloudflare.com", "carl.ns.cloudflare.com"
    assert found.found == f"{asked}, not {wanted}: nobody sees what Cloudflare has of example.com"
    assert found.fix.startswith(f"At your registrar enter {wanted} for example.com, and no others. ")
    assert found.fix.endswith("`mail-failover doctor --domain example.com --resolver 1.1.1.1`")


def test_a_name_server_of_somebody_else_beside_cloudflares_fails():
    """Who asks there learns nothing of the edge."""
    zone = THERE + "example.com. NS ns1.registrar.test.\n"
    given = account(name_servers=["anna.ns.cloudflare.com", "bob.ns.cloudflare.com"])
    found = checks(zone, domain="example.com", account=given)["dns.name-servers"]
    assert judged(found) == "fail"
    assert found.found.startswith("ns1.registrar.test beside Cloudflare's: not everybody sees")


def test_without_an_account_name_servers_are_judged_by_their_names():
    """Of the zone, where the domain is not one itself; the owner's own names may be Cloudflare's, too."""
    assert (
        judged(
            checks(SOUND + "eu.shop.test. MX 10 mail.shop.test.\n", domain="eu.shop.test")["dns.name-servers"]
        )
        == "pass"
    )
    found = checks(without("shop.test. NS") + "shop.test. NS ns1.registrar.test.\n")["dns.name-servers"]
    assert judged(found) == "warn"
    assert found.found.startswith("ns1.registrar.test: by the name not Cloudflare's")
    assert found.fix.startswith("Set CLOUDFLARE_API_TOKEN")
    found = checks(without("shop.test. NS"))["dns.name-servers"]
    assert (judged(found), found.found) == ("skipped", "the resolver names none for shop.test")


def test_a_zone_without_name_servers_of_cloudflares_is_not_told_to_set_a_token():
    """There is one; a partial zone is given none."""
    zone = THERE.replace("anna.ns.cloudflare.com", "ns1.registrar.test")
    found = checks(zone, domain="example.com", account=account(type="partial", name_servers=None))
    assert judged(found["dns.name-servers"]) == "warn"
    assert "make it a full zone" in found["dns.name-servers"].fix


def test_name_servers_are_looked_at_while_the_mx_records_can_t_be():
    """They may be the reason."""
    found = checks(dead=[DOMAIN])["dns.name-servers"]
    assert (judged(found), "SERVFAIL" in found.found) == ("skipped", True)


def test_the_key_of_the_edge_is_looked_for_where_the_account_says():
    """Email Routing may sign under another selector one day."""
    standin = account()
    standin.selector = "cf2027-1"
    found = checks(THERE, domain="example.com", account=standin)["dns.dkim"]
    assert found.found.startswith("no TXT record cf2027-1._domainkey.example.com")
    zone = THERE.replace("cf2024-1", "cf2027-1")
    found = checks(zone, domain="example.com", account=standin)["dns.dkim"]
    assert (judged(found), found.found) == ("pass", "cf2027-1._domainkey.example.com")


@pytest.mark.parametrize(
    ("records", "host"),
    [
        ("inbox.test. MX 10 mail.shop.test.", "mail.shop.test"),
        ("inbox.test. MX 10 mx.inbox.test.\ninbox.test. MX 20 mail.shop.test.", "mail.shop.test"),
        ("inbox.test. MX 10 mx.inbox.test.\nmx.inbox.test. A 9.9.9.9", "mx.inbox.test"),
        ("inbox.test. MX 10 mx.inbox.test.\nmx.inbox.test. AAAA 2620:fe::fe", "mx.inbox.test"),
        ("inbox.test. MX 10 mail.shop.test.\ninbox.test. MX 20 route1.mx.cloudflare.net.", "mail.shop.test"),
        ("inbox.test. A 9.9.9.9", "inbox.test"),
        ("inbox.test. MX 10 mx.inbox.test.\nmx.inbox.test. A 8.8.8.8", ""),
        ("inbox.test. MX 10 route1.mx.cloudflare.net.\ninbox.test. A 9.9.9.9", ""),
        ("inbox.test. MX 0 .", ""),
        ("", ""),
    ],
)
def test_an_inbox_whose_mail_goes_through_the_primary_is_none(local, records, host):
    """By the name of its MX host, or by its address; a domain without MX is its own host."""
    text = SETTINGS.replace('"Second@Other.test"', '"me@eu.shop.test"')
    found = checks(SOUND + records + "\n", local=local(text))["dns.inboxes"]
    assert judged(found) == ("fail" if host else "pass")
    if host:
        assert found.found == (
            f"anna@inbox.test (by {host}), ben@inbox.test (by {host}): the mail goes through your own server,"
            " which is down when it matters"
        )


def test_an_inbox_at_the_provider_of_a_backup_mx_is_elsewhere(local):
    """It is not down with the primary; another server of one's own is taken for the primary."""
    shared = "inbox.test. MX 1 {0}.\nother.test. MX 1 {0}.\n"
    found = checks(SOUND + ELSE + shared.format("mx.backup.test"), local=local())
    assert (judged(found["dns.backup-mx"]), judged(found["dns.inboxes"])) == ("warn", "pass")
    second = "shop.test. MX 15 mx2.shop.test.\nmx2.shop.test. A 8.8.8.8\n"
    found = checks(SOUND + second + shared.format("mx2.shop.test"), local=local())
    assert (judged(found["dns.backup-mx"]), judged(found["dns.inboxes"])) == ("pass", "fail")


def test_an_inbox_in_unicode_is_looked_for_as_dns_has_it(local):
    """With ß as a letter (IDNA 2008); one of the domain itself is left to the settings' check."""
    zone = SOUND.replace("shop.test", "xn--bcher-kva.test") + "xn--strae-oqa.test. A 9.9.9.9\n"
    text = SETTINGS.replace("anna@inbox.test", "me@eu.bücher.test").replace("Second@Other", "you@straße")
    found = checks(zone, domain="xn--bcher-kva.test", local=local(text))["dns.inboxes"]
    assert found.found.startswith("you@straße.test (by xn--strae-oqa.test): the mail goes through")


def test_an_inbox_whose_mx_records_can_t_be_read_is_an_open_question(local):
    """And one whose host has no address now is not this check's to judge."""
    found = checks(local=local(), dead=["other.test"])["dns.inboxes"]
    assert judged(found) == "skipped"
    zone = SOUND + "inbox.test. MX 1 mx.inbox.test.\n"
    assert judged(checks(zone, local=local(), dead=["mx.inbox.test"])["dns.inboxes"]) == "pass"
    assert "dns.inboxes" not in checks()
