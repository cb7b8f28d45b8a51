"""The facts of one message, as far as the owner's privacy level lets them through."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from failover.address import canonical, domain, shown
from failover.delivery import Attempt, Outcome
from failover.message import Address, Attachment, Authentication, Envelope, Mail
from failover.settings import Settings
from failover.text import clean

from .alert import Field
from .mask import mask, talks_of_codes
from .words.language import Words

_LISTED_ATTEMPTS = 6


def recipient(envelope: Envelope, words: Words) -> Field:
    """Say whom a message is for."""
    return words.field("for", clean(envelope.recipient, 200) or words.say("no_recipient"))


@dataclass(frozen=True, slots=True)
class Facts:
    """What may be said of a message and of where it went; `masked` leaves its codes and links out."""

    envelope: Envelope
    mail: Mail | None
    attempts: Sequence[Attempt]
    settings: Settings
    words: Words
    masked: Callable[[str], str]

    @classmethod
    def of(
        cls, envelope: Envelope, mail: Mail | None, attempts: Sequence[Attempt], settings: Settings
    ) -> "Facts":
        """Choose the words, and what is masked: nothing where the owner wants codes shown."""
        words = Words(settings.language)
        masked: Callable[[str], str] = str
        if mail is not None and not (settings.show_codes and settings.detail == "preview"):
            name = mail.sender.name if mail.sender else ""
            masked = partial(mask, of_codes=talks_of_codes(name, mail.subject, mail.preview))
        return cls(envelope, mail, attempts, settings, words, masked)

    def preview(self) -> str:
        """Return how the message's text begins, empty unless the owner wants it."""
        shows = self.mail is not None and self.settings.detail == "preview"
        return self.masked(self.mail.preview) if self.mail and shows else ""

    def fields(self) -> Iterator[Field]:
        """Yield all of them."""
        envelope, mail, words = self.envelope, self.mail, self.words
        yield recipient(envelope, words)
        yield from self._origin()
        if mail is not None:
            if self.settings.detail != "sender":
                yield from self._content(mail)
            if mail.sent:
                yield words.field("sent", mail.sent)
        if envelope.size:
            yield words.field("size", words.size(envelope.size))
        if mail is not None and mail.authentication:
            yield from self._checks(mail, mail.authentication)
        yield from self._fates()

    def _origin(self) -> Iterator[Field]:
        """Yield who sent it: the From field, and the whole envelope where that does not name one address."""
        envelope, mail, words = self.envelope, self.mail, self.words
        sender, several = (mail.sender, mail.other_senders) if mail else (None, False)
        if sender:
            named = Address(self.masked(sender.name), sender.addr)
            yield self._from(named, several=several)
        if not envelope.sender:
            yield words.field("envelope_sender", words.say("bounce"))
        elif several or not (sender and sender.addr):
            text = shown(envelope.sender, 200)
            yield words.field("envelope_sender", text, len(text))

    def _from(self, sender: Address, *, several: bool) -> Field:
        """Name the sender and the envelope's domain where it is another: no verdict is enough to hide it.

        A domain below the other's is another, too: whose it is, only a list of public suffixes could tell.
        """
        words, envelope_sender = self.words, self.envelope.sender
        end = words.say("and_other_senders") if several else ""
        if envelope_sender and not _one_domain(envelope_sender, sender.addr):
            via = shown(domain(envelope_sender), 100) or words.say("unreadable")
            end += words.say("via", domain=via)
        text = f"{sender}{end}"
        return words.field("from", text, len(text) - len(str(Address(sender.name, ""))))

    def _content(self, mail: Mail) -> Iterator[Field]:
        words = self.words
        yield words.field("subject", self.masked(mail.subject) or words.say("no_subject"))
        if mail.list_id:
            yield words.field("list", self.masked(mail.list_id))
        if mail.attachments:
            files = ", ".join(map(self._attachment, mail.attachments))
            yield words.field("attachments", files if mail.whole else words.say("perhaps_more", files=files))

    def _attachment(self, attachment: Attachment) -> str:
        size = f", {self.words.size(attachment.size)}" if attachment.size is not None else ""
        name = self.masked(attachment.name)
        if name:
            return f"{name} ({attachment.type}{size})"
        return f"{self.words.say('unnamed', type=attachment.type)}{size}"

    def _checks(self, mail: Mail, found: Authentication) -> Iterator[Field]:
        """Yield the verdicts, hedged unless they are the edge's own about this very envelope."""
        words, dmarc = self.words, found.dmarc
        if found.dmarc_domain and (
            mail.other_senders
            or not mail.sender
            or not _one_domain(f"@{found.dmarc_domain}", mail.sender.addr)
        ):
            dmarc = words.say("check_for", verdict=dmarc, domain=shown(found.dmarc_domain, 100))
        verdicts = {"SPF": found.spf, "DKIM": found.dkim, "DMARC": dmarc}
        text = ", ".join(f"{name} {verdict}" for name, verdict in verdicts.items() if verdict)
        if found.by_edge and found.is_about(self.envelope.sender):
            yield words.field("checks_by_the_edge", text or words.say("no_checks"))
        elif text:
            yield words.field("checks", words.say("claimed_checks", checks=text))

    def _fates(self) -> Iterator[Field]:
        """Yield where it went, successes first, and how many more inboxes there were."""
        ordered = sorted(self.attempts, key=lambda attempt: not attempt.outcome.accepted)
        yield from map(self._fate, ordered[:_LISTED_ATTEMPTS])
        if more := len(ordered[_LISTED_ATTEMPTS:]):
            yield self.words.field("more_inboxes", self.words.say("other_inboxes", count=more))

    def _fate(self, attempt: Attempt) -> Field:
        words, inbox, reason = self.words, clean(attempt.inbox, 200), clean(attempt.reason, 200)
        match attempt.outcome:
            case Outcome.DELIVERED:
                return words.field("forwarded_to", inbox)
            case Outcome.ALREADY:
                return words.field("forwarded_to", words.say("had_it_already", inbox=inbox))
            case Outcome.NO_ANSWER:
                why = words.say("outcome_no_answer", reason=reason)
            case outcome:
                why = words.say(f"outcome_{outcome.name.lower()}") + (f": {reason}" if reason else "")
        return words.field("not_accepted_by", f"{inbox} ({why})")


def _one_domain(one: str, other: str) -> bool:
    # What nearly all are, spared the cost of other spellings.
    return domain(one) == domain(other) or domain(canonical(one)) == domain(canonical(other))
