"""What wrangler prints is read for what matters; the samples are its own."""

import pytest

from mail_failover.emulator.wrangler.output import (
    Output,
    Serving,
    blames_worker,
    is_event,
    reason,
)

NO_BUNDLE = """\
Your Worker has access to the following bindings:
Binding                                         Resource                  Mode
env.FALLBACK_INBOXES (["you@example.net"])      Environment Variable      local

[wrangler:warn] Unable to fetch the `Request.cf` object! Falling back to a default placeholder...
│ failover/text.py       │ python │ 6.87 KiB   │
└────────────────────────┴────────┴────────────┘
⎔ Starting local server...
✘ [ERROR] *** Uncaught exception ***

  workerd/server/server/bridge.rs:843: failed: Request for Pyodide bundle failed; url = https://x.example/p.bin;

✘ [ERROR] The Workers runtime failed to start. There was likely a problem with the workerd binary.

  Runtime stderr:
  {"timestamp":"1795557636070","level":"error","message":"*** Uncaught exception ***"}

Error [ERR_IPC_CHANNEL_CLOSED]: Channel closed
    at target.send (node:internal/child_process:753:16)
🪵  Logs were written to "/root/.config/.wrangler/logs/wrangler-2026-11-24_22-00-35_537.log"
""".splitlines()
SERVING = """\
[wrangler:warn] Provided RCPT TO address doesn't match any "To" header in the email message:
  RCPT TO: anna@x.y
  "To" header:
hello from the Worker
[wrangler:info] Email handler forwarded message with
  rcptTo: one@inbox.example
  headers:
    x-mail-failover: abc
{"event": "message", "size": 55}
[wrangler:error] Email handler rejected message with the following reason: "no such person"
[wrangler:error] PythonError: Traceback (most recent call last):
  File "/session/metadata/entry.py", line 39, in email
    await handle(caught, self._settings(), ports)
failover.delivery.DeliveryError: no inbox accepted

    at new_error (pyodide-internal:generated/pyodide.asm:10:9965)
✘ [ERROR] Uncaught Error: PythonError: Traceback (most recent call last):

    File "/session/metadata/entry.py", line 39, in email

[wrangler:error] Error: second
    at async handleEmail (file:///entry.worker.js:4074:7)
""".splitlines()


def test_a_missing_bundle_is_the_reason_without_the_noise():
    """One line, the runtime's own words."""
    assert reason(NO_BUNDLE) == (
        "workerd/server/server/bridge.rs:843: failed: Request for Pyodide bundle failed;"
        " url = https://x.example/p.bin;"
    )
    assert not blames_worker(NO_BUNDLE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("env: ‘node’: No such file or directory", "env: ‘node’: No such file or directory"),
        (
            "Wrangler requires at least Node.js v22.0.0. You are using v18.0.0.",
            "Wrangler requires at least Node.js v22.0.0. You are using v18.0.0.",
        ),
        ("", ""),
        ("⎔ Starting local server...", "⎔ Starting local server..."),
        ("a\nb\nc\nd", "b c d"),
    ],
)
def test_without_an_error_the_last_words_are_the_reason(text, expected):
    """Noise only where there is nothing else."""
    assert reason(text.split("\n")) == expected


def test_a_reason_is_short():
    """And says where it was cut."""
    assert len(reason(["✘ [ERROR] " + "x" * 1000])) == 401


@pytest.mark.parametrize(
    "line",
    ["Traceback (most recent call last):", "PythonError: x", "service core: Uncaught SyntaxError: x"],
)
def test_the_workers_own_faults_are_told_apart(line):
    """They are no reason to skip a test."""
    assert blames_worker(["⎔ Starting local server...", line])


PIECES = pytest.mark.parametrize("size", [1, 2, 5, len(SERVING)])


def pieces(size):
    """Cut what was printed into so many lines at a time."""
    return [SERVING[at : at + size] for at in range(0, len(SERVING), size)]


@PIECES
def test_exceptions_are_named_by_their_type_and_text(size):
    """Python's last line, JavaScript's first, in however many pieces they come; a rejection is none."""
    serving = Serving()
    found = [failure for lines in pieces(size) for failure in serving.failures(lines)]
    assert found == ["failover.delivery.DeliveryError: no inbox accepted"]
    # Nothing says that the last one has ended.
    assert serving.unfinished
    assert serving.finish() == ["Error: second"]
    assert not serving.unfinished
    assert serving.finish() == []


@PIECES
def test_the_workers_lines_are_told_from_wranglers(size):
    """Its log line is among them."""
    serving = Serving()
    lines = [line for piece in pieces(size) for line in serving.from_worker(piece)]
    assert lines[:2] == ["hello from the Worker", '{"event": "message", "size": 55}']
    assert not any("RCPT" in line or "rcptTo" in line for line in lines)


@pytest.mark.parametrize("line", ["", "{", "[1]", '{"level": 1}', 'x {"event": 1}'])
def test_other_lines_are_no_event(line):
    """Whatever they look like."""
    assert not is_event(line)


def test_lines_come_whole_and_without_colours():
    """However the bytes are cut."""
    output, lines = Output(), []
    data = "\x1b[31mrot ü\x1b[0m\r\nzwei\ndrei".encode()
    for place in range(len(data)):
        lines += output.feed(data[place : place + 1])
    assert lines == ["rot ü", "zwei"]
    assert output.feed(b"") == ["drei"]
