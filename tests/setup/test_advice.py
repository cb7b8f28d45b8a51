"""What a person is told of a domain beside the steps: in the way, to do by hand, to be known; in full."""

import re

import pytest

from mail_failover.setup.plan.objections import against_edge
from standins.cloudflare import DOMAIN, HOSTS
from standins.domains import OWN, Operator, forwarding, fresh, hosted, locked, redirect, split_mx, two_spf

DKIM = f"cf2024-1._domainkey.{DOMAIN}"


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator into an empty folder."""
    return Operator(tmp_path, capsys)


def write(standin, start, **fields):
    """Let somebody change the first record whose content starts so."""
    found = next(r for r in standin.records.values() if r["content"].strip('"').startswith(start))
    found.update(fields)


def owned(standin, *kinds):
    """Let a service own the domain's records of these types."""
    shown = standin._shown

    def read_only(record):
        mine = (record["type"], record["name"]) in [(kind, DOMAIN) for kind in kinds]
        return {**shown(record), **({"meta": {"read_only": True}} if mine else {})}

    standin._shown = read_only


def another_dkim(standin):
    """Let a CNAME stand where Email Routing wants its DKIM record."""
    standin.add("CNAME", DKIM, "dkim.example.net")


IN_THE_WAY = {
    "the example's inbox": (
        {"inboxes": ("You@example.net",)},
        lambda _standin: None,
        "FALLBACK_INBOXES still says You@example.net. Write your own inbox there, then `{deploy}`.",
    ),
    "an inbox on the domain": (
        {"inboxes": ("a@example.com",)},
        lambda _standin: None,
        "The inbox a@example.com is in example.com itself: its mail would go in a circle. Name another.",
    ),
    "no Worker": (
        {},
        lambda standin: standin.scripts.clear(),
        (
            "The account has no Worker mail-failover (it has: none). Deploy it: `{deploy}`;"
            " or name another with --worker."
        ),
    ),
    "another DKIM record": (
        {},
        another_dkim,
        (
            f"Email Routing's DKIM record belongs where this one stands: {DKIM} auto CNAME dkim.example.net."
            " Remove it."
        ),
    ),
    "an SPF record that is none": (
        {},
        lambda standin: write(standin, "v=spf1", content="v=spf1 mx mxx:a -all"),
        "The SPF record can't be merged: ",
    ),
    "an SPF record of a service": (
        {},
        lambda standin: owned(standin, "TXT"),
        (
            "A service owns the SPF record, so it can't be changed here."
            " Add include:_spf.mx.cloudflare.net to it there."
        ),
    ),
    "a primary at the worst number": (
        {},
        lambda standin: write(standin, "mail.", priority=65535),
        (
            "Nothing can stand behind example.com 300 MX 65535 mail.example.com, since 65535 is the worst"
            " number there is. Give it a lower one, such as 10."
        ),
    ),
    "no primary": (
        {},
        lambda standin: standin.records.pop(next(iter(standin.records))),
        (
            "example.com has no MX record of a server of its own, so there is nothing to fall back from."
            " Create one for your server, such as: example.com MX 10 mail.example.com"
        ),
    ),
    "a null MX": (
        {},
        lambda standin: write(standin, "mail.", content=".", priority=0),
        (
            "example.com has a null MX, which says that it takes no mail."
            " Replace it by the MX record of your server."
        ),
    ),
    "a null MX beside another": (
        {},
        lambda standin: standin.add("MX", DOMAIN, ".", priority=0),
        (
            "example.com has a null MX, which says that it takes no mail."
            " Replace it by the MX record of your server."
        ),
    ),
}


@pytest.mark.parametrize("name", IN_THE_WAY)
def test_what_is_in_the_way_is_told_with_what_to_do(operator, name):
    """One of them at a time, and nothing can be changed before."""
    options, change, sentence = IN_THE_WAY[name]
    standin = fresh()
    change(standin)
    code, (out, _) = operator.plan(standin, json=False, **options)
    assert code == 1
    [told] = re.findall(r"^In the way: (.*)$", out, re.MULTILINE)
    sentence = sentence.replace("{deploy}", operator.deploy())
    assert told == sentence or (sentence.endswith(": ") and told.startswith(sentence))
    assert not sentence.endswith(": ") or told.endswith(' "v=spf1 mx mxx:a -all". Correct it first.')
    assert out.endswith("Nothing can be changed before that is mended.\n")


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        (fresh, []),
        (forwarding, []),
        (hosted, ["The MX host aspmx.l.google.com belongs to Google, not to a server of yours."]),
        (two_spf, ["The domain has 2 SPF records, which receivers take as a permanent error"]),
    ],
)
def test_what_would_be_refused_for_the_domain_alone_is_in_the_way_before_there_is_a_worker(
    operator, zone, told
):
    """Not its catch-all, which a Worker takes; and the domain is not called set up."""
    standin = zone(scripts=[])
    code, said = operator.plan(standin, alone=True)
    assert code == (1 if told else 0)
    assert all(map(str.startswith, said["problems"], told))
    assert len(said["problems"]) == len(told)
    assert {step["key"] for step in said["steps"]}.isdisjoint({"catch-all", "verify"})
    _, (out, _) = operator.plan(standin, alone=True, json=False)
    assert out.endswith(
        "Nothing can be changed before that is mended.\n"
        if told
        else "Nothing of example.com itself is in the way.\n"
    )
    complete = operator.status(standin, alone=True)[1]["complete"]
    assert complete == (zone is forwarding), "its records are all there"


def test_what_is_left_to_a_person_is_told_as_to_do_by_hand(operator):
    """The policy can't be read, the SPF record lists nobody else."""
    standin = redirect()
    write(standin, "v=spf1", content='"v=spf1 include:_spf.mx.cloudflare.net ~all"')
    standin.add("TXT", f"_mta-sts.{DOMAIN}", '"v=STSv1; id=1"')
    operator.policy = "nothing of the kind"
    _, (out, _) = operator.plan(standin, json=False)
    assert re.findall(r"^To do by hand: (.*)$", out, re.MULTILINE) == [
        (
            "SPF: the record lists Email Routing only, so the mail that your own server sends is doubtful to"
            " others. Add your server in front of the include, such as `a:mail.example.com`."
        ),
        (
            "MTA-STS: example.com announces a policy, but https://mta-sts.example.com/.well-known/mta-sts.txt"
            " can't be read: does not say version: STSv1. Make sure that it lists `mx: *.mx.cloudflare.net`."
        ),
    ]


@pytest.mark.parametrize(
    ("mode", "words"),
    [("enforce", "skip the edge"), ("testing", "report it as wrong, and skip it once the mode is enforce")],
)
def test_what_a_policy_without_the_edge_does_depends_on_its_mode(operator, mode, words):
    """A policy that is only tested loses no mail yet."""
    standin = redirect()
    standin.add("TXT", f"_mta-sts.{DOMAIN}", '"v=STSv1; id=1"')
    operator.policy = operator.policy.replace("enforce", mode)
    [todo] = operator.plan(standin)[1]["todo"]
    assert f"does not list the edge, so senders that honour it {words}. Add the line" in todo


def test_what_is_only_good_to_know_is_a_note(operator):
    """Where there is much of it; a rule that is off catches nothing."""
    standin = locked(hides_lock=True)
    long = " ".join(f"ip6:2001:db8:{n:x}::/48" for n in range(22))
    write(standin, "v=spf1", content=f'"v=spf1 {long} include:_spf.mx.cloudflare.net ~all"')
    owned(standin, "MX")
    for number, name in enumerate(HOSTS):
        write(standin, name, priority=20 + number)
    for name, enabled in (("sales", True), ("old", False)):
        matcher = {"type": "literal", "field": "to", "value": f"{name}@{DOMAIN}"}
        action = {"type": "forward", "value": ["s@example.net"]}
        standin.rules.append(
            {"id": name, "matchers": [matcher], "actions": [action], "enabled": enabled, "name": ""}
        )
    _, (out, _) = operator.plan(standin, json=False, inboxes=(f"anna@mail.{DOMAIN}",))
    doctor = operator.again("apply", "--inbox", f"anna@mail.{DOMAIN}")
    doctor = doctor.replace("setup apply", "doctor").partition(" --inbox")[0]
    bytes_ = len(f"v=spf1 {long} include:_spf.mx.cloudflare.net ~all")
    assert re.findall(r"^Note: (.*)$", out, re.MULTILINE) == [
        f"Mail to sales@{DOMAIN} goes past the Worker, by a rule of its own: forward s@example.net.",
        f"The inbox anna@mail.{DOMAIN} must not be on the server that the edge stands in for.",
        f"SPF: the record has {bytes_} bytes; keep it under 450 for UDP.",
        "A service owns an MX record of the primary, so it is left as it is.",
        (
            "Email Routing calls the zone misconfigured, which may come from your own MX."
            f" `{doctor} --live` finds out whether the edge takes mail."
        ),
    ]


def test_a_record_of_a_service_that_needs_no_change_is_not_in_the_way(operator):
    """The SPF record has the include already."""
    standin = fresh()
    write(standin, "v=spf1", content='"v=spf1 mx include:_spf.mx.cloudflare.net -all"')
    owned(standin, "TXT")
    code, said = operator.plan(standin)
    assert (code, said["problems"]) == (0, [])


def test_an_spf_record_that_email_routing_locks_is_not_taken_for_a_services(operator):
    """Unlocking is a step of the plan."""
    standin = locked()
    write(standin, "v=spf1", content='"v=spf1 mx -all"')
    owned(standin, "TXT")
    code, said = operator.plan(standin)
    assert (code, said["problems"]) == (0, [])
    assert said["steps"][0]["key"] == "unlock"


@pytest.mark.parametrize(
    ("mx", "company"),
    [
        ("aspmx.l.google.com", "Google"),
        ("ASPMX2.GoogleMail.com.", "Google"),
        ("example-com.mail.protection.outlook.com", "Microsoft"),
        ("example-com.mail.protection.office365.us", "Microsoft"),
        ("mail.protonmail.ch", "Proton"),
        ("in1-smtp.messagingengine.com", "Fastmail"),
        ("mx.zoho.com", "Zoho"),
        ("mx2.zoho.eu", "Zoho"),
        ("mx01.mail.icloud.com", "Apple"),
        ("mx.yandex.net", "Yandex"),
        ("mxa.eu.mailgun.org", "Mailgun"),
        ("smtp.secureserver.net", "GoDaddy"),
        ("mx1.mail.ovh.net", "OVH"),
        ("mxext1.mailbox.org", "mailbox.org"),
        ("aspmx1.migadu.com", "Migadu"),
    ],
)
def test_mail_at_a_provider_is_known_by_its_mx(mx, company):
    """The host that each of them tells its customers to name; behind a server of one's own as well."""
    told = against_edge([OWN, {**OWN, "content": mx, "priority": 20}])
    assert told.startswith(f"The MX host {mx.lower().rstrip('.')} belongs to {company}, not to a server of")


@pytest.mark.parametrize("mx", ["mail.example.com", "mail.notgoogle.com", "google.com.example.net"])
def test_a_server_of_ones_own_is_not_taken_for_a_providers(mx):
    """Whatever it is called."""
    assert against_edge([{**OWN, "content": mx}]) == ""


def test_an_spf_record_that_would_break_is_refused_even_at_a_terminal(operator):
    """A yes is not enough for a record that receivers answer with a permanent error."""
    standin = redirect()
    hosts = " ".join(f"a:h{n}.example.com" for n in range(10))
    write(standin, "v=spf1", content=f"v=spf1 {hosts} -all")
    operator.answers = [True, True]
    code, (out, _) = operator.apply(standin, json=False, yes=False)
    assert (code, operator.asked, split_mx(standin)[1]) == (3, [], [])
    assert (
        "   UNSAFE: Receivers would answer the new record with a permanent error: it takes 11 lookups (10 are"
        " allowed)" in out
    )


def test_what_setup_creates_says_that_it_did(operator):
    """In the comment that Cloudflare shows beside each record."""
    standin = fresh(spf_on_enable="keep")
    del standin.records[next(i for i, r in standin.records.items() if "v=spf1" in r["content"])]
    assert operator.apply(standin)[0] == 0
    made = [r for r in standin.records.values() if r["content"] in HOSTS or "v=spf1" in r["content"]]
    assert [record["comment"] for record in made] == ["mail-failover"] * 4
