"""What setup learns beside Cloudflare: from a resolver that really answers, or does not."""

import dns.resolver
import pytest

from mail_failover.mail.system_resolver import SystemResolve
from standins.domains import Operator, redirect
from standins.nameserver import NameServer

ZONE = """
    _spf.mx.cloudflare.net. TXT "v=spf1 ip4:104.30.0.0/20 ~all"
    _spf.example.net.       TXT "v=spf1 a:mail.example.net incl" "ude:gone.example.net -all"
    _spf.example.net.       TXT "another text"
    _spf.example.net.       MX  10 mail.example.net.
    mail.example.net.       A   192.0.2.1
    broken.example.net.     A   192.0.2.2
    latin.example.net.      TXT "v=spf1 a:caf\\233.example.net -all"
"""


@pytest.fixture
def ask(monkeypatch):
    """Let the system's resolver be a name server on this machine; return what setup asks with, and it."""
    server = NameServer(ZONE, broken={"broken.example.net"}, silent={"silent.example.net"})
    monkeypatch.setattr("mail_failover.mail.system_resolver._SECONDS", 0.2)
    with server.serving() as (host, port):
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [host], port
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        yield SystemResolve(), server


@pytest.mark.parametrize(
    ("name", "kind", "answers"),
    [
        (
            "_spf.example.net",
            "TXT",
            ["another text", "v=spf1 a:mail.example.net include:gone.example.net -all"],
        ),
        ("_spf.example.net", "MX", ["10 mail.example.net."]),
        ("mail.example.net", "A", ["192.0.2.1"]),
        ("mail.example.net", "AAAA", []),
        ("nowhere.example.net", "A", []),
    ],
)
def test_answers_come_as_text(ask, name, kind, answers):
    """The strings of a TXT record are joined; no such record, and no such name, are no records."""
    resolve, _ = ask
    assert sorted(resolve(name, kind)) == answers


def test_a_name_without_an_answer_does_not_keep_others_from_being_asked(ask):
    """SERVFAIL is about that name."""
    resolve, _ = ask
    with pytest.raises(OSError, match="broken"):
        resolve("broken.example.net", "A")
    assert resolve("mail.example.net", "A") == ["192.0.2.1"]


def test_a_resolver_that_does_not_answer_is_not_asked_again(ask):
    """Each question would take its seconds."""
    resolve, server = ask
    with pytest.raises(OSError, match="timed out"):
        resolve("silent.example.net", "A")
    asked = len(server.asked)
    with pytest.raises(OSError, match="no answer from the resolver before"):
        resolve("mail.example.net", "A")
    assert len(server.asked) == asked


def test_what_the_resolver_answers_is_in_the_plan(ask, tmp_path, capsys):
    """Through an include and a redirect: here a name that does not exist breaks the new record."""
    resolve, _ = ask
    operator = Operator(tmp_path, capsys)
    operator.resolve = resolve
    code, said = operator.plan(redirect())
    assert code == 3
    assert (
        "include:gone.example.net leads to gone.example.net, which has no SPF record."
        in said["steps"][0]["unsafe"]
    )
    assert not any("lookups" in note for note in said["notes"])


@pytest.mark.parametrize("name", ["x" * 64 + ".test", "a..test"])
def test_a_name_that_can_not_be_asked_is_a_question_without_an_answer(ask, name):
    """A record may hold anything."""
    resolve, _ = ask
    with pytest.raises(OSError):  # noqa: PT011 - the words are dnspython's
        resolve(name, "TXT")


def test_a_text_that_is_not_utf_8_is_an_answer_all_the_same(ask):
    """What can't be read in it is shown as such."""
    resolve, _ = ask
    assert resolve("latin.example.net", "TXT") == ["v=spf1 a:caf\ufffd.example.net -all"]


def test_a_resolver_that_can_not_be_asked_does_not_keep_a_plan_from_being_made(tmp_path, capsys):
    """What it would have told is left open, and said so."""
    operator = Operator(tmp_path, capsys)

    def dead(_name, _kind):
        raise OSError("no network")

    operator.resolve = dead
    code, said = operator.plan(redirect())
    assert code == 0
    assert any("lookups; not known what is behind include:_spf.mx" in note for note in said["notes"])
