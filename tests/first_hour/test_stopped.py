"""`init` stopped at each question and during each command underneath, in every way, and gone on with.

What is typed to go on is what the last line says.
"""

import os
import re
import signal

import pytest

from standins import messengers
from standins.cloudflare import TOKEN
from standins.outside import Ended
from standins.terminal import CTRL_C

CTRL_D = "\x04"
LINK = "https://t.me/shop_mail_bot?start="
# All that is asked, and what is typed then.
ANSWERS = {
    "Open that page in a browser here?": "n",
    "Paste the token": TOKEN,
    "The inbox's address:": "anna@inbox.test",
    "Another inbox": "n",
    "Which one? [1-8]": "1",
    "The bot's token": messengers.TOKEN,
    LINK: "",
    "Has it arrived in that chat?": "y",
    "Write this into .dev.vars?": "y",
    "Change example.com as shown?": "y",
    "Your address in example.com": "anna@example.com",
    "The sender's address": "root@example.com",
    "Has it arrived in the inbox": "y",
    "Set that up?": "n",
}
# What is asked again if it ends within: a form and its token, a bot and its chat, a message and what comes.
PIECES = (
    ("Open that page in a browser here?", "Paste the token"),
    ("The bot's token", LINK, "Has it arrived in that chat?", "Write this into .dev.vars?"),
    ("Has it arrived in the inbox", "Set that up?"),
)
ALL = ("--inbox", "anna@inbox.test", "--chat", "telegram", "--to", "anna@example.com")
ALL += ("--from", "root@example.com", "--yes")
# In order, what is under way, one of its requests, which one of these, and what is done by then.
SCRIPT = "/accounts/account-1/workers/scripts/"
UNDERNEATH = (
    ("the token", f"DELETE {SCRIPT}", 1, "nothing yet"),
    ("setup plan", "GET /zones/zone-1/email/routing$", 1, "token"),
    ("chats", "getMe", 1, "token, domain, inboxes"),
    ("deploy", f"PUT {SCRIPT}mail-failover$", 1, "token, domain, inboxes, chat"),
    ("setup status", "GET /zones/zone-1/email/routing$", 2, "token, domain, inboxes, chat, deploy"),
    ("setup apply", "POST /zones/zone-1/dns_records/batch$", 1, "token, domain, inboxes, chat, deploy"),
    ("doctor", f"GET {SCRIPT}mail-failover/secrets$", 1, "token, domain, inboxes, chat, deploy, setup"),
    ("drill", "DATA", 1, "token, domain, inboxes, chat, deploy, setup, doctor"),
)


def answer_until(terminal, telegram, last):
    """Answer all questions but the last one; return what was asked."""
    asked = []
    while not asked or asked[-1] != last:
        asked.append(terminal.see(*ANSWERS))
        question = asked[-1]
        if question == LINK != last:
            telegram.follow(LINK + terminal.expect(r"(\w+)\s")[1])
        elif question != last:
            terminal.finish(ANSWERS[question])
    return asked


def up_to(question):
    """Return what is asked up to it, of what is one piece with it."""
    for piece in PIECES:
        if question in piece:
            return [*piece[: piece.index(question) + 1]]
    return [question]


@pytest.mark.long
def test_ctrl_c_at_each_question_and_going_on_asks_nothing_that_was_answered(outside):
    """And says each time what is done."""
    words, before, done = ["init"], [], ""
    for question in ANSWERS:
        outside.cloudflare.requests.clear()
        with outside.terminal(*words) as terminal:
            asked = answer_until(terminal, outside.messengers, question)
            terminal.press(CTRL_C)
            ended = Ended(terminal.ended(), terminal.seen)
        now = up_to(question)
        assert asked == [*(before if before != now[:-1] else []), *now]
        assert (question, ended.code) == (question, 130)
        assert "Traceback" not in ended.out
        assert question == LINK or "\nmail-failover: Interrupted." in ended.out, "on a line of its own"
        [found] = re.findall(r"Done: ([^.]*)\.", ended.out)
        assert found.startswith(done.replace("nothing yet", "")), "nothing is undone"
        # Who has named an inbox, and stops, has named one.
        words, before, done = ended.to_go_on, [] if question == "Another inbox" else now, found
    assert done == "token, domain, inboxes, chat, deploy, setup, doctor, drill"
    assert words == ["init", "--to", "anna@example.com", "--from", "root@example.com"]


@pytest.mark.parametrize(
    ("how", "code"), [("Ctrl-D", 130), ("SIGTERM", 143), ("the terminal is closed", 129)]
)
@pytest.mark.parametrize("words", [(), ALL], ids=["asking by itself", "a command asks"])
def test_however_it_ends_the_exit_code_tells(outside, how, code, words):
    """By the end of the input, a request to terminate, a terminal that is closed: Ctrl-C is above."""
    with outside.terminal("init", *words, env={"CLOUDFLARE_API_TOKEN": TOKEN}) as terminal:
        terminal.see("The bot's token" if words else "The inbox's address")
        # With the space it reads.
        terminal.see(": ")
        terminal.settle()
        if how == "Ctrl-D":
            terminal.press(CTRL_D)
        elif how == "SIGTERM":
            os.kill(terminal.process.pid, signal.SIGTERM)
        else:
            terminal.hang_up()
        ended = Ended(terminal.ended(), terminal.seen)
    assert ended.code == code
    assert "Traceback" not in ended.out
    if how != "the terminal is closed":
        assert ended.to_go_on == ["init", *words[2:]]


def watched(outside, watch):
    """Let every request be told to this function, as a line, before it is answered."""
    outside.cloudflare.fault = lambda _count, method, path: watch(f"{method} {path}")
    outside.messengers.fault = lambda method, _count: watch(method) or ""
    outside.edge.watch = lambda: watch("DATA")


def test_ctrl_c_during_each_command_underneath_and_going_on_ends_it(outside):
    """Also while a command is asked for its JSON alone: a Ctrl-C is never lost, and nothing is begun anew."""
    words = ["init", *ALL, "--chat-id", "4711"]
    secrets = {"CLOUDFLARE_API_TOKEN": TOKEN, "TELEGRAM_BOT_TOKEN": messengers.TOKEN}
    for name, pattern, which, done in UNDERNEATH:
        outside.cloudflare.requests.clear()
        left = [which]
        with outside.terminal(*words, env=secrets) as terminal:

            def watch(request, pattern=pattern, left=left, terminal=terminal):
                if re.match(pattern, request):
                    left[0] -= 1
                    if left[0] == 0:
                        terminal.type(CTRL_C, end="")

            watched(outside, watch)
            ended = Ended(terminal.ended(), terminal.seen)
        assert (name, ended.code) == (name, 130), ended.out
        assert (name, re.findall(r"Done: ([^.]*)\.", ended.out)) == (name, [done])
        # Of a message that may arrive all the same `drill` says that.
        assert ended.out.count("Interrupted.") == (name != "drill")
        assert "Traceback" not in ended.out
        words = ended.to_go_on
    watched(outside, lambda request: None)
    with outside.terminal(*words, env=secrets) as terminal:
        terminal.answer("Set that up?", "n")
        assert Ended(terminal.ended(), terminal.seen).code == 0
    assert len(outside.messengers.chat.posts) == 1
