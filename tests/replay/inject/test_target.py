"""The option --to: what it may be, and what is said of everything else."""

import pytest

from mail_failover.errors import UsageError
from mail_failover.replay.inject.command import CommandTarget
from mail_failover.replay.inject.smtp import SmtpTarget
from mail_failover.replay.inject.target import target_from


@pytest.mark.parametrize(
    ("text", "verb", "address"),
    [
        ("smtp://127.0.0.1:25", "EHLO", ("127.0.0.1", 25)),
        ("smtp://postfix", "EHLO", ("postfix", 25)),
        ("smtp://[::1]:2525/", "EHLO", ("::1", 2525)),
        ("lmtp://dovecot", "LHLO", ("dovecot", 24)),
        ("lmtp:/run/dovecot/lmtp", "LHLO", "/run/dovecot/lmtp"),
    ],
)
def test_a_server_is_a_host_and_a_port_or_a_socket(text, verb, address):
    """And it is printed as it was typed."""
    target = target_from(text)
    assert isinstance(target, SmtpTarget)
    assert (target.verb, target.address, str(target)) == (verb, address, text)


def test_a_command_is_taken_asunder_as_a_shell_does():
    """Quotes and blanks, no more."""
    target = target_from("command:docker exec -i 'my server' sendmail -f {sender} -- {recipient} $HOME")
    assert isinstance(target, CommandTarget)
    assert target.arguments[:4] == ["docker", "exec", "-i", "my server"]
    assert target.arguments[-3:] == ["--", "{recipient}", "$HOME"]
    assert str(target).startswith("command:docker exec")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("127.0.0.1:25", "no way to hand mail in that is known. Write smtp://127.0.0.1:25, lmtp://HOST:PORT"),
        ("smtps://mail:465", "no way to hand mail in that is known. Write smtp://"),
        ("smtp:mail", "not an address. Write smtp://"),
        ("lmtp:run/lmtp", "not an address. Write smtp://"),
        ("smtp://", "not a host and its port. Write smtp://"),
        ("smtp://mail:smtp", "not a host and its port. Write smtp://"),
        ("smtp://mail:0", "not a host and its port. Write smtp://"),
        ("smtp://mail:587", "port 587 is for your users' own mail and refuses other senders. Name the port"),
        ("smtp://route1.mx.cloudflare.net:25", "that is the edge, where the mail comes from."),
        ("command:", "not a program with {recipient} and {sender} among its arguments. Write smtp://"),
        ("command:sendmail -t", "not a program with {recipient} and {sender} among its arguments."),
        ("command:sendmail {recipient} {size}", "not a program with {recipient} and {sender} among"),
        ("command:sendmail 'x {recipient}", "a quote is not closed. Write smtp://"),
        ("command:ssh mail sendmail {recipient}", "ssh gives its arguments to a shell, to which an address"),
        ("command:docker exec mail ash -c 'sendmail {recipient}'", "ash gives its arguments to a shell"),
        ("command:docker exec mail /bin/sh -c 'sendmail {recipient}'", "/bin/sh gives its arguments to a"),
    ],
)
def test_what_can_not_be_used_is_named_with_what_to_write(text, said):
    """In one line that begins with the option as it was typed."""
    with pytest.raises(UsageError) as caught:
        target_from(text)
    assert str(caught.value).startswith(f"--to {text}: {said}")


@pytest.mark.parametrize("text", ["lmtp://dovecot:24", "command:sendmail {recipient}"])
def test_xclient_is_for_smtp(text):
    """Anything else would be silently without it."""
    with pytest.raises(UsageError, match=r"only SMTP has it\. Leave --xclient out\."):
        target_from(text, xclient=True)
