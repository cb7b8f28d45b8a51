"""What names a host, a resolver or an address is brought into its wire form, or refused."""

import pytest

from mail_failover.errors import UsageError
from mail_failover.mail.conversation import envelope_address
from mail_failover.mail.resolver import ascii_domain, resolver_address, server_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        ("localhost:99", ("127.0.0.1", 99)),
    ],
)
def test_a_resolver_is_a_host_with_or_without_a_port(text, address):
    """IPv6 too."""
    found = resolver_address(text)
    assert found == address or (text.startswith("localhost") and found[0] == "::1")


def test_names_and_addresses_are_brought_into_their_wire_form():
    """Or refused."""
    assert ascii_domain("Bücher.example.") == "xn--bcher-kva.example"
    assert server_address("mx.test", "--via", 25) == ("mx.test", 25)
    with pytest.raises(UsageError, match=r"^--via :25: not a host. Write HOST or HOST:PORT"):
        server_address(":25", "--via", 25)
    with pytest.raises(UsageError, match="--from"):
        envelope_address("anna@a.test> BODY=8BITMIME", "--from")


def test_an_addresss_domain_is_brought_into_its_wire_form_its_local_part_is_not():
    """SMTP takes the one as DNS has it, and the other in Unicode only from servers that say so (RFC 6531)."""
    for address in ("anna@Bücher.example", "anna@xn--bcher-kva.example"):
        assert envelope_address(address, "--to") == "anna@xn--bcher-kva.example"
    for address in ("änna@shop.test", "änna@bücher.example", "anna@bü..example", "anna@ü", "bücher.example"):
        with pytest.raises(UsageError, match=f"^--to {address}: not an address in plain ASCII"):
            envelope_address(address, "--to")
