"""Time and memory of one message, inside the interpreter that is to be measured. Runs in Pyodide."""

import email
import json
import sys
import time
import tracemalloc
from email import policy

from messages import crafted, hostile, usual

from failover.delivery import Attempt, Outcome
from failover.message import Envelope
from failover.settings import Settings
from failover.skim import PREFIX_BYTES, skim
from notify.describe import caught
from notify.slack import SlackWebhook
from notify.telegram import Telegram

SETTINGS = {
    detail: Settings(inboxes=("you@inbox.example",), detail=detail) for detail in ("subject", "preview")
}
CHANNELS = (Telegram("123456789:token", "1"), SlackWebhook("https://hooks.slack.com/services/x"))
DONE = (Attempt("you@inbox.example", Outcome.DELIVERED),)


def cost(prefix, size, detail):
    """Do what the Worker does with a message's first bytes."""
    settings = SETTINGS[detail]
    mail = skim(prefix, size, preview=detail == "preview")
    alert = caught(Envelope("booking@hotel.example", "anna@example.com", size), mail, DONE, settings)
    for channel in CHANNELS:
        channel.render(alert)


def full_parse(raw):
    """Do the same reading with the standard library, of the whole message."""
    message = email.message_from_bytes(raw, policy=policy.default)
    str(message["from"]), str(message["subject"]), str(message["date"])
    [part.get_filename() for part in message.walk()]
    body = message.get_body(("plain", "html"))
    return body.get_content()[:300] if body is not None else ""


def milliseconds(job, budget=0.2):
    """Time a job: the least of several rounds, in milliseconds."""
    job()
    best, spent = float("inf"), 0.0
    while spent <= budget:
        begin = time.perf_counter()
        job()
        took = time.perf_counter() - begin
        best, spent = min(best, took), spent + took
    return best * 1000


def peak_kb(job):
    """Return the most Python memory that a job had at one time, in kB."""
    tracemalloc.start()
    job()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1000


def row(kind, size, raw, *, compare):
    """Measure one message."""
    prefix = raw[:PREFIX_BYTES]
    result = {
        "kind": kind,
        "size": size,
        "bytes": len(raw),
        "subject_ms": milliseconds(lambda: cost(prefix, len(raw), "subject")),
        "preview_ms": milliseconds(lambda: cost(prefix, len(raw), "preview")),
        "peak_kb": peak_kb(lambda: cost(prefix, len(raw), "preview")),
    }
    if compare:
        try:
            result["full_ms"] = milliseconds(lambda: full_parse(raw))
        except Exception as error:  # noqa: BLE001 the comparison may fail on hostile mail; ours may not
            result["full_failed"] = type(error).__name__
    return result


def main():
    """Measure everything; return one JSON text."""
    messages = usual()
    # Until the engine has compiled what it will compile, everything costs more.
    for raw in list(messages.values())[:3] * 300:
        cost(raw[:PREFIX_BYTES], len(raw), "preview")
    # The full parse of the largest takes minutes; the first sizes tell enough.
    rows = [row(kind, size, raw, compare=len(raw) < 200_000) for (kind, size), raw in messages.items()]
    for size, made in (("hostile", hostile()), ("crafted", crafted())):
        rows += [row(name, size, raw, compare=False) for name, raw in made.items()]
    return json.dumps({"python": sys.version.split()[0], "rows": rows})
