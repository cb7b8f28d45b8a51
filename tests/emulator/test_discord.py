"""Discord's stand-in: it takes and refuses what Discord does, and finds alive what its client finds alive."""

import asyncio
import json

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_failover.emulator.chat import styled
from mail_failover.emulator.chat.failing import FaultyChat
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.emulator.faults import Faults, parse_fault
from standins import markdown

WEBHOOK = f"https://discord.com/api/v10/webhooks/1100000000000000001/{'ExampleSecret' * 5}"
NEW = f"{WEBHOOK}?wait=true"
THREAD = "thread_id=1200000000000000002"
FIRST = "1400000000000000001"
QUIET = {"allowed_mentions": {"parse": []}, "flags": 4}


def ask(chat, url, form, method="POST", agent="DiscordBot (test, 1)"):
    """Send one request into a transport."""
    content = form if isinstance(form, str) else json.dumps(form)

    async def send():
        async with httpx.AsyncClient(transport=chat, headers={"User-Agent": agent}) as client:
            return await client.request(method, url, content=content)

    return asyncio.run(send())


def test_an_answer_looks_like_discords():
    """The message's echo, its number behind its text; without `wait` nothing."""
    chat = ChatStandIn()
    answer = ask(chat, NEW, {"content": " **Hi** `x` "} | QUIET)
    assert answer.status_code == 200
    assert list(answer.json())[:2] == ["type", "content"]
    assert (answer.json()["content"], answer.json()["id"]) == ("**Hi** `x`", FIRST)
    assert [(p.service, p.chat, p.seen, p.place, p.sound) for p in chat.posts] == [
        ("discord", "1100000000000000001", "Hi x", FIRST, True)
    ]
    assert ask(chat, WEBHOOK, {"content": "x"}).status_code == 204
    assert len(chat.posts) == 2


def test_a_message_stands_in_its_thread_and_is_found_nowhere_else():
    """An edit has to name it, too."""
    chat = ChatStandIn()
    ask(chat, f"{NEW}&{THREAD}", {"content": "x", "flags": 4096})
    edit = f"{WEBHOOK}/messages/{FIRST}"
    assert ask(chat, edit, {"content": "y"}, "PATCH").json() == {"message": "Unknown Message", "code": 10008}
    assert ask(chat, f"{edit}?{THREAD}", {"content": "y"}, "PATCH").status_code == 200
    assert [(p.chat, p.seen, p.sound, p.edits) for p in chat.posts] == [
        ("1200000000000000002", "x", False, ""),
        ("1200000000000000002", "y", False, FIRST),
    ]


@pytest.mark.parametrize(
    ("url", "form", "status", "code"),
    [
        (NEW, {}, 400, 50006),
        (NEW, {"content": " \n"}, 400, 50006),
        (NEW, {"content": "x" * 2001}, 400, 50035),
        (NEW, {"content": "\ud800"}, 400, 50035),
        (NEW, {"content": 5}, 400, 50035),
        (NEW, {"content": "x", "text": "y"}, 400, 50035),
        (NEW, {"content": "x", "flags": 64}, 400, 50035),
        (NEW, {"content": "x", "flags": "4"}, 400, 50035),
        (NEW, {"content": "x", "allowed_mentions": {"parse": ["all"]}}, 400, 50035),
        (NEW, {"content": "x", "allowed_mentions": []}, 400, 50035),
        (NEW, "content=x", 400, 50035),
        (NEW, [], 400, 50035),
        (f"{NEW}&thread_id=general", {"content": "x"}, 400, 50035),
        (f"{WEBHOOK}?wait=yes", {"content": "x"}, 400, 50035),
        (f"{NEW}&name=x", {"content": "x"}, 400, 50035),
        (NEW.replace("ExampleSecret", "x"), {"content": "x"}, 401, 50027),
    ],
)
def test_discord_refuses_by_codes(url, form, status, code):
    """And nothing is posted."""
    chat = ChatStandIn()
    answer = ask(chat, url, form)
    assert (answer.status_code, answer.json()["code"], chat.posts) == (status, code, [])


@pytest.mark.parametrize(
    ("url", "form", "status", "code"),
    [
        (f"{WEBHOOK}/messages/1", {"content": "y"}, 404, 10008),
        (f"{WEBHOOK}/messages/x", {"content": "y"}, 404, 10008),
        (f"{WEBHOOK}/messages/{FIRST}?wait=true", {"content": "y"}, 400, 50035),
        (f"{WEBHOOK}/messages/{FIRST}", {"content": "y", "flags": 4096}, 400, 50035),
        (f"{WEBHOOK}/messages/{FIRST}", {"content": ""}, 400, 50006),
        (WEBHOOK, {"content": "y"}, 405, 0),
    ],
)
def test_discord_refuses_edits_by_codes(url, form, status, code):
    """And the message stays as it was."""
    chat = ChatStandIn()
    ask(chat, NEW, {"content": "x"})
    answer = ask(chat, url, form, "PATCH")
    assert (answer.status_code, answer.json()["code"], len(chat.posts)) == (status, code, 1)


def test_who_does_not_name_itself_is_turned_away():
    """As a client of Discord's has to, by its rules."""
    answer = ask(ChatStandIn(), NEW, {"content": "x"}, agent="python-httpx/1")
    assert (answer.status_code, answer.json()["code"]) == (403, 40333)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_not_taken(method):
    """Of those that Discord has the Worker uses two."""
    assert ask(ChatStandIn(), NEW, "", method).status_code == 405


@pytest.mark.parametrize(
    ("text", "live"),
    [
        ("plain words, 10:30, DISCORD\\_THREAD\\_ID", ()),
        ("**bold** `<@1> @everyone http://x.example`", ()),
        ("```\n||x|| [a](http://x.example) <t:1:R>\n```", ()),
        ("`discord.gg/abc`", ("discord.gg/abc",)),
        ("```\nhttps://discord.com/invite/abc\n```", ("https://discord.com/invite/abc",)),
        ("||x||", ("||x||",)),
        (":tada:", (":tada:",)),
        ("<t:1618953630:R>", ("<t:1618953630:R>",)),
        ("<:mail:216154654256398347>", ("<:mail:216154654256398347>",)),
        ("</start:816437322781949972>", ("</start:816437322781949972>", "/start")),
        ("[Bank](<evil>)", ("[Bank](<evil>)",)),
        ("evil.com", ("evil.com",)),
        ("`a `` evil.com", ("evil.com",)),
    ],
)
def test_what_can_be_clicked_is_listed(text, live):
    """Everywhere but in code, and Discord's own addresses even there."""
    chat = ChatStandIn()
    ask(chat, NEW, {"content": text} | QUIET)
    assert chat.posts[0].live == live


@pytest.mark.parametrize(
    ("options", "live"),
    [
        ({"allowed_mentions": {"parse": ["everyone"]}}, {"@everyone", "@here"}),
        ({"allowed_mentions": {"parse": ["users"]}}, {"<@12>", "<@!13>"}),
        ({"allowed_mentions": {"parse": ["roles"]}}, {"<@&14>"}),
        ({}, {"@everyone", "@here", "<@12>", "<@!13>", "<@&14>", "http://x.example"}),
        ({"flags": 0, "allowed_mentions": {"parse": []}}, {"http://x.example"}),
    ],
)
def test_what_a_message_may_call_is_decided_before_its_markup(options, live):
    """Code keeps nobody from being called, nor an address from being fetched: the form has to."""
    chat = ChatStandIn()
    text = "`@everyone @here <@12> <@!13> <@&14>  http://x.example`"
    ask(chat, NEW, {"content": text, "flags": 4} | options)
    assert set(chat.posts[0].live) == live - ({"http://x.example"} if options.get("flags", 4) else set())


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("**a** _b_ ~~c~~ `**d**`", "a b c **d**"),
        ("\\*a\\* \\`b\\`", "*a* `b`"),
        ("```\nx *y*\n```", "x *y*"),
        ("```py\nx\n```", "x"),
        ("```x```", "x"),
        ("``a`b``", "a`b"),
        ("`a", "`a"),
        ("a```", "a```"),
    ],
)
def test_a_person_reads_what_the_clients_parser_shows(text, seen):
    """Markup gone, and what is escaped or in code as it is."""
    assert styled.seen(text) == seen
    assert "".join(words for _, words in markdown.discord(text)) == seen


_PIECES = """\
` | `` | ``` | ```\n | \\ | \\` | x | y z | < | > | <@123456789012345678> | <@&123456789012345678>
<#123456789012345678> | <t:1618953630:R> | <:m:216154654256398347> | </a b:816437322781949972> | @everyone
@here | https://evil.example | <https://evil.example> | [a](https://evil.example) | ||s|| | evil.com | py\n"""
SOUP = [*_PIECES.replace("\n<#", " | <#").replace("\n@h", " | @h").split(" | "), "\n", " "]
_FORMS = {
    "strong",
    "em",
    "underline",
    "strikethrough",
    "inlineCode",
    "codeBlock",
    "heading",
    "subtext",
    "blockQuote",
}


@given(st.lists(st.sampled_from(SOUP), max_size=12).map("".join))
@settings(deadline=None)
def test_what_the_clients_parser_finds_alive_is_found(text):
    """And what it takes for code is taken for code."""
    parts = markdown.discord(text)
    alive = [words for styles, words in parts if {*styles} - _FORMS]
    assert not alive or styled.live(text)
    code = "".join(words for styles, words in parts if {"inlineCode", "codeBlock"} & {*styles})
    if not {*text} & {">", "|", "["}:
        found = [m[m.lastgroup] for m in styled._TEXT.finditer(text) if m.lastgroup in ("block", "inline")]
        assert "".join(found) == code


def fail(*faults, url=NEW, method="POST", form=None):
    """Ask through faults, before a server that answers 299."""
    inner = httpx.MockTransport(lambda _: httpx.Response(299))
    return ask(FaultyChat(inner, Faults(map(parse_fault, faults))), url, form or {"content": "x"}, method)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        *(("401", 401, 50027), ("403", 403, 50013), ("404", 404, 10015), ("500", 500, 0)),
        ("links", 400, 240000),
    ],
)
def test_a_fault_is_answered_in_json(kind, status, code):
    """With a code and Discord's words for it."""
    answer = fail(f"discord={kind}")
    assert (answer.status_code, answer.json()["code"], bool(answer.json()["message"])) == (status, code, True)


def test_the_time_to_wait_is_told_twice():
    """With a fraction in the body, rounded up in a header."""
    answer = fail("discord=429:3")
    assert (answer.status_code, answer.json()["retry_after"], answer.headers["retry-after"]) == (
        429,
        3.125,
        "4",
    )


def test_a_fault_fails_what_it_is_for_alone():
    """A thread that is gone what is for a thread, a message that is gone its edits."""
    edit = f"{WEBHOOK}/messages/{FIRST}"
    assert fail("discord=thread").status_code == 299
    assert fail("discord=thread", url=f"{NEW}&{THREAD}").json()["code"] == 10003
    assert fail("discord=gone").status_code == 299
    assert fail("discord=gone", url=edit, method="PATCH").json()["code"] == 10008
