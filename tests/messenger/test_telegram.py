"""Who a bot is, and where its start code was written: no other message is taken for it, and none is lost."""

import logging
import re

import pytest

from mail_failover.messenger.client import Ports
from mail_failover.messenger.errors import (
    ChatError,
    Crowded,
    Failing,
    NoSuchChat,
    NotHeard,
    NotUnderstood,
    OtherReader,
    TokenRejected,
    Unreachable,
    WebhookSet,
)
from mail_failover.messenger.telegram import Bot, Chat, Telegram, new_code, start_command, start_link
from standins.messengers import ANNA, FORUM, GROUP, STRANGER, TOKEN

API = "https://api.telegram.org"
CODE = "k7mq2vx9wd"
BOT = Bot(123456789, "Mail alerts", "shop_mail_bot")


@pytest.fixture
def telegram(ports):
    """Ask with the bot's token."""
    with Telegram(TOKEN, API, ports) as telegram:
        yield telegram


def wait(telegram, seconds=60):
    """Wait for the start code."""
    return telegram.wait_for_start(BOT, CODE, seconds)


def test_a_token_names_its_bot(telegram):
    """As its owner called it."""
    assert telegram.bot() == BOT


@pytest.mark.parametrize("token", ["123456789:another-secret-0000000000", "1:x"])
def test_a_token_that_nobody_has_is_rejected(ports, token):
    """And says who gives another one."""
    with Telegram(token, API, ports) as telegram, pytest.raises(TokenRejected, match="@BotFather"):
        telegram.bot()


@pytest.mark.parametrize("username", ["a", "x y", "evil?start=1", "\u202eevil", "a" * 65, 7, None])
def test_a_bot_whose_name_would_break_its_link_is_none(world, telegram, username):
    """It is not Telegram that answers so."""
    world.bot["username"] = username
    with pytest.raises(NotUnderstood):
        telegram.bot()


def test_start_codes_are_new_each_time_and_safe_in_a_link():
    """And to be typed: no letter looks like another one."""
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch("[a-hjkmnp-z2-9]{10}", code) for code in codes)


def test_the_links_are_those_that_telegram_documents():
    """For a private chat, and for a group that is chosen then."""
    assert start_link(BOT, CODE) == f"https://t.me/shop_mail_bot?start={CODE}"
    assert start_link(BOT, CODE, group=True) == f"https://t.me/shop_mail_bot?startgroup={CODE}"
    assert start_command(BOT, CODE) == f"/start@shop_mail_bot {CODE}"


@pytest.mark.parametrize(
    ("text", "chat", "found"),
    [
        (f"/start {CODE}", ANNA, Chat("4711", "private", "Anna Muster (@anna)")),
        (f"/start@shop_mail_bot {CODE}", GROUP, Chat("-500", "group", "Family")),
        (f"/start@Shop_Mail_Bot   {CODE}\n", GROUP, Chat("-500", "group", "Family")),
        (f"/start {CODE}", GROUP, Chat("-500", "group", "Family")),
        (f"/start@shop_mail_bot {CODE}", FORUM, Chat("-1001234567890", "supergroup", "House")),
    ],
    ids=["private", "group", "other case", "without the bot", "general topic"],
)
def test_the_chat_is_found_in_which_the_code_was_written(world, telegram, text, chat, found):
    """Whenever it comes."""
    world.write(text, chat, after=2)
    assert wait(telegram) == found
    assert world.calls.count("getUpdates") == 3


def test_a_topic_is_found_with_its_name(world, telegram):
    """Its number is what alerts need."""
    world.write_in_topic(f"/start@shop_mail_bot {CODE}", 77, "Mail")
    assert wait(telegram) == Chat("-1001234567890", "supergroup", "House", "77", "Mail")


def test_a_thread_of_replies_is_no_topic(world, telegram):
    """It has a number, too, to which no alert could go for long."""
    world.write(f"/start@shop_mail_bot {CODE}", FORUM, message_thread_id=55)
    assert wait(telegram) == Chat("-1001234567890", "supergroup", "House")


@pytest.mark.parametrize(("thread", "found"), [(1, ""), (2, "2"), ("7", ""), (True, ""), (None, "")])
def test_a_topic_is_a_number_behind_that_of_the_general_one(world, telegram, thread, found):
    """The server knows "General" by no number."""
    world.write(f"/start {CODE}", FORUM, message_thread_id=thread, is_topic_message=True)
    assert wait(telegram).thread == found


def test_a_channel_is_found_by_its_post(world, telegram):
    """Where the bot is an administrator."""
    chat = {"id": -1009, "type": "channel", "title": "News"}
    world.write(f"/start {CODE}", chat, post=True)
    assert wait(telegram) == Chat("-1009", "channel", "News")


def test_a_group_that_became_a_supergroup_is_followed(world, telegram):
    """Under its old id no alert would arrive."""
    world.write(f"/start@shop_mail_bot {CODE}", GROUP)
    world.write("", GROUP, migrate_to_chat_id=-1005)
    assert wait(telegram) == Chat("-1005", "supergroup", "Family")


def test_where_a_group_is_meant_a_private_chat_with_one_of_it_does_not_count(world, telegram):
    """Whoever is in the group can read the code there."""
    world.write(f"/start {CODE}", ANNA)
    world.write(f"/start@shop_mail_bot {CODE}", GROUP, after=2)
    assert telegram.wait_for_start(BOT, CODE, 60, group=True).id == str(GROUP["id"])


@pytest.mark.parametrize(
    "text",
    [
        "/start",
        "/start aaaaaaaaaa",
        f"/start {CODE}x",
        f"/start x{CODE}",
        f"/start {CODE} {CODE}",
        CODE,
        f"look: /start {CODE}",
        f"/start@other_bot {CODE}",
        f"/start@shop_mail_bot_2 {CODE}",
        f"/startgroup {CODE}",
        f"/start{CODE}",
    ],
)
def test_nothing_else_is_taken_for_it(world, telegram, text):
    """Whatever a stranger writes who does not know the code."""
    world.write(text, STRANGER)
    with pytest.raises(NotHeard):
        wait(telegram)


def test_among_others_messages_the_right_one_is_found(world, telegram):
    """A stranger's code, a photo without text, and what is no message at all."""
    world.write("/start zzzzzzzzzz", STRANGER)
    world.write(None, STRANGER)
    world.updates += [{"update_id": 1, "callback_query": {"data": CODE}}, {"update_id": 2, "message": "x"}, 7]
    world.write(f"/start {CODE}", ANNA, after=1)
    assert wait(telegram).id == "4711"


@pytest.mark.parametrize("chat", [None, {}, {"id": "4711", "type": "private"}, {"id": 1, "type": "bot"}, "x"])
def test_a_chat_that_can_not_be_is_none(world, telegram, chat):
    """It is not Telegram that says so."""
    world.write(f"/start {CODE}", chat)
    with pytest.raises(NotHeard):
        wait(telegram)


def test_what_others_wrote_stays_for_their_program(world, telegram):
    """Nothing is confirmed, neither before nor after; so the same is shown again, and asking pauses."""
    for number in range(50):
        world.write(f"order {number}", STRANGER)
    world.write(f"/start {CODE}", ANNA, after=3)
    assert wait(telegram).id == "4711"
    assert (world.confirmed, len(world.updates)) == (0, 51)


def test_where_too_much_waits_it_says_so_at_once(world, telegram, clock):
    """More than a hundred can't be seen without taking some away."""
    for number in range(100):
        world.write(f"order {number}", STRANGER)
    world.write(f"/start {CODE}", ANNA)
    with pytest.raises(Crowded, match="/newbot"):
        wait(telegram)
    assert (world.confirmed, clock.now) == (0, 0.0)


@pytest.mark.parametrize(("name", "error"), [("webhook", WebhookSet), ("other", OtherReader)])
def test_who_else_gets_what_is_written_to_the_bot_is_said(world, telegram, name, error):
    """At once, and it is left as it is: whoever set it wants it."""
    setattr(world, name, True)
    world.write(f"/start {CODE}", ANNA, after=1)
    with pytest.raises(error) as raised:
        wait(telegram)
    assert "id" in raised.value.fix
    assert world.calls == ["getUpdates"]


def test_after_the_time_it_stops(telegram, clock):
    """Not before, and hardly later."""
    with pytest.raises(NotHeard, match="within 90 seconds"):
        wait(telegram, 90)
    assert 90 <= clock.now <= 91


@pytest.mark.parametrize("fault", ["500", "lost", "429 7", "429"])
def test_a_service_that_fails_for_a_moment_is_asked_again(world, telegram, clock, fault):
    """After as many seconds as it asks for."""
    world.fault = lambda _method, count: fault if count < 2 else ""
    assert telegram.bot() == BOT
    assert clock.now == (14 if "7" in fault else 6)


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ("500", Failing, "out of order"),
        ("lost", Failing, "no whole answer"),
        ("429 7", Failing, "Wait 7 seconds"),
        ("429 900", Failing, "Wait 900 seconds"),
        ("text", NotUnderstood, "TELEGRAM_API_URL"),
        ("302", NotUnderstood, "TELEGRAM_API_URL"),
        ("endless", NotUnderstood, "TELEGRAM_API_URL"),
        ("403", NotUnderstood, "TELEGRAM_API_URL"),
    ],
)
@pytest.mark.parametrize("method", ["bot", "chat", "wait"])
def test_a_service_that_keeps_failing_is_told_by_meaning(world, telegram, clock, fault, error, said, method):
    """Within a minute, and without its secret."""
    world.fault = lambda _method, _count: fault
    calls = {"bot": telegram.bot, "chat": lambda: telegram.chat("1"), "wait": lambda: wait(telegram)}
    with pytest.raises(error) as raised:
        calls[method]()
    assert said in str(raised.value)
    assert "sEcReT" not in repr(raised.value)
    assert clock.now < 60


def test_a_network_that_is_not_there_is_told(clock):
    """A port on which nobody listens."""
    ports = Ports(None, clock.sleep, clock)
    with Telegram(TOKEN, "http://127.0.0.1:1", ports) as telegram, pytest.raises(Unreachable) as raised:
        telegram.bot()
    assert "TELEGRAM_API_URL" in raised.value.fix
    assert raised.value.__cause__ is None


def test_words_that_repeat_the_token_are_not_shown(world, telegram, monkeypatch):
    """Others are."""
    for words, shown in ((f"no method for {TOKEN}", False), ("Bad Request: no", True)):
        body = f'{{"ok": false, "description": "{words}"}}'.encode()
        monkeypatch.setattr(world, "answer", lambda *_, body=body: (400, {}, body, ""))
        with pytest.raises(NotUnderstood) as raised:
            telegram.bot()
        assert raised.value.what == f"Telegram refused getMe (400){': Bad Request: no' * shown}."
        assert "sEcReT" not in str(raised.value)


def test_a_chat_that_was_typed_is_named(telegram):
    """So that one sees a wrong id before alerts go there."""
    assert telegram.chat("-500") == Chat("-500", "group", "Family")
    with pytest.raises(NoSuchChat, match="not find"):
        telegram.chat("12")


def test_an_answer_that_names_no_chat_is_none(world, telegram):
    """It is not Telegram that answers so."""
    world.chats["12"] = {"id": "12", "type": "private"}
    with pytest.raises(NotUnderstood, match="getChat"):
        telegram.chat("12")


def test_no_url_is_logged_because_it_carries_the_token(telegram, world, caplog):
    """As httpx does at level INFO; nor is it in what an object shows of itself."""
    caplog.set_level(logging.DEBUG)
    telegram.bot()
    world.write(f"/start {CODE}")
    wait(telegram)
    assert "sEcReT" not in caplog.text + repr(telegram) + repr(telegram._client)


def test_every_error_has_something_to_do():
    """Of one line each."""
    error = ChatError("It happened.", "Do this.")
    assert str(error) == "It happened. Do this."
