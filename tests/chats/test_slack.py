"""`chats slack`: a webhook, or a bot and one of its channels; each answer wrong once."""

import pytest

from standins.messengers import SLACK_TOKEN, TOKEN, WEBHOOK

BY_BOT = {"SLACK_BOT_TOKEN": SLACK_TOKEN, "SLACK_CHANNEL": "C0001XYZ"}
CHANNELS = [("C0001XYZ", "general", True), ("C0002XYZ", "alerts", False), ("G0003XYZ", "family", True)]


@pytest.fixture
def person(person):
    """Give the channels ids as Slack's are."""
    person.messengers.channels = CHANNELS
    return person


def test_a_webhook_is_judged_tried_and_written(person):
    """As the Worker would judge it; Slack tells nothing else of it."""
    person.answers = ["https://example.com/services/T0/B0/x", WEBHOOK, True, True]
    code, out, err = person.types("slack")
    assert (code, "SLACK_WEBHOOK_URL can't be used" in err) == (0, True)
    assert "Test alert, slack webhook: sent" in out
    assert "  SLACK_WEBHOOK_URL: as you gave it\n" in out
    assert person.settings == {"SLACK_WEBHOOK_URL": WEBHOOK}
    person.answers = [other := WEBHOOK.replace("B0000", "B0001"), True, True]
    _, out, _ = person.types("slack", new=True)
    assert "  SLACK_WEBHOOK_URL: as you gave it, in the place of another one\n" in out
    assert person.settings == {"SLACK_WEBHOOK_URL": other}
    assert [post[:2] for post in person.posts] == [("slack", "webhook")] * 2
    assert person.messengers.calls.count("auth.test") == 0


def test_a_bot_names_its_workspace_and_lists_its_channels(person):
    """One is chosen by its number, name or id; what is none of them is asked again."""
    person.answers = ["xoxb-9-9-another", SLACK_TOKEN, "nowhere", "4", "0", "2", True, True]
    code, out, err = person.types("slack")
    assert code == 0
    assert "Slack does not accept the token (invalid_auth)" in err
    assert err.count("no such channel here") == 3
    assert out.splitlines()[:4] == [
        "The token is that of mail_alerts in the workspace Shop.",
        "   1  #family (G0003XYZ, private)",
        "   2  #general (C0001XYZ)",
        "   3  #alerts (C0002XYZ, the app is not in it)",
    ]
    assert person.settings == BY_BOT
    assert [post[:2] for post in person.posts] == [("slack", "C0001XYZ")]


@pytest.mark.parametrize("named", ["#general", "general", "C0001XYZ"])
@pytest.mark.parametrize("option", [True, False])
def test_a_channel_can_be_named(person, named, option):
    """By an option or an answer; what is written is its id."""
    person.answers = [SLACK_TOKEN, *([] if option else [named]), True, True]
    assert person.types("slack", channel=named if option else "")[0] == 0
    assert person.settings == BY_BOT


def test_a_channel_that_the_app_is_not_in_says_how_to_invite_it(person):
    """Before the alert that would fail."""
    person.answers = [SLACK_TOKEN, "alerts", True, True, True]
    code, out, _ = person.types("slack")
    assert (code, "write there: /invite @mail_alerts" in out) == (0, True)
    assert "Is that done?" in person.asked


def test_without_the_scope_an_id_is_asked_for(person):
    """It says which is missing, and where an id stands."""
    person.messengers.scopes = {"chat:write"}
    person.answers = [SLACK_TOKEN, "general", "C0001XYZ", True, True]
    code, out, err = person.types("slack")
    assert (code, person.settings) == (0, BY_BOT)
    assert "it lacks the scope channels:read. Name the channel by its id" in out
    assert "general: no such channel here" in err


def test_without_the_scope_for_private_channels_that_is_said(person):
    """The others are listed."""
    person.messengers.scopes = {"channels:read", "chat:write"}
    person.answers = [SLACK_TOKEN, "1", True, True]
    _, out, _ = person.types("slack")
    assert "for these the app needs the scope groups:read" in out
    assert "family" not in out


def test_a_long_list_is_cut_and_each_can_still_be_named(person):
    """A number is only what is shown."""
    person.messengers.channels = [(f"C{number:09}", f"n{number:03}", True) for number in range(40)]
    person.messengers.page = 100
    person.answers = [SLACK_TOKEN, "31", "n039", True, True]
    code, out, err = person.types("slack")
    assert (code, out.count("#n"), "There are more" in out) == (0, 30, True)
    assert "31: no such channel here" in err
    assert person.settings["SLACK_CHANNEL"] == "C000000039"


def test_two_channels_of_one_name_are_told_by_their_ids(person):
    """A name alone would be a guess."""
    person.messengers.channels = [("C0001XYZ", "general", True), ("G0003XYZ", "general", True)]
    person.answers = [SLACK_TOKEN, "general", "C0001XYZ", True, True]
    _, _, err = person.types("slack")
    assert "general: no such channel here" in err
    assert person.settings == BY_BOT


def test_a_script_gets_the_channels_and_names_one(person):
    """In a second run, or the first."""
    person.terminal, person.env = False, {"SLACK_BOT_TOKEN": SLACK_TOKEN}
    code, said, _ = person.types("slack", yes=True, json=True)
    assert (code, said["error"]["kind"], said["workspace"]["name"]) == (2, "NoChannel", "Shop")
    assert said["error"]["fix"] == "Name one: `mail-failover chats slack --yes --json --channel ID`."
    assert [each["id"] for each in said["channels"]] == ["G0003XYZ", "C0001XYZ", "C0002XYZ"]
    code, said, _ = person.types("slack", channel="#general", yes=True, json=True)
    assert (code, said["channel"], said["written"], said["alerts"][0]["state"]) == (
        0,
        "C0001XYZ",
        True,
        "sent",
    )
    assert person.settings == BY_BOT
    code, said, _ = person.types("slack", channel="#nowhere", yes=True, json=True)
    assert (code, said["error"]["kind"]) == (2, "UsageError")


def test_a_script_pipes_a_webhook(person):
    """Both ways in take the same door."""
    person.terminal, person.answers = False, [f"{WEBHOOK}\n"]
    assert person.types("slack", yes=True)[0] == 0
    assert person.settings == {"SLACK_WEBHOOK_URL": WEBHOOK}
    person.answers = [f"{TOKEN}\n"]
    code, _, err = person.types("slack", new=True, yes=True)
    assert (code, "SLACK_BOT_TOKEN can't be used" in err) == (2, True)
    person.answers = ["xoxb-9-9-another\n"]
    code, _, err = person.types("slack", new=True, yes=True)
    assert (code, "Slack does not accept the token" in err) == (1, True)
    assert person.settings == {"SLACK_WEBHOOK_URL": WEBHOOK}


def test_a_webhook_is_not_taken_for_a_channel_that_is_named(person):
    """Alerts would go to another one than was asked for."""
    person.terminal, person.answers = False, [f"{WEBHOOK}\n"]
    code, _, err = person.types("slack", channel="#alerts", yes=True)
    assert (code, "A webhook writes to its own channel" in err) == (2, True)
    assert (person.settings, person.posts) == ({}, [])


def test_names_of_others_can_not_write_to_the_terminal(person):
    """Nor forge another line."""
    person.messengers.channels = [("C0001XYZ", "x\x1b[31m\n   9  #evil", True)]
    person.answers = [SLACK_TOKEN, "1", True, True]
    _, out, _ = person.types("slack")
    assert "\x1b" not in out
    assert "   9  #evil" not in out.splitlines()


def test_a_settings_file_that_can_not_be_written_is_no_fault_of_the_token(person):
    """So no other one is asked for."""
    (person.folder / ".dev.vars").write_text("TOPSECRET='''\n")
    code, _, err = person.types("slack")
    assert (code, person.asked, ".dev.vars, line 1" in err) == (2, [], True)
