"""What is known about a message, and how one of its people is written."""

from dataclasses import fields

import pytest

from failover.message import Address, Authentication, Mail


@pytest.mark.parametrize(
    ("name", "addr", "seen"),
    [
        ("Xaver", "x@example.org", "Xaver <x@example.org>"),
        ("", "x@example.org", "x@example.org"),
        ("Xaver", "", "Xaver"),
        ("", "", ""),
        ("ceo@bank.example", "x@example.org", '"ceo@bank.example" <x@example.org>'),
        ("Bank <ceo", "x@example.org", '"Bank <ceo" <x@example.org>'),
        ("ceo>", "", '"ceo>"'),
        ("O'Hara", "x@example.org", '"O\'Hara" <x@example.org>'),
        ('"Bank" <ceo@bank.example>', "x@example.org", "\"'Bank' <ceo@bank.example>\" <x@example.org>"),
        ('The "Bank"', "x@example.org", "\"The 'Bank'\" <x@example.org>"),
    ],
)
def test_a_name_that_poses_as_an_address_is_quoted_and_can_not_leave_its_quotes(name, addr, seen):
    """Any other stands as it is; what is missing leaves nothing behind."""
    assert str(Address(name, addr)) == seen


def test_of_a_message_that_says_nothing_nothing_is_claimed():
    """No sender, no text, no verdict, no defect, and no attachment that would not be listed."""
    said = {field.name: getattr(Mail(), field.name) for field in fields(Mail)}
    assert said.pop("whole")
    assert not any(said.values())
    assert not any(getattr(Authentication(), field.name) for field in fields(Authentication))
