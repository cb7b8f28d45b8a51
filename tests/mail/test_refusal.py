"""What a refusal means, and what to type next."""

import pytest

from mail_failover.mail.conversation import Reply
from mail_failover.mail.refusal import blames_machine, explain

PLAN = "bin/mail-failover setup plan --domain shop.test"


@pytest.mark.parametrize(
    ("code", "words", "blames", "meaning"),
    [
        (554, "5.7.1 listed at zen.spamhaus.org", True, "refuses this machine's address"),
        (550, "reverse DNS required", True, "this machine's name or reverse DNS"),
        (550, "5.7.26 SPF failed", False, "the SPF record of vps.test lists"),
        (550, "5.1.1 no such user", False, f"sends to the Worker. `{PLAN}` shows what is missing."),
        (451, "try later", False, "see the Worker's log: `mail-failover wrangler tail`"),
        (550, "go away", False, f"`{PLAN}` shows what is missing."),
    ],
)
def test_a_refusal_is_explained_with_what_can_be_pasted(code, words, blames, meaning):
    """And it is known whether the machine is meant, or the domain."""
    reply = Reply(code, (words,))
    assert meaning in explain(reply, "me@vps.test", PLAN)
    assert blames_machine(reply) is blames
