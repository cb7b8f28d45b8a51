"""`chats telegram`: from a token to a chat; each answer wrong once, and nothing written unseen."""

import re
import stat

import pytest
import typer

from mail_failover.chats import telegram as module
from mail_failover.console.voice import Voice
from standins.messengers import ANNA, FORUM, STRANGER, TOKEN

CODE = "k7mq2vx9wd"
LINK = f"https://t.me/shop_mail_bot?start={CODE}"
WRITTEN = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": "4711"}


@pytest.fixture(autouse=True)
def code(monkeypatch):
    """Let the code be one that is known."""
    monkeypatch.setattr(module, "new_code", lambda: CODE)


def test_a_private_chat_is_found_tried_and_written(person):
    """Four things are asked of a person: the token, a click, whether the alert came, whether to write."""
    person.answers = [TOKEN, True, True]
    person.messengers.follow(LINK, after=2)
    code, out, err = person.types("telegram")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "The token is that of the bot Mail alerts (@shop_mail_bot).",
        "Open this link where you use Telegram, and press Start:",
        f"  {LINK}",
        "Found: a private chat with Anna Muster (@anna), id 4711.",
        "Test alert, telegram: sent; see that it arrived",
        ".dev.vars:",
        "  TELEGRAM_BOT_TOKEN: as you gave it",
        "  TELEGRAM_CHAT_ID: 4711",
        ".dev.vars is written.",
        "Next: `mail-failover deploy` gives it to the Worker.",
    ]
    assert person.settings == WRITTEN
    assert stat.S_IMODE((person.folder / ".dev.vars").stat().st_mode) == 0o600
    [(_, chat, seen)] = person.posts
    assert (chat, "`mail-failover chats` sent this" in seen) == ("4711", True)
    assert person.messengers.confirmed == 0


def test_typed_again_nothing_is_asked_that_is_known(person):
    """The token is there, and stays as it is."""
    person.answers = [TOKEN, True, True]
    person.messengers.follow(LINK)
    person.types("telegram")
    before = (person.folder / ".dev.vars").read_bytes()
    person.answers = [True]
    code, out, _ = person.types("telegram")
    assert (code, person.asked[-1]) == (0, "Has it arrived in that chat?")
    assert "TELEGRAM_BOT_TOKEN comes from the settings; with --new you are asked for another one." in out
    assert "Nothing to write: .dev.vars says so already." in out
    assert (person.folder / ".dev.vars").read_bytes() == before


def test_each_wrong_answer_is_said_and_asked_again(person):
    """No token, a wrong one, a code that nobody wrote, no id, an alert that did not come; then it goes on."""
    person.messengers.write("/start zzzzzzzzzz", STRANGER)
    person.answers = ["nonsense", "123456789:another-secret-0000000000", TOKEN, "four", "12", "-500"]
    person.answers += [False, True, True, True]
    code, out, err = person.types("telegram", wait=5)
    assert code == 0
    assert "TELEGRAM_BOT_TOKEN can't be used" in err
    assert "Telegram does not know this bot's token" in err
    assert "within 5 seconds" in err
    assert "TELEGRAM_CHAT_ID can't be used" in err
    assert "Telegram does not find that chat" in err
    assert "Found: the group Family, id -500." in out
    assert [question for question in person.asked if "again" in question] == ["Send it again?"]
    assert person.settings == WRITTEN | {"TELEGRAM_CHAT_ID": "-500"}
    assert len(person.posts) == 2


@pytest.mark.parametrize(
    ("name", "said"), [("webhook", "A webhook is set for this bot"), ("other", "Another program asks")]
)
def test_where_the_code_can_not_come_an_id_is_taken(person, name, said):
    """Alerts arrive all the same, and whoever else has the bot keeps it."""
    setattr(person.messengers, name, True)
    person.answers = [TOKEN, "4711", True, True]
    code, _, err = person.types("telegram")
    assert (code, said in err, person.settings) == (0, True, WRITTEN)


def test_a_group_is_found_and_the_apps_that_lose_the_code_are_helped(person):
    """By the command that they should have sent."""
    person.answers = [TOKEN, True, True]
    person.messengers.follow(LINK.replace("start=", "startgroup="), FORUM)
    code, out, _ = person.types("telegram", group=True)
    assert (code, f"  {LINK.replace('start=', 'startgroup=')}\n" in out) == (0, True)
    assert f"write there:\n  /start@shop_mail_bot {CODE}\n" in out
    assert "Found: the group House, id -1001234567890." in out
    assert person.settings["TELEGRAM_CHAT_ID"] == "-1001234567890"


def test_a_topic_is_found_and_alerts_go_there(person):
    """A topic that was set before, and is none any more, goes."""
    person.answers = [TOKEN, True, True]
    person.messengers.write_in_topic(f"/start@shop_mail_bot {CODE}", 77, "Mail")
    code, out, _ = person.types("telegram", group=True)
    assert (code, "Found: the topic Mail of the group House, id -1001234567890." in out) == (0, True)
    assert person.settings["TELEGRAM_THREAD_ID"] == "77"
    person.messengers.updates.clear()
    person.messengers.write(f"/start {CODE}")
    person.answers = [True, True]
    code, out, _ = person.types("telegram")
    assert "  TELEGRAM_THREAD_ID: none (was 77)" in out
    assert person.settings == WRITTEN


def test_a_topic_of_wrangler_toml_is_hidden_where_there_is_none(person):
    """That file is not ours to change."""
    with (person.folder / "wrangler.toml").open("a") as file:
        file.write('TELEGRAM_THREAD_ID = "77"\n')
    person.answers = [TOKEN]
    assert person.types("telegram", chat="4711", yes=True)[0] == 0
    assert person.settings == WRITTEN | {"TELEGRAM_THREAD_ID": ""}


def test_a_topic_that_is_not_there_is_not_written(person):
    """The alert went to the chat itself, and says so."""
    person.terminal, person.env = False, {"TELEGRAM_BOT_TOKEN": TOKEN}
    code, said, _ = person.types("telegram", chat="-1001234567890", topic="77", yes=True, json=True)
    assert (code, person.settings) == (1, {})
    assert "sent, but by telegram without its topic" in said["error"]["what"]
    person.messengers.topics.add(77)
    code, said, _ = person.types("telegram", chat="-1001234567890", topic="77", yes=True, json=True)
    assert (code, said["chat"]["thread"], person.settings["TELEGRAM_THREAD_ID"]) == (0, "77", "77")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"topic": "77"}, "--topic names a topic of a chat"),
        ({"chat": "4711", "topic": "1x"}, "TELEGRAM_THREAD_ID can't be used"),
        ({"chat": "four"}, "TELEGRAM_CHAT_ID can't be used"),
    ],
)
def test_a_chat_that_can_not_be_is_wrong_usage(person, options, said):
    """Nothing is sent and nothing written."""
    person.terminal, person.env = False, {"TELEGRAM_BOT_TOKEN": TOKEN}
    code, _, err = person.types("telegram", yes=True, **options)
    assert (code, said in err, person.posts, person.settings) == (2, True, [], {})


def test_names_of_others_can_not_write_to_the_terminal(person):
    """Nor hide, nor forge another line."""
    evil = "Anna\x1b[31m\nFound: \u202eevil"
    person.messengers.bot["first_name"] = evil
    person.messengers.follow(LINK, ANNA | {"first_name": evil})
    person.answers = [TOKEN, True, True]
    _, out, _ = person.types("telegram")
    assert not re.search("[\x1b\u202e]", out)
    assert len([line for line in out.splitlines() if line.startswith("Found: ")]) == 1


def test_a_no_writes_nothing(person):
    """And is exit code 1."""
    person.messengers.follow(LINK)
    person.answers = [TOKEN, True, False]
    code, out, _ = person.types("telegram")
    assert (code, out.splitlines()[-1], person.settings) == (1, "Nothing was written.", {})


def test_an_alert_that_nobody_saw_is_not_written(person):
    """It says what to do then."""
    person.messengers.follow(LINK)
    person.answers = [TOKEN, False, False]
    code, _, err = person.types("telegram")
    assert (code, person.settings) == (1, {})
    assert "Nobody saw the test alert. Nothing was written." in err
    assert "run `mail-failover chats telegram` again" in err


def test_an_alert_that_fails_is_not_written_even_with_yes(person):
    """What is wrong is said, without the token."""
    person.terminal, person.answers = False, [f"{TOKEN}\n"]
    person.messengers.fault = lambda method, count: "403" if method == "sendMessage" else ""
    code, said, err = person.types("telegram", chat="4711", yes=True, json=True)
    assert (code, said["error"]["kind"], said["written"]) == (1, "NoAlert", False)
    assert said["alerts"][0]["state"] == "failed"
    assert (person.settings, "Nothing was written" in err) == ({}, True)


def test_a_script_pipes_the_token_and_names_the_chat(person):
    """And gets one JSON value."""
    person.terminal, person.answers = False, [f"{TOKEN}\n"]
    code, said, err = person.types("telegram", chat="-500", yes=True, json=True)
    assert (code, err, said["version"], said["exit_code"]) == (0, "", 1, 0)
    assert said["bot"] == {"id": 123456789, "name": "Mail alerts", "username": "shop_mail_bot"}
    assert said["chat"] == {"id": "-500", "kind": "group", "name": "Family", "thread": "", "topic": ""}
    assert (said["written"], said["file"]) == (True, ".dev.vars")
    assert person.settings == WRITTEN | {"TELEGRAM_CHAT_ID": "-500"}


def test_a_script_that_waits_is_told_the_link_while_it_waits(person):
    """On stderr: the JSON comes at the end. --show writes nothing."""
    person.terminal, person.env = False, {"TELEGRAM_BOT_TOKEN": TOKEN}
    person.messengers.follow(LINK, after=1)
    code, said, err = person.types("telegram", show=True, test=False, json=True)
    assert (code, said["link"], said["chat"]["id"], said["written"]) == (0, LINK, "4711", False)
    assert err == f"mail-failover: Open {LINK} where you use Telegram, and press Start.\n"
    assert (person.settings, person.posts) == ({}, [])


def test_without_a_terminal_it_begins_nothing_that_it_could_not_finish(person):
    """Nobody can agree to what is written; the line to paste says so."""
    person.terminal = False
    code, _, err = person.types("telegram", group=True)
    assert (code, person.messengers.calls) == (2, [])
    assert "`mail-failover chats telegram --group --yes`" in err


def test_without_a_token_it_says_how_to_hand_one_in(person):
    """Never as an argument, which other users of the machine can see."""
    person.terminal = False
    code, _, err = person.types("telegram", yes=True)
    assert (code, "Hand it in by standard input" in err) == (2, True)


@pytest.mark.parametrize(("fault", "kind"), [("500", "Failing"), ("text", "NotUnderstood")])
def test_a_service_that_fails_is_told_by_meaning(person, fault, kind):
    """And is no matter of the token."""
    person.answers = [TOKEN]
    person.messengers.fault = lambda _method, _count: fault
    code, out, _ = person.types("telegram")
    assert (code, out, person.settings) == (1, "", {})
    person.terminal, person.answers = False, [TOKEN]
    assert person.types("telegram", yes=True, json=True)[1]["error"]["kind"] == kind


@pytest.mark.parametrize("answers", [[KeyboardInterrupt()], [typer.Abort()], [TOKEN, KeyboardInterrupt()]])
def test_a_ctrl_c_says_that_nothing_is_written_and_how_to_go_on(person, answers):
    """Wherever it comes; 130."""
    person.messengers.follow(LINK)
    person.answers = answers
    code, _, err = person.types("telegram")
    assert (code, person.settings) == (130, {})
    assert "What was not said to be written is not written. Run `mail-failover chats telegram` again" in err


@pytest.mark.parametrize("address", ["ftp://x", "https://[::1", "https://a:b", "https://[]"])
def test_an_address_that_can_not_be_used_is_no_fault_of_the_token(person, address):
    """So no other one is asked for."""
    (person.folder / ".dev.vars").write_text(f"TELEGRAM_API_URL={address}\n")
    code, _, err = person.types("telegram")
    assert (code, "TELEGRAM_API_URL can't be used" in err, person.asked) == (2, True, [])


def test_other_settings_stay_as_they_are(person):
    """With their comments; a chat that was set is shown."""
    path = person.folder / ".dev.vars"
    path.write_text("# mine\nFALLBACK_INBOXES=you@x.test\nTELEGRAM_CHAT_ID=1\n")
    person.messengers.follow(LINK)
    person.answers = [TOKEN, True, True]
    _, out, _ = person.types("telegram")
    assert "  TELEGRAM_CHAT_ID: 4711 (was 1)" in out
    assert path.read_text().startswith("# mine\nFALLBACK_INBOXES=you@x.test\n")
    assert person.settings == WRITTEN | {"FALLBACK_INBOXES": "you@x.test"}


def test_the_link_is_drawn_where_a_terminal_can_show_it(person, monkeypatch):
    """Not where it would be broken."""
    voice = Voice(as_json=False)
    sizes = []
    monkeypatch.setattr(Voice, "width", property(lambda _: sizes[0]))
    monkeypatch.setattr(type(voice.out), "height", property(lambda _: 24))
    for width, drawn in ((80, True), (20, False), (0, False)):
        sizes[:] = [width]
        lines = module._fitting(voice, LINK).split("\n")
        assert (len(lines) > 10) is drawn
        assert {len(line) for line in lines} == ({len(lines[0])} if drawn else {0})
