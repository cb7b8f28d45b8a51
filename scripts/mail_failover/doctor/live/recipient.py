"""What the primary says to a stranger with mail for somebody it has: takes it, puts it off, refuses it."""

import re

from mail_failover.doctor.report import Check, Topic
from mail_failover.mail.refusal import blames_machine, explain

from .judge import Seen
from .talk import Probe

_GREYLISTED = re.compile(r"gr[ae]y[ -]?list|postgrey", re.IGNORECASE)
# What postscreen says to a client whose tests were not done yet, to each of its recipients (postscreen(8)).
_SCREENED = re.compile(r"\b4\.3\.2 service currently unavailable", re.IGNORECASE)
_UNKNOWN = re.compile(
    r"\b5\.1\.[0126]\b|user unknown|unknown (?:user|recipient|address|local part)|no such|n[o']t exist"
    r"|not found|no mailbox|unrouteable",
    re.IGNORECASE,
)
_SENDER = re.compile(
    r"\bspf\b|\bdkim\b|dmarc|authenticat|\bsender\b|\b5\.1\.[78]\b|\b5\.7\.2[0-9]\b", re.IGNORECASE
)
_TO_EDGE = (
    "a sender that your server does not know yet is put off, and takes its mail to the edge at once, though "
    "your server is up"
)
_DEFER = (
    'Or have the Worker put such mail off as well: WHEN_PRIMARY_ANSWERS = "defer", see docs/outages.md. '
    "(Run again soon, this passes: your server knows this machine then.)"
)
# postgrey's own whitelist_recipients begins with postmaster@.
_SPARED = "; greylisting often spares postmaster, --rcpt asks for another address"
_NO_GREYLIST = (
    "Turn greylisting off (postgrey: take its check_policy_service out of Postfix's "
    "smtpd_recipient_restrictions); /etc/postgrey/whitelist_clients.local exempts single senders only. "
)
_NO_TESTS = (
    "Turn postscreen's tests after the greeting off: `postconf -e postscreen_pipelining_enable=no "
    "postscreen_non_smtp_command_enable=no postscreen_bare_newline_enable=no && postfix reload`. "
)


def judge_recipient(seen: Seen, probe: Probe) -> Check:
    """Judge what one of the primary's hosts said to its mailbox."""
    topic = Topic("live.recipient", f"Recipient at {seen.host}")
    asked = seen.asked
    if asked is None:
        return topic.skipped("there was no conversation to ask in")
    if asked.error:
        return topic.warned(
            f"{asked.said} (for {probe.mailbox})",
            "A sender waits for minutes, then turns to the edge: your mail server's log says what is slow.",
        )
    at_recipient, said = asked.step == "RCPT TO", f"{asked.said} (for {probe.mailbox})"
    if at_recipient and asked.reply.code in {250, 251}:
        return topic.passed(said + ("" if probe.mailbox == probe.recipient else _SPARED))
    if asked.reply.code < 400:
        return topic.warned(f"{said}; that is no answer about it", "See your mail server's log.")
    return _put_off(topic, asked, said) if asked.reply.code < 500 else _refused(topic, asked, said, probe)


def _put_off(topic: Topic, asked: Seen, said: str) -> Check:
    words = asked.reply.words
    if _GREYLISTED.search(words):
        return topic.warned(f"{said}: {_TO_EDGE}", _NO_GREYLIST + _DEFER)
    if _SCREENED.search(words):
        return topic.warned(f"{said}: {_TO_EDGE}", _NO_TESTS + _DEFER)
    if blames_machine(asked.reply):
        return topic.warned(said, explain(asked.reply, "", ""))
    return topic.warned(
        f"{said}: senders so told take their mail to the edge at once, though your server is up",
        "Your mail server's log names the cause: greylisting, a full disk, a service that it asks.",
    )


def _refused(topic: Topic, asked: Seen, said: str, probe: Probe) -> Check:
    words = asked.reply.words
    if blames_machine(asked.reply):
        return topic.warned(said, explain(asked.reply, "", ""))
    # 530 asks everybody for TLS or a password first.
    if asked.reply.code != 530 and (asked.step != "RCPT TO" or _SENDER.search(words)):
        who = f"<{probe.sender}>"
        return topic.warned(
            said, f"That is about the sender {who}. Name another that this machine may send for, with --from."
        )
    bounced = f"{said}: senders so told give the mail back, and the edge is never asked"
    if not _UNKNOWN.search(words):
        return topic.failed(
            bounced, "Have your mail server take mail for the domain: see its log for the cause."
        )
    if probe.mailbox == probe.recipient:
        return topic.failed(bounced, "Check the spelling of --rcpt, or create the address on your server.")
    return topic.warned(
        bounced,
        "Every domain has to take mail for postmaster (RFC 5321, section 4.5.1). To ask for another address "
        f"that exists: `{probe.again.doctor('--live', '--rcpt', 'ADDRESS')}`",
    )
