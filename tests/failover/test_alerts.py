"""The table of who is told of whose mail: how it is read, and what of it can't be used."""

import json

import pytest

from failover.alerts import SERVICES, Audience
from failover.audience import audience_of, audiences, owner, shown_to
from failover.settings import Settings
from notify.channels import channels_of, destinations_of
from standins.world import SLACK_BOT, SLACK_WEBHOOK, TELEGRAM

BOTH = {"FALLBACK_INBOXES": "you@inbox.example"} | TELEGRAM | SLACK_WEBHOOK
ALL = BOTH | SLACK_BOT
HERS = {"telegram": {"chat": "99"}}
SECRET = "sEcReT-value"


def read(alerts, env=ALL):
    """Read the settings with this table."""
    return Settings.from_env(env | {"ALERTS": alerts})


def keys(recipient, settings):
    """Name where a recipient's mail is told."""
    return [*destinations_of(audience_of(recipient, settings))]


@pytest.mark.parametrize("as_text", [False, True])
def test_a_recipient_is_looked_up_as_for_routes(as_text):
    """Exact, then without its detail, then its domain, then everybody; spelled as it may be."""
    table = {
        "Anna@Example.com": HERS,
        "anna+shop@example.com": {"telegram": {"chat": 77, "topic": 5}},
        "@bücher.example": ["slack"],
    }
    settings = read(json.dumps(table) if as_text else table)
    assert settings.problems == ()
    assert keys("ANNA@example.com.", settings) == ["anna@example.com telegram 99"]
    assert keys("anna+other@example.com", settings) == ["anna@example.com telegram 99"]
    assert keys("anna+shop@example.com", settings) == ["anna+shop@example.com telegram 77"]
    assert keys("x@xn--bcher-kva.example", settings) == [
        "@bücher.example slack webhook",
        "@bücher.example slack bot C0123456789",
    ]
    assert keys("bert@example.com", settings) == ["telegram 4711", "slack webhook", "slack bot C0123456789"]
    assert [audience.name for audience in audiences(settings)] == [
        *("", "anna@example.com", "anna+shop@example.com", "@bücher.example")
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("telegram", {"telegram 4711"}),
        ("Telegram, slack", {"telegram 4711", "slack webhook", "slack bot C0123456789"}),
        (["slack"], {"slack webhook", "slack bot C0123456789"}),
        ({"slack": {}}, {"slack webhook", "slack bot C0123456789"}),
        ({"slack": {"chat": "#anna"}}, {"slack bot #anna"}),
        ({"telegram": {"topic": "8"}}, {"telegram 4711"}),
        ([], set()),
    ],
)
def test_an_entry_names_channels_and_what_is_other_there(value, told):
    """A name, several, or a table; another channel of Slack's is the bot's alone."""
    settings = read({"anna@example.com": value})
    assert settings.problems == ()
    assert {key.removeprefix("anna@example.com ") for key in keys("anna@example.com", settings)} == told
    assert not audience_of("anna@example.com", settings).lost


def test_another_chat_has_none_of_the_usual_ones_topics():
    """A topic's number is one chat's own."""
    env = ALL | {"TELEGRAM_THREAD_ID": "7"}
    settings = read({"a@x.example": HERS, "b@x.example": {"telegram": {"topic": 8}}}, env)
    [hers], [his] = (
        destinations_of(audience_of(name, settings)).values() for name in ("a@x.example", "b@x.example")
    )
    assert (hers.channel.chat_id, hers.channel.thread_id) == ("99", "")
    assert (his.channel.chat_id, his.channel.thread_id) == ("4711", "8")


def test_whose_alerts_go_to_the_same_places_are_one_audience():
    """A person with three addresses has one conversation; who is told like everybody is everybody."""
    settings = read(
        {
            "anna@example.com": HERS,
            "info@example.com": {"telegram": {"chat": 99}},
            "shop@example.com": {"telegram": {"chat": "99", "detail": "sender"}},
            "bert@example.com": ["slack", "telegram"],
            "nobody@example.com": [],
            "noreply@example.com": [],
        }
    )
    names = {key: audience_of(key, settings).name for key in settings.alerts}
    assert names == {
        "anna@example.com": "anna@example.com info@example.com",
        "info@example.com": "anna@example.com info@example.com",
        "shop@example.com": "shop@example.com",
        "bert@example.com": "",
        "nobody@example.com": "nobody@example.com",
        "noreply@example.com": "noreply@example.com",
    }
    assert audience_of("bert@example.com", settings) == owner(settings)


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (SECRET, "names what is no channel; there are telegram, slack, ntfy"),
        ({"telegram": {"chat": SECRET}}, 'must give telegram a chat like "123456789"'),
        ({"telegram": {"chat": None}}, 'must give telegram a chat like "123456789"'),
        ({"telegram": {"topic": SECRET}}, 'must give telegram a topic like "7"'),
        ({"telegram": {"room": SECRET}}, "changes what can't be other for telegram; only"),
        ({"telegram": SECRET}, "must say in a table what is other for a channel"),
        ({"slack": {"chat": "two words"}}, 'must give slack a chat like "C0123456789"'),
        ({"slack": {"topic": "8"}}, 'changes what can\'t be other for slack; only "chat" and "detail" can'),
        ({}, "names no channel"),
        ("", "names no channel"),
        (None, "names no channel"),
        (7, "names what is no channel"),
        (True, "must be a list"),
    ],
)
def test_a_rule_that_can_not_be_used_is_a_rule_all_the_same(value, fix):
    """Its alerts go to nobody else, and the problem says what mends it without quoting anything."""
    settings = read({"bert@example.com": "telegram", "anna@example.com": value})
    assert all(problem.variable == "ALERTS" for problem in settings.problems)
    assert fix in " ".join(problem.fix for problem in settings.problems)
    assert "entry 2" in str(settings.problems) or value is True
    assert SECRET not in str(settings.problems)
    assert audience_of("anna@example.com", settings) == Audience("anna@example.com", (), lost=True)


def test_what_can_be_used_of_a_rule_is():
    """One channel of two; a detail that is none shows the least."""
    value = {"telegram": {"chat": "99", "detail": "everything"}, "slack": {"topic": "8"}}
    settings = read({"anna@example.com": value})
    assert len(settings.problems) == 2
    assert 'until then it is "sender"' in str(settings.problems[0])
    [(key, destination)] = destinations_of(audience_of("anna@example.com", settings)).items()
    assert (key, destination.detail) == ("anna@example.com telegram 99", "sender")


@pytest.mark.parametrize(
    ("env", "value", "fix"),
    [
        (BOTH, {"slack": {"chat": "C999"}}, "gives slack a channel, and only a bot has several"),
        ({"FALLBACK_INBOXES": "a@b.example"} | TELEGRAM, ["slack"], "names slack, which is not set up: set"),
        ({"FALLBACK_INBOXES": "a@b.example"} | SLACK_BOT, ["telegram"], "set TELEGRAM_BOT_TOKEN and"),
    ],
)
def test_what_a_rule_names_must_be_set_up(env, value, fix):
    """The problem names what is missing."""
    settings = read({"anna@example.com": value}, env)
    assert fix in str(settings.problems)
    assert audience_of("anna@example.com", settings).lost


def test_an_entry_for_an_address_again_is_left_out():
    """The first one stands."""
    settings = read({"anna@example.com": HERS, "ANNA@example.com": "slack"})
    assert "entry 2 says again who is told" in str(settings.problems)
    assert keys("anna@example.com", settings) == ["anna@example.com telegram 99"]


@pytest.mark.parametrize("key", ["anna", "anna@example,com", "@", "", "an na@example.com"])
def test_an_entry_for_no_address_may_be_for_anybody(key):
    """So nobody is told, as long as it stands there; every problem is named all the same."""
    settings = read({"bert@example.com": HERS, key: "slack", "carl@example.com": "nothing"})
    first, second = map(str, settings.problems)
    assert first.startswith("ALERTS: entry 2 must be for an address, or @ and a domain; until then nobody")
    assert second.startswith("ALERTS: entry 3 names what is no channel")
    assert settings.alerts is None
    assert audience_of("bert@example.com", settings) == Audience("bert@example.com", lost=True)


@pytest.mark.parametrize("nothing", [None, "", " \n", {}, "{}"])
def test_nothing_is_no_table(nothing):
    """And no problem."""
    settings = read(nothing)
    assert (settings.alerts, settings.problems) == ({}, ())


@pytest.mark.parametrize("table", ["{broken", ["telegram"], 7, "telegram", [], "[]", "null", 0, "0", False])
def test_while_the_table_can_not_be_read_nobody_is_told(table):
    """Nobody knows whose alerts are whose: each recipient is alone, until the rules are there again."""
    settings = read(table)
    [problem] = settings.problems
    assert problem.variable == "ALERTS"
    anna = audience_of("Anna@example.com", settings)
    assert (anna.name, anna.ways, anna.lost) == ("anna@example.com", (), True)
    assert owner(settings).ways
    mended = read({"anna@example.com": HERS})
    assert keys(anna.name, mended) == ["anna@example.com telegram 99"]


def test_an_audience_whose_rule_is_gone_is_that_of_the_next_rule_that_fits():
    """So that what is written down under its name is told to somebody."""
    settings = read({"@example.com": "slack"})
    assert audience_of("anna@example.com", settings).name == "@example.com"
    assert audience_of("@gone.example", settings) == audience_of("", settings) == owner(settings)


@pytest.mark.parametrize(
    ("details", "detail", "show"),
    [
        (("preview", "preview"), "preview", True),
        (("preview", "sender"), "preview", False),
        (("subject", "sender"), "subject", False),
    ],
)
def test_a_message_is_described_for_whoever_sees_the_most(details, detail, show):
    """With its codes only if nobody sees less of it."""
    telegram, slack = details
    value = {"telegram": {"detail": telegram}, "slack": {"detail": slack}}
    settings = read({"anna@example.com": value}, ALL | {"ALERT_DETAIL": "preview", "ALERT_CODES": "show"})
    shown = shown_to(audience_of("anna@example.com", settings), settings)
    assert (shown.detail, shown.show_codes) == (detail, show)
    assert shown_to(owner(settings), settings) is settings


def test_without_the_table_everybody_is_told_of_everything():
    """Nothing is other than before there was one."""
    settings = Settings.from_env(ALL)
    assert settings.alerts == {}
    assert keys("anna@example.com", settings) == ["telegram 4711", "slack webhook", "slack bot C0123456789"]
    assert [*audiences(settings)] == [owner(settings)]


EVERY = ALL | {
    "NTFY_URL": "https://ntfy.example/everybody",
    "GOTIFY_URL": "https://gotify.example",
    "GOTIFY_TOKEN": "AtokenOfGotify0",
    "PUSHOVER_TOKEN": "a" * 30,
    "PUSHOVER_USER": "u" * 30,
    "DISCORD_WEBHOOK_URL": f"https://discord.com/api/webhooks/1100000000000000001/{'w' * 60}",
    "MATTERMOST_WEBHOOK_URL": "https://chat.example/hooks/abcdefghijklmnopqrstuvwxyz",
    "MATRIX_HOMESERVER": "https://matrix.example",
    "MATRIX_ROOM": "!everybody:matrix.example",
    "MATRIX_TOKEN": "syt_token_of_matrix",
    "WEBHOOK_URL": "https://webhook.example/alerts",
    "WEBHOOK_SECRET": f"whsec_{'A' * 32}",
}
OTHER = {
    "telegram": {"chat": "99", "topic": "7"},
    "slack": {"chat": "C0000000099"},
    "ntfy": {"chat": "annas-topic"},
    "discord": {"topic": "1200000000000000002"},
    "matrix": {"chat": "!anna:matrix.example"},
}


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_can_tell_one_audience_and_each_with_a_choice_elsewhere(service):
    """With all that is other for it, or a detail alone; what else could be wished is said not to be."""
    usual = read({"anna@example.com": {service: {"detail": "sender"}}}, EVERY)
    assert usual.problems == ()
    found = destinations_of(audience_of("anna@example.com", usual)).values()
    assert found
    assert {each.detail for each in found} == {"sender"}
    assert {each.channel for each in found} <= {*channels_of(usual)}
    changed = read({"anna@example.com": {service: OTHER.get(service, {})}}, EVERY)
    assert changed.problems == ()
    elsewhere = destinations_of(audience_of("anna@example.com", changed)).values()
    assert bool({each.channel for each in elsewhere} & {*channels_of(changed)}) is (service not in OTHER)
    for wish in {"chat", "topic"} - OTHER.get(service, {}).keys():
        wrong = read({"anna@example.com": {service: {wish: "1200000000000000002"}}}, EVERY)
        [problem] = wrong.problems
        assert f"changes what can't be other for {service}; only" in problem.fix


def test_a_number_that_is_not_exact_is_no_thread():
    """As JavaScript would hand it over: its quotes are missing."""
    settings = read({"anna@example.com": {"discord": {"topic": 1200000000000000002}}}, EVERY)
    assert 'must give discord a topic like "1234567890123456789"' in str(settings.problems)
