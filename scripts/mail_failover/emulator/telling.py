"""What a feed is told of the edge: what happens there; docs/events.md lists it."""

from collections import Counter
from dataclasses import asdict

from .events import Facts, Feed, fingerprint
from .reader.mailbox import BEGINNING, row
from .routing.edge import Outcome, Status
from .routing.said import Heard
from .watch import Watch


def telling(feed: Feed) -> Watch:
    """Return the watch that tells a feed what happens at the edge."""

    def outcome(sender: str, recipient: str, content: bytes, outcome: Outcome, seconds: float) -> None:
        feed.tell(
            "caught",
            **{"message": fingerprint(content), "from": sender, "to": recipient, "size": len(content)},
            status=outcome.status.value,
            inboxes=outcome.inboxes,
            held=outcome.status is Status.ACCEPTED and not outcome.inboxes,
            reason=" ".join(outcome.reason.split()),
            seconds=round(seconds, 3),
        )

    def request(service: str, method: str, host: str, status: int, seconds: float) -> None:
        took = round(seconds, 3)
        feed.tell("request", service=service, method=method, host=host, status=status, seconds=took)

    return Watch(
        outcome=outcome,
        log=lambda line: feed.tell("log", line=line),
        post=lambda post: feed.tell("post", **asdict(post)),
        request=request,
        stored=lambda address, name, content, sent: stored(feed, address.lower(), name, content, sent),
        heard=heard(feed, "edge"),
    )


def heard(feed: Feed, server: str) -> Heard:
    """Return what tells the feed what was said in the sessions of a server."""
    return lambda session, lines: feed.tell("smtp", server=server, session=session, lines=lines)


def stored(feed: Feed, place: str, name: str, content: bytes, sent: bytes) -> None:
    """Tell what a mailbox has stored, under which file name, and as what it was sent."""
    line = row(name, content[:BEGINNING], len(content))
    feed.tell("stored", place=place, message=fingerprint(sent), **line)


class Tally:
    """Counts what a feed tells: an event's name with what it is counted by."""

    def __init__(self, feed: Feed) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        feed.listeners.append(self._count)

    def __call__(self, event: str, by: str = "") -> int:
        """Return how often that was told."""
        return self.counts[event, by]

    def _count(self, event: str, facts: Facts, line: str) -> None:
        del line
        by = {"caught": "status", "stored": "place", "post": "service"}.get(event)
        if by or event in {"sent", "bounced"}:
            self.counts[event, facts[by] if by else ""] += not facts.get("edits")
