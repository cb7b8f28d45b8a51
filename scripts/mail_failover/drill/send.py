"""The drill's message, and handing it to the edge."""

import random
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from mail_failover.mail.conversation import SECONDS, Conversation, Reply, SmtpError, conversation
from mail_failover.mail.exchangers import exchangers_of
from mail_failover.mail.refusal import explain
from mail_failover.mail.resolver import Dns, DnsError
from mail_failover.mail.submission import quoted

from .report import Drill, Step, Verdict

# The edge answers after its Worker has forwarded the message.
ANSWER_SECONDS = 120.0
MOST_HOSTS = 3
_LAST = "the message"
BLOCKED = (
    "Most homes and many clouds block outgoing port 25. Run the drill on your mail server, or on a VPS that "
    "may send mail."
)
_TEXT = """This is a drill of mail-failover. Nobody needs to do anything.

It went straight to the mail servers of Cloudflare Email Routing, past the primary, to prove
that mail for {recipient} is caught, forwarded to a fallback inbox and told to a chat.

Mark of this drill: {token}
"""

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Host:
    """Where to hand the message in: a name for people, and an address."""

    name: str
    address: tuple[str, int]


def new_token() -> str:
    """Return a mark of letters only: digits would be masked in an alert as a one-time code."""
    return "".join(random.SystemRandom().choices("bcdfghjkmnpqrstvwxz", k=10))


def write_drill(sender: str, recipient: str, token: str) -> tuple[Drill, bytes]:
    """Write the marked message."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"mail-failover drill <{sender}>"
    message["To"] = recipient
    message["Subject"] = f"mail-failover drill {token}"
    message["Date"] = formatdate()
    message["Message-ID"] = f"<drill.{token}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_TEXT.format(recipient=recipient, token=token))
    return Drill(sender, recipient, message["Subject"], message["Message-ID"]), message.as_bytes()


async def edge_hosts(dns: Dns, domain: str) -> list[Host]:
    """Return the edge's MX hosts of a domain with their addresses, the preferred one first.

    Raises:
        DnsError: they can't be found.

    """
    found = (await exchangers_of(dns, domain)).edge[:MOST_HOSTS]
    if not found:
        raise DnsError(f"{domain} has no MX host of the edge (*.mx.cloudflare.net)")
    hosts = []
    for exchanger in found:
        addresses = await dns.addresses(exchanger.host)
        hosts += [Host(exchanger.host, (address, 25)) for address in addresses[:1]]
    if not hosts:
        raise DnsError(f"the edge's MX hosts of {domain} have no address")
    return hosts


async def hand_in(drill: Drill, content: bytes, hosts: Sequence[Host], clock: Clock, plan: str) -> bool:
    """Offer the message to the first host that answers; True if it was accepted, else the verdict is set.

    `plan` is the command that shows the domain's plan.
    """
    for host in hosts:
        start = clock()
        try:
            async with conversation(host.address, SECONDS) as talk:
                return await _HandIn(drill, host, talk, clock, plan).run(content)
        except SmtpError as error:
            unheard = error.step in {"connect", "banner"}
            fix = BLOCKED if unheard and error.kind != "refused" else ""
            name = f"{host.name}: {error.step}"
            drill.steps.append(Step(name, ok=False, words=error.words, seconds=clock() - start, fix=fix))
            if not unheard:
                drill.end(Verdict.UNCERTAIN if error.step == _LAST else Verdict.DEFERRED)
                return False
    drill.end(Verdict.UNREACHABLE)
    return False


class _HandIn:
    """One conversation with an edge host, noted step by step."""

    def __init__(self, drill: Drill, host: Host, talk: Conversation, clock: Clock, plan: str) -> None:
        self._drill = drill
        self._host = host
        self._talk = talk
        self._clock = clock
        self._plan = plan

    async def run(self, content: bytes) -> bool:
        drill, talk = self._drill, self._talk
        return (
            await self._step("banner", 220, talk.banner())
            and await self._step("EHLO", 250, talk.ehlo())
            and await self._secure()
            and await self._step("MAIL FROM", 250, talk.say(f"MAIL FROM:<{drill.sender}>", "MAIL FROM"))
            and await self._step("RCPT TO", 250, talk.say(f"RCPT TO:<{drill.recipient}>", "RCPT TO"))
            and await self._step("DATA", 354, talk.say("DATA", "DATA"))
            and await self._step(_LAST, 250, self._offer(content))
        )

    async def _offer(self, content: bytes) -> Reply:
        self._drill.offered = True
        reply = await self._talk.send(quoted(content), _LAST, ANSWER_SECONDS)
        self._drill.offered = reply.code == 250
        return reply

    async def _secure(self) -> bool:
        """Turn TLS on where it is offered, as senders do, without asking for a valid certificate."""
        if "STARTTLS" not in self._talk.extensions:
            return True
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        await self._talk.starttls(context, self._host.name)
        return await self._step("EHLO with TLS", 250, self._talk.ehlo())

    async def _step(self, name: str, wanted: int, asking: Coroutine[object, object, Reply]) -> bool:
        start = self._clock()
        reply = await asking
        good = reply.code == wanted
        fix = "" if good else explain(reply, self._drill.sender, self._plan)
        step = Step(f"{self._host.name}: {name}", good, reply.words, self._clock() - start, fix)
        self._drill.steps.append(step)
        if not good:
            self._drill.end(Verdict.DEFERRED if reply.code < 500 else Verdict.REFUSED)
        return good
