"""Settings: every variable, every problem, no secret."""

from dataclasses import replace

import pytest

from failover.chats import DiscordSettings, MattermostSettings
from failover.settings import VARIABLES, Settings
from failover.zone import Quiet

TOKEN = "123456789:sEcReT-sEcReT-sEcReT-sEcReT"
WEBHOOK = "https://hooks.slack.com/services/T0000/B0000/sEcReT"
NO_HOURS = (
    "QUIET: must be from one time of the day to another, and a time zone; until then it is never quiet:"
    ' QUIET="22:00-07:00 Europe/Berlin"'
)
NTFY_TOKEN = "tk_sEcReT00000000000000000000000"
KEY = "sEcReT000000000000000000000000"
DISCORD = "/webhooks/1100000000000000001/sEcReT-sEcReT-sEcReT-sEcReT"
HOOK = "https://chat.example.com/hooks/sEcReTsEcReTsEcReTsEcReTsE"
INBOX = {"FALLBACK_INBOXES": ["you@inbox.example"]}


def problems(env):
    """Return the problems of an environment, as an owner reads them."""
    return list(map(str, Settings.from_env(env).problems))


def test_the_least_that_works():
    """One inbox is enough; everything else has its default."""
    settings = Settings.from_env(INBOX)
    assert settings == Settings(inboxes=("you@inbox.example",))
    assert (settings.mode, settings.detail, settings.show_codes) == ("first", "subject", False)
    assert settings.telegram is settings.slack is settings.ntfy is None
    assert settings.gotify is settings.pushover is None
    assert settings.discord is settings.mattermost is None


@pytest.mark.parametrize(
    "value",
    [
        ["a@x.example", "b@x.example"],
        "a@x.example, b@x.example",
        "a@x.example\n b@x.example\n",
        '["a@x.example", "b@x.example"]',
        ["a@x.example", "b@x.example", "A@X.example"],
    ],
)
def test_inboxes_may_be_a_list_or_a_text(value):
    """TOML arrays, text with commas and JSON from a command line mean the same; no inbox twice."""
    assert Settings.from_env({"FALLBACK_INBOXES": value}).inboxes == ("a@x.example", "b@x.example")


@pytest.mark.parametrize(
    "table",
    [
        {"Anna@Example.com": "a@x.example", "@Example.org": ["b@x.example", "c@x.example"]},
        '{"anna@example.com": "a@x.example", "@example.org": ["b@x.example", "c@x.example"]}',
    ],
)
def test_routes_are_a_table_keyed_without_case(table):
    """A route's key is compared like an address; its inboxes may be one or several."""
    settings = Settings.from_env({"ROUTES": table})
    assert settings.routes == {
        "anna@example.com": ("a@x.example",),
        "@example.org": ("b@x.example", "c@x.example"),
    }


def test_everything_set():
    """All variables at once, in the types in which TOML and the dashboard deliver them."""
    settings = Settings.from_env(
        INBOX
        | {"FALLBACK_MODE": "All", "ALERT_DETAIL": "preview", "ALERT_CODES": "show"}
        | {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": -1001234567890.0, "TELEGRAM_THREAD_ID": 7}
        | {"TELEGRAM_API_URL": "http://127.0.0.1:8081/", "SLACK_API_URL": "https://slack.test.example/api"}
        | {"SLACK_WEBHOOK_URL": WEBHOOK, "SLACK_BOT_TOKEN": "xoxb-1-sEcReT", "SLACK_CHANNEL": "#mail"}
    )
    assert (settings.mode, settings.detail, settings.show_codes) == ("all", "preview", True)
    assert settings.telegram.chats == ("-1001234567890",)
    assert settings.telegram.thread == "7"
    assert settings.telegram.api_url == "http://127.0.0.1:8081"
    assert settings.slack.webhook_url == "https://slack.test.example/services/T0000/B0000/sEcReT"
    assert settings.slack.channel == "#mail"
    assert "sEcReT" not in repr(settings)


@pytest.mark.parametrize("api_url", ["https://slack.com", "https://slack.com/api/"])
def test_naming_slacks_own_host_leaves_the_webhook_where_it_is(api_url):
    """A webhook lives on a host of its own; only another host takes its place."""
    slack = Settings.from_env(INBOX | {"SLACK_WEBHOOK_URL": WEBHOOK, "SLACK_API_URL": api_url}).slack
    assert slack.webhook_url == WEBHOOK


def test_an_invalid_host_leaves_the_webhook_usable_for_saying_so():
    """The warning goes to Slack itself."""
    settings = Settings.from_env(INBOX | {"SLACK_WEBHOOK_URL": WEBHOOK, "SLACK_API_URL": "ftp://x"})
    assert settings.slack.webhook_url == WEBHOOK


def test_all_problems_at_once_each_with_its_variable_and_fix():
    """The owner reads one list, not one error after the other."""
    assert problems(
        {
            "FALLBACK_INBOXES": ["fine@x.example", "you at example"],
            "FALLBACK_MODE": "fist",
            "ROUTES": {"example.com": "a@x.example", "@ok.example": []},
            "ALERT_DETAIL": "everything",
            "ALERT_CODES": True,
            "TELEGRAM_BOT_TOKEN": "sEcReT",
            "TELEGRAM_CHAT_ID": "my chat",
            "TELEGRAM_API_URL": "http://example.com",
            "SLACK_WEBHOOK_URL": "https://evil.example/services/sEcReT",
            "SLACK_CHANNEL": "C1",
        }
    ) == [
        "FALLBACK_INBOXES: entry 2 is not a mail address; write it like you@example.net",
        "ROUTES: entry 1 must be an address, or @ and a domain: @example.com",
        "ROUTES: entry 2 names no inbox; give it one, or remove it",
        'FALLBACK_MODE: must be "first" or "all"; until then it is "first"',
        'ALERT_DETAIL: must be "subject" or "sender" or "preview"; until then it is "sender"',
        "ALERT_CODES: must be a text",
        "TELEGRAM_API_URL: must be an https:// address without a query; plain http:// only on this machine",
        "TELEGRAM_BOT_TOKEN: is not a bot's token; set it again as BotFather gave it: 123456789:AA…",
        "TELEGRAM_CHAT_ID: must be numbers or @names of chats, separated by commas",
        "SLACK_WEBHOOK_URL: must start with https://hooks.slack.com/services/; copy it again from Slack",
        "SLACK_BOT_TOKEN: is missing: mail-failover chats slack, or remove SLACK_CHANNEL",
    ]


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ({}, "FALLBACK_INBOXES: name at least one inbox: FALLBACK_INBOXES=you@example.net"),
        (
            INBOX | {"TELEGRAM_CHAT_ID": "1"},
            "TELEGRAM_BOT_TOKEN: is missing: mail-failover chats telegram",
        ),
        (
            INBOX | {"TELEGRAM_BOT_TOKEN": TOKEN},
            "TELEGRAM_CHAT_ID: is missing: TELEGRAM_CHAT_ID=123456789",
        ),
        (
            INBOX | {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": list(range(1, 12))},
            "TELEGRAM_CHAT_ID: names more than 10 chats, and only so many are told; use a group",
        ),
        (
            INBOX | {"SLACK_BOT_TOKEN": "xoxb-1-sEcReT"},
            "SLACK_CHANNEL: must be the id of the channel the bot posts to: SLACK_CHANNEL=C0123456789",
        ),
        (
            {"ROUTES": {"a@x.example": "b@x.example", "A@x.example": "c@x.example"}},
            "ROUTES: entry 2 says again where an earlier one's mail goes; keep one",
        ),
        (
            {"ROUTES": {"a@x.example": "b@x.example", "c@x.example": ["d@x.example", "anna"]}},
            "ROUTES: entry 2 names an inbox that is not a mail address",
        ),
        (
            {"ROUTES": {"*@example.com": "b@x.example"}},
            "ROUTES: entry 1 must be an address, or @ and a domain: @example.com",
        ),
        *((INBOX | {"QUIET": wrong}, NO_HOURS) for wrong in ("Europe/Berlin", "22-7", "07:00-07:00", 22)),
        (INBOX | {"QUIET": ["22:00-07:00"]}, "QUIET: must be a text"),
        (
            INBOX | {"QUIET_ALL": True},
            'QUIET: is missing: name the hours: QUIET="22:00-07:00 Europe/Berlin"',
        ),
        (
            INBOX | {"QUIET": "22:00-07:00", "QUIET_ALL": "yes"},
            'QUIET_ALL: must be "false" or "true"; until then it is "false"',
        ),
        (
            INBOX | {"ROUTES": "anna"},
            'ROUTES: must be a table: ROUTES=\'{"@example.com": "you@example.net"}\'',
        ),
    ],
)
def test_one_problem(env, problem):
    """Each way to get a variable wrong has its own words."""
    assert problems(env) == [problem]


def test_quiet_hours_have_a_zone_and_may_be_for_everything():
    """UTC where none is named; a zone that nobody knows is found out where it is asked for."""
    settings = Settings.from_env(INBOX | {"QUIET": " 22:00-07:00 Europe/Berlin", "QUIET_ALL": "True"})
    assert (settings.quiet, settings.quiet_all) == (Quiet(1320, 420, "Europe/Berlin"), True)
    assert Settings.from_env(INBOX | {"QUIET": "22:00-7:00"}).quiet == Quiet(1320, 420, "UTC")
    assert problems(INBOX | {"QUIET": "22:00-07:00 Atlantis/Capital"}) == []


def test_what_is_usable_survives_for_telling_the_owner():
    """A typo in one channel leaves the other able to say so."""
    env = {"SLACK_WEBHOOK_URL": WEBHOOK, "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": "?"}
    settings = Settings.from_env(env)
    assert settings.telegram is None
    assert settings.slack.webhook_url == WEBHOOK


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize(
    "value", ["sEcReT\x00", "sEcReT <script>", ["sEcReT", 1], {"sEcReT": "sEcReT"}, 17, True]
)
def test_a_bad_value_is_never_quoted_and_never_a_crash(variable, value):
    """Whatever stands in a variable, the error does not repeat it: it may be a secret in the wrong place."""
    settings = Settings.from_env({variable: value})
    assert settings.problems
    # What the owner says to those he blocks is for everybody.
    shown = replace(settings, problems=(), block_text="")
    assert "sEcReT" not in str([*map(str, settings.problems)]) + repr(shown)


@pytest.mark.parametrize(
    ("env", "chats", "thread"),
    [
        ({"TELEGRAM_CHAT_ID": ["4711", "my chat"]}, ("4711",), ""),
        ({"TELEGRAM_CHAT_ID": [*range(1, 12)]}, tuple(map(str, range(1, 11))), ""),
        ({"TELEGRAM_CHAT_ID": "4711", "TELEGRAM_THREAD_ID": "general"}, ("4711",), ""),
        ({"TELEGRAM_CHAT_ID": "4711", "TELEGRAM_API_URL": "ftp://x"}, ("4711",), ""),
    ],
)
def test_a_chat_is_used_as_far_as_it_can_be(env, chats, thread):
    """A wrong topic, address or neighbour does not silence it."""
    settings = Settings.from_env(INBOX | {"TELEGRAM_BOT_TOKEN": TOKEN} | env)
    assert len(settings.problems) == 1
    assert (settings.telegram.chats, settings.telegram.thread) == (chats, thread)
    assert settings.telegram.api_url == "https://api.telegram.org"


@pytest.mark.parametrize("value", ["sendr", ["sender"], True])
def test_a_detail_that_can_not_be_read_shows_the_least(value):
    """Whoever meant to hide something must not show it by a typing error."""
    assert Settings.from_env(INBOX | {"ALERT_DETAIL": value}).detail == "sender"


def test_a_wrong_route_keeps_its_own_recipients_and_leaves_the_others():
    """Its mail must not go to somebody else's inbox; of several inboxes those that can be used are kept."""
    table = {"anna@x.example": "anna", "bert@x.example": ["bert", "b@y.example"], "@x.example": "c@y.example"}
    assert Settings.from_env(INBOX | {"ROUTES": table}).routes == {
        "anna@x.example": (),
        "bert@x.example": ("b@y.example",),
        "@x.example": ("c@y.example",),
    }


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_number_that_no_float_holds_is_a_problem_and_no_crash(variable):
    """Of a chat's setting, mail would wait for it."""
    digits = "1" * 400
    for value in (int(digits), f"[{digits}]", {"anna@example.com": [int(digits)]}):
        settings = Settings.from_env(INBOX | {variable: value})
        assert settings.problems or variable == "BLOCK_TEXT"


@pytest.mark.parametrize("variable", ["FALLBACK_INBOXES", "ROUTES", "TELEGRAM_CHAT_ID"])
def test_a_text_that_nests_without_end_is_a_problem_and_no_crash(variable):
    """Whatever it is, the other settings are read."""
    env = INBOX | {"TELEGRAM_BOT_TOKEN": TOKEN, variable: "[" * 100_000}
    assert variable in {problem.variable for problem in Settings.from_env(env).problems}


@pytest.mark.parametrize(
    ("url", "server", "topic"),
    [
        ("https://ntfy.sh/sEcReT", "https://ntfy.sh", "sEcReT"),
        (" https://ntfy.sh/sEcReT/ ", "https://ntfy.sh", "sEcReT"),
        ("https://ntfy.example.com:8443/push/sEcReT_-1", "https://ntfy.example.com:8443/push", "sEcReT_-1"),
        ("http://127.0.0.1:8080/sEcReT", "http://127.0.0.1:8080", "sEcReT"),
    ],
)
def test_an_address_of_ntfy_is_a_server_and_a_topic(url, server, topic):
    """A server of one's own may stand below a path; neither part is ever printed."""
    ntfy = Settings.from_env(INBOX | {"NTFY_URL": url, "NTFY_TOKEN": NTFY_TOKEN}).ntfy
    assert (ntfy.url, ntfy.topic, ntfy.token) == (server, topic, NTFY_TOKEN)
    assert "sEcReT" not in repr(ntfy)


_NTFY_URL = (
    "NTFY_URL: must be a server and a topic: NTFY_URL=https://ntfy.sh/your-topic; "
    "http:// only on this machine"
)
_NTFY_TOKEN = "NTFY_TOKEN: is no access token; set it again, it starts with tk_"
_GOTIFY_TOKEN = "GOTIFY_TOKEN: is no application's token; set it again, it starts with A"
_GOTIFY_URL = "GOTIFY_URL: must be an https:// address without a query; plain http:// only on this machine"
_PUSHOVER = "must be 30 letters and digits; copy it again from pushover.net"


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        *(({"NTFY_URL": url}, _NTFY_URL)
          for url in ("sEcReT", "ntfy.sh/sEcReT", "https://ntfy.sh", "https://ntfy.sh/", "ftp://x/sEcReT",
                      "http://ntfy.sh/sEcReT", "https://ntfy.sh/sEcReT?auth=1", "https://a:b@ntfy.sh/sEcReT",
                      f"https://ntfy.sh/{'s' * 65}", "https://ntfy.sh/s\u00e9cret", 17)),
        ({"NTFY_URL": ["https://ntfy.sh/x"], "NTFY_TOKEN": NTFY_TOKEN}, "NTFY_URL: must be a text"),
        ({"NTFY_TOKEN": NTFY_TOKEN}, "NTFY_URL: is missing: mail-failover chats ntfy, or remove NTFY_TOKEN"),
        *(({"NTFY_URL": "https://ntfy.sh/x", "NTFY_TOKEN": token}, _NTFY_TOKEN)
          for token in ("sEcReT", "tk_", f"{NTFY_TOKEN} x", "tk_s\u00e9crets")),
        ({"GOTIFY_TOKEN": "AsEcReTsEcReT"}, "GOTIFY_URL: is missing: GOTIFY_URL=https://gotify.example.com"),
        ({"GOTIFY_URL": "https://g.example"},
         "GOTIFY_TOKEN: is missing: mail-failover chats gotify, or remove GOTIFY_URL"),
        *(({"GOTIFY_URL": "https://g.example", "GOTIFY_TOKEN": token}, _GOTIFY_TOKEN)
          for token in ("sEcReT", "AsEcReT sEcReT", "AsEcReTs\u00e9crets")),
        ({"GOTIFY_URL": "http://g.example", "GOTIFY_TOKEN": "AsEcReTsEcReT"}, _GOTIFY_URL),
        ({"GOTIFY_URL": "https://g.example", "GOTIFY_TOKEN": True}, "GOTIFY_TOKEN: must be a text"),
        ({"PUSHOVER_TOKEN": KEY}, "PUSHOVER_USER: is missing: mail-failover chats pushover"),
        ({"PUSHOVER_USER": KEY}, "PUSHOVER_TOKEN: is missing: mail-failover chats pushover"),
        ({"PUSHOVER_TOKEN": KEY, "PUSHOVER_USER": "you@example.net"}, f"PUSHOVER_USER: {_PUSHOVER}"),
        ({"PUSHOVER_TOKEN": f"{KEY}0", "PUSHOVER_USER": KEY}, f"PUSHOVER_TOKEN: {_PUSHOVER}"),
        ({"PUSHOVER_TOKEN": KEY, "PUSHOVER_USER": True}, "PUSHOVER_USER: must be a text"),
    ],
)  # fmt: skip
def test_each_setting_of_a_pushed_channel_that_is_wrong_has_its_own_words(env, problem):
    """Once, with what mends it, and no value; what can't be used is left out."""
    settings = Settings.from_env(INBOX | env)
    assert [*map(str, settings.problems)] == [problem]
    assert settings.inboxes == ("you@inbox.example",)
    assert settings.gotify is settings.pushover is None
    assert settings.ntfy is None or (settings.ntfy.topic, settings.ntfy.token) == ("x", "")


def test_another_address_of_pushover_that_can_not_be_used_is_passed_over():
    """The alert that says so goes to the service itself."""
    env = {"PUSHOVER_TOKEN": KEY, "PUSHOVER_USER": KEY, "PUSHOVER_API_URL": "ftp://x"}
    settings = Settings.from_env(INBOX | env)
    assert [problem.variable for problem in settings.problems] == ["PUSHOVER_API_URL"]
    assert settings.pushover.api_url == "https://api.pushover.net"


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://discord.com/api", "https://discord.com"),
        ("https://discordapp.com/api", "https://discord.com"),
        ("https://canary.discord.com/api/v9", "https://discord.com"),
        ("https://ptb.discord.com/api/v10", "https://discord.com"),
        ("http://127.0.0.1:8081/api", "http://127.0.0.1:8081"),
        ("http://[::1]:8081/api/v10", "http://[::1]:8081"),
    ],
)
def test_discord_is_spoken_to_in_one_version_wherever_its_webhook_was_copied(written, origin):
    """Without a version its API is an old one; test clients' hosts have the same webhooks."""
    env = INBOX | {"DISCORD_WEBHOOK_URL": f"{written}{DISCORD}", "DISCORD_THREAD_ID": "1200000000000000002"}
    settings = Settings.from_env(env)
    assert settings.discord == DiscordSettings(f"{origin}/api/v10{DISCORD}", "1200000000000000002")
    assert (settings.problems, "sEcReT" in repr(settings)) == ((), False)


@pytest.mark.parametrize(
    "url",
    [
        f"http://discord.com/api{DISCORD}",
        f"https://discord.com.evil.example/api{DISCORD}",
        f"https://evil.example/api{DISCORD}",
        f"https://discord.com/api{DISCORD}/slack",
        f"https://discord.com/api{DISCORD}?thread_id=1",
        f"https://discord.com@evil.example/api{DISCORD}",
        "https://discord.com/api/webhooks/1/sEcReT-sEcReT-sEcReT-sEcReT",
        "https://discord.com/api/webhooks/1100000000000000001/sEcReT",
        "https://discord.gg/sEcReT",
    ],
)
def test_what_is_no_webhook_of_discords_is_a_problem(url):
    """Nothing is sent anywhere else."""
    env = INBOX | {"DISCORD_WEBHOOK_URL": url}
    assert problems(env) == [
        "DISCORD_WEBHOOK_URL: must start with https://discord.com/api/webhooks/; copy it again from Discord"
    ]
    assert Settings.from_env(env).discord is None


@pytest.mark.parametrize("thread", ["general", "7", 1200000000000000002, 1.2e18, "1200000000000000002x"])
def test_a_thread_of_discords_that_is_none_leaves_the_channel(thread):
    """As a number it would have lost its last digits on the way: it is none without quotes."""
    env = INBOX | {"DISCORD_WEBHOOK_URL": f"https://discord.com/api{DISCORD}", "DISCORD_THREAD_ID": thread}
    fix = 'must be a thread\'s number, in quotes: "1234567890123456789"; leave it out for the channel'
    assert problems(env) == [f"DISCORD_THREAD_ID: {fix}"]
    assert Settings.from_env(env).discord.thread == ""


def test_a_thread_without_a_webhook_is_a_problem():
    """Whichever of the two was forgotten."""
    assert problems(INBOX | {"DISCORD_THREAD_ID": "1200000000000000002"}) == [
        "DISCORD_WEBHOOK_URL: is missing: mail-failover chats discord, or remove DISCORD_THREAD_ID"
    ]


@pytest.mark.parametrize(
    "url",
    [
        HOOK,
        HOOK.replace("/hooks", ":8443/team/chat/hooks"),
        HOOK.replace("https://chat.example.com", "http://localhost:8065"),
    ],
)
def test_a_mattermost_may_be_anywhere(url):
    """In a folder, on another port, on this machine."""
    settings = Settings.from_env(INBOX | {"MATTERMOST_WEBHOOK_URL": url})
    assert settings.mattermost == MattermostSettings(url)
    assert (settings.problems, "sEcReT" in repr(settings)) == ((), False)


@pytest.mark.parametrize(
    "url",
    [
        HOOK.replace("https", "http"),
        HOOK.replace("hooks", "api"),
        f"{HOOK}/x",
        f"{HOOK}?x",
        HOOK.replace("chat", "sEcReT@chat"),
        "https://chat.example.com/hooks/",
        "chat.example.com",
    ],
)
def test_what_is_no_webhook_of_mattermosts_is_a_problem(url):
    """It is left out."""
    env = INBOX | {"MATTERMOST_WEBHOOK_URL": url}
    fix = "must be like https://chat.example.com/hooks/…, http:// only on this machine"
    assert problems(env) == [f"MATTERMOST_WEBHOOK_URL: {fix}; copy it again from Mattermost"]
    assert Settings.from_env(env).mattermost is None
