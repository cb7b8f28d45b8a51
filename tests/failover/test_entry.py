"""The Worker's handlers: what they are called with, and what they make of it."""

import asyncio

import pytest

from failover import handle as handle_module
from failover.message import Envelope
from mail_failover.emulator.runtime.javascript import jsnull
from mail_failover.emulator.runtime.load import load_worker
from mail_failover.emulator.runtime.web import JsRequest
from mail_failover.emulator.runtime.workers import Env, Request
from standins.world import MAIN


@pytest.fixture
def handled(monkeypatch):
    """Call the email handler with a message's fields, and return what it hands on."""

    def call(**message):
        got = []

        async def handle(caught, *rest):
            got.append(caught)

        monkeypatch.setattr(handle_module, "handle", handle)
        ctx = type("Ctx", (), {"waitUntil": None})()
        asyncio.run(load_worker(MAIN)(ctx, type("Env", (), {})()).email(message))
        return got[0]

    return call


@pytest.mark.parametrize("nothing", [None, jsnull, ""])
def test_what_javascript_has_not_is_empty(handled, nothing):
    """A bounce has no sender; a null is neither None nor a text."""
    fields = {"from": nothing, "to": nothing, "rawSize": nothing}
    headers = type("Headers", (), {"get": lambda self, name: nothing})()
    for caught in (handled(headers=headers, forward=None, **fields), handled(forward=None)):
        assert caught.envelope == Envelope("", "", 0)
        assert (caught.marks, caught.message_id) == ("", "")
        assert [*map(type, (caught.envelope.sender, caught.envelope.recipient, caught.marks))] == [str] * 3


def test_a_message_id_is_a_line_long_at_most(handled):
    """RFC 5322, section 2.1.1: a longer one costs time before the message is forwarded."""
    headers = type("Headers", (), {"get": lambda self, name: "x" * 5000})()
    assert len(handled(headers=headers, forward=None).message_id) == 998


def test_the_web_gets_no_answer_and_no_hint():
    """404 and nothing else, whatever is asked for, from a Worker that has no spool."""

    async def asked():
        request = Request(JsRequest("https://w.example/v1/spool", headers=[("authorization", "Bearer ")]))
        answer = await load_worker(MAIN)(None, Env({})).fetch(request)
        return answer.status, await answer.text()

    assert asyncio.run(asked()) == (404, "")
