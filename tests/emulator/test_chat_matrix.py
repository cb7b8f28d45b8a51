"""Matrix's stand-in: it takes and refuses what a homeserver does, and shows what a room's members see."""

import asyncio
import json

import httpx
import pytest
from hypothesis import given, settings

from mail_failover.emulator.chat.matrix import Matrix as Homeserver
from mail_failover.emulator.chat.standin import ChatStandIn
from notify.alert import Alert, Field
from notify.channel import ALOUD, Gone, Manner, Response, TryInstead
from notify.matrix import Matrix
from standins import judges
from standins.judges import REPEATED
from standins.stage import Stage

SETTINGS = Homeserver.settings
ROOM = Matrix(SETTINGS["MATRIX_HOMESERVER"], SETTINGS["MATRIX_ROOM"], SETTINGS["MATRIX_TOKEN"])
TEXT = {"msgtype": "m.text", "body": "x", "m.mentions": {}}
HTML = {"format": "org.matrix.custom.html"}
UNKNOWN = "$" + "x" * 43


def ask(chat, request, **changed):
    """Send a request into the stand-in."""

    async def send():
        async with httpx.AsyncClient(transport=chat) as client:
            how = {"method": request.method, "url": request.url, "headers": request.headers}
            return await client.request(**how | {"content": request.body} | changed)

    return asyncio.run(send())


def deliver(chat, alert, manner=ALOUD):
    """Send an alert into the stand-in; return what the channel reads of the answer."""
    answer = ask(chat, ROOM.render(alert, manner))
    return ROOM.read(Response(answer.status_code, answer.text))


def event(chat, content, name="1"):
    """Send any content."""
    return ask(chat, ROOM.render(Alert("x"), Manner(id=name)), content=json.dumps(content))


def test_a_person_sees_every_fact_and_nothing_to_click():
    """Markup gone, characters decoded, labels kept."""
    chat = ChatStandIn()
    fields = (Field("From", "Bank <https://evil.example> & Co"), Field("Subject", "@room <b>x</b>"))
    place = deliver(chat, Alert("No answer", fields, preview="evil.com", advice="Look at your inbox."))
    [post] = chat.posts
    assert post.seen == (
        "No answer\nFrom: Bank <https://evil.example> & Co\nSubject: @room <b>x</b>\nevil.com\n"
        "Look at your inbox."
    )
    assert (post.service, post.chat, post.live) == ("matrix", SETTINGS["MATRIX_ROOM"], ())
    assert (post.sound, post.place, post.thread, post.edits) == (True, place, "", "")
    assert "evil.com" not in post.notice
    assert "syt_" not in repr(post)


@given(judges.alerts())
@settings(deadline=None)
def test_hostile_alerts_are_taken(alert):
    """As new messages, replies and edits; the stand-in agrees with the independent judge."""
    chat = ChatStandIn()
    place = deliver(chat, Alert("First"))
    for number, manner in enumerate((ALOUD, Manner(thread=place), Manner(edits=place))):
        deliver(chat, alert, Manner(thread=manner.thread, edits=manner.edits, id=str(number)))
    assert all(post.live == () and post.seen for post in chat.posts)
    assert [post.edits for post in chat.posts] == ["", "", "", place]


def test_every_manner_shows_in_the_room():
    """Aloud or not, in a thread, in a message's place; an edit calls nobody."""
    chat = ChatStandIn()
    place = deliver(chat, Alert("First"))
    silent = deliver(chat, Alert("Second"), Manner(sound=False, thread=place))
    edit = deliver(chat, Alert("Third"), Manner(edits=place))
    deliver(chat, Alert("Fourth"), Manner(edits=silent))
    assert len({place, silent, edit}) == 3
    assert [(p.seen, p.sound, p.place, p.thread, p.edits, p.notice) for p in chat.posts] == [
        ("First", True, place, "", "", "First"),
        ("Second", False, silent, place, "", "Second"),
        ("Third", False, place, "", place, ""),
        ("Fourth", False, silent, place, silent, ""),
    ]


def test_a_transaction_is_taken_once():
    """For its room and its token; who asks again is told the same event, whatever he says then."""
    chat = ChatStandIn()
    manner = Manner(id="0a1b")
    first = deliver(chat, Alert("First"), manner)
    assert deliver(chat, Alert("First").as_repeat(REPEATED), manner) == first
    assert [post.seen for post in chat.posts] == ["First"]
    assert deliver(chat, Alert("First"), Manner(id="0a1c")) != first
    other = ROOM.render(Alert("x"), manner)
    ask(chat, other, headers={"Authorization": "Bearer another"})
    ask(chat, other, url=other.url.replace("standin", "other"))
    assert len(chat.posts) == 4


def test_what_is_not_there_can_not_be_edited_and_is_no_thread():
    """In the words by which the channel knows it."""
    chat = ChatStandIn()
    for manner in (Manner(edits=UNKNOWN), Manner(thread=UNKNOWN)):
        with pytest.raises(TryInstead) as caught:
            deliver(chat, Alert("x"), manner)
    with pytest.raises(Gone):
        caught.value.channel.render(Alert("x"), Manner(edits=UNKNOWN))
    place = deliver(chat, Alert("x"))
    reply = deliver(chat, Alert("y"), Manner(thread=place))
    with pytest.raises(TryInstead):
        deliver(chat, Alert("z"), Manner(thread=reply))
    assert [post.seen for post in chat.posts] == ["x", "y"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ("{", 400, "M_NOT_JSON"),
        ([], 400, "M_BAD_JSON"),
        ({}, 400, "M_BAD_JSON"),
        (TEXT | {"msgtype": "m.image"}, 400, "M_BAD_JSON"),
        (TEXT | {"body": " "}, 400, "M_BAD_JSON"),
        (TEXT | {"body": 5}, 400, "M_BAD_JSON"),
        (TEXT | {"text": "x"}, 400, "M_BAD_JSON"),
        (TEXT | {"formatted_body": "x"}, 400, "M_BAD_JSON"),
        (TEXT | HTML, 400, "M_BAD_JSON"),
        (TEXT | {"format": "markdown", "formatted_body": "x"}, 400, "M_BAD_JSON"),
        (TEXT | {"m.mentions": []}, 400, "M_BAD_JSON"),
        (TEXT | {"m.new_content": TEXT}, 400, "M_BAD_JSON"),
        (TEXT | {"m.relates_to": 1}, 400, "M_BAD_JSON"),
        (TEXT | {"m.relates_to": {"rel_type": "m.replace", "event_id": "$x"}}, 400, "M_BAD_JSON"),
        (TEXT | {"m.relates_to": {"rel_type": "m.thread", "event_id": "$x"}}, 400, "M_BAD_JSON"),
        (TEXT | {"body": "x" * 65_536}, 413, "M_TOO_LARGE"),
    ],
)
def test_bad_content_is_refused_by_its_code(content, status, code):
    """And nothing is posted."""
    chat = ChatStandIn()
    answer = ask(chat, ROOM.render(Alert("x")), content=content) if content == "{" else event(chat, content)
    assert (answer.status_code, answer.json()["errcode"], chat.posts) == (status, code, [])


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"headers": {}}, 401, "M_MISSING_TOKEN"),
        ({"headers": {"Authorization": "Basic x"}}, 401, "M_MISSING_TOKEN"),
        ({"method": "POST"}, 404, "M_UNRECOGNIZED"),
        ({"url": "https://matrix.example.org/_matrix/client/versions"}, 404, "M_UNRECOGNIZED"),
        ({"url": ROOM.render(Alert("x")).url.replace("%21", "%23")}, 404, "M_NOT_FOUND"),
    ],
)
def test_other_calls_are_not_taken(changed, status, code):
    """No token, another method, another path, an alias in a room's place."""
    chat = ChatStandIn()
    answer = ask(chat, ROOM.render(Alert("x")), **changed)
    assert (answer.status_code, answer.json()["errcode"], chat.posts) == (status, code, [])


@pytest.mark.parametrize(
    ("content", "seen", "live"),
    [
        (TEXT | {"body": "see evil.com"}, "see evil.com", ("evil.com",)),
        ({"msgtype": "m.text", "body": "x"}, "x", ("by a word of the text",)),
        (TEXT | {"m.mentions": {"room": True}}, "x", ("True",)),
        (TEXT | {"m.mentions": {"user_ids": ["@a:b.example"]}}, "x", ("['@a:b.example']",)),
        (TEXT | HTML | {"formatted_body": "<b>evil.com</b><br>y"}, "evil.com\ny", ("evil.com",)),
        (TEXT | HTML | {"formatted_body": "<code>evil.com</code>"}, "evil.com", ("evil.com",)),
        (TEXT | HTML | {"formatted_body": "<pre>evil.com</pre>@a"}, "evil.com\n@a", ("evil.com",)),
        (TEXT | HTML | {"formatted_body": "<code>evil.\u200acom @a #b</code>"}, "evil.com @a #b", ()),
        (TEXT | HTML | {"formatted_body": "<a href='http://x.example'>y</a>"}, "y", ("http://x.example",)),
        (TEXT | HTML | {"formatted_body": "<img src='mxc://x/y'>z"}, "z", ("mxc://x/y",)),
        (TEXT | HTML | {"formatted_body": "<code>a</code>b.com <blink>c</blink>"}, "ab.com c", ("b.com",)),
    ],
)
def test_what_can_be_clicked_or_calls_people_is_seen(content, seen, live):
    """Links, what clients make links of, addresses in code among them, and whom the event names."""
    chat = ChatStandIn()
    assert event(chat, content).status_code == 200
    assert (chat.posts[0].seen, chat.posts[0].live) == (seen, live)


def test_an_outage_is_one_message_that_is_edited_and_a_thread(virtual):
    """As told by the Worker's object: first aloud, what came next below it, the total in its place."""

    async def told():
        async with Stage(SETTINGS).open() as stage:
            await stage.mail(1)
            await asyncio.sleep(60)
            await stage.mail(2)
            await asyncio.sleep(3600)
        return [post for _, post in stage.posts]

    first, *others = virtual(told())
    assert (first.seen.splitlines()[0], first.sound, first.thread) == (
        "Caught a message and forwarded it",
        True,
        "",
    )
    assert {(post.seen.splitlines()[0], post.thread, post.edits) for post in others} == {
        ("Caught 2 messages", "", first.place),
        ("Caught a message and forwarded it", first.place, ""),
    }


def test_what_got_no_answer_is_told_once_though_it_is_told_again_a_minute_later(virtual):
    """The homeserver has the first, and knows every other by its transaction."""

    async def told():
        async with Stage(SETTINGS).open() as stage:
            stage.fail("matrix=lostx3")
            await stage.mail(1)
            await asyncio.sleep(600)
        return [post.seen for _, post in stage.posts], len(stage.requests)

    [seen], requests = virtual(told())
    assert requests == 4
    assert "repeat" not in seen
