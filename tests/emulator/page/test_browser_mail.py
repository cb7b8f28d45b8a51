"""Mail on the page: what is sent from it arrives on it, and an outage is seen from its first to its last."""

import re

import pytest

from standins.browser import figure, node, show

pytestmark = pytest.mark.page

INBOX = "anna.backup@example.net"


@pytest.fixture
def at(page, watched):
    """Show the page that `watch` serves."""
    return show(page, watched)


def send(at, title):
    """Send one of the letters that are there."""
    at.get_by_role("combobox", name="Message").select_option(label=title)
    at.get_by_role("button", name="Send", exact=True).click()


def opened(at, place, subject):
    """Open the newest message with a subject in a mailbox, and return what is shown of it."""
    at.get_by_role("tab", name="Mailboxes").click()
    at.get_by_role("list", name=place).get_by_role("button", name=subject).first.click()
    shown = at.get_by_role("region", name="Message")
    shown.get_by_role("heading", name=subject).wait_for()
    return shown


def test_a_message_that_is_sent_arrives(at, expect):
    """At the primary, which is up: it is counted, listed, and can be read, and nobody is told."""
    send(at, "A plain message")
    expect(figure(at, "primary", "stored")).to_have_text("1")
    shown = opened(at, "Primary", "Lunch on Sunday?")
    expect(shown.locator("pre.text")).to_have_text("Hi Anna,\n\nnoon at ours? Bring nothing.\n\nBen\n")
    expect(shown.get_by_role("row", name="Return-Path")).to_contain_text("ben@friends.example")
    shown.get_by_role("button", name="Show the source").click()
    expect(shown.get_by_label("Source")).to_contain_text("Subject: Lunch on Sunday?")
    expect(node(at, "chat:telegram")).to_contain_text("0 told")


def test_an_outage_is_seen_from_its_first_message_to_its_end(at, expect):
    """The primary stopped, a first alert, a burst that a second one tells of together, and the end."""
    at.get_by_role("button", name="Stop it").click()
    expect(node(at, "primary")).to_contain_text("Stopped")
    send(at, "A booking, with a PDF")
    banner = at.get_by_role("region", name="Outage")
    expect(banner).to_contain_text("Outage: example.com")
    expect(node(at, "inboxes")).to_contain_text("1 stored")
    expect(opened(at, INBOX, "Buchung bestätigt").get_by_role("table")).to_contain_text(
        ["Return-Path", "Bestätigung.pdf"]
    )
    at.get_by_role("tab", name="Chats").click()
    told = at.get_by_role("region", name=re.compile("^Telegram"))
    expect(told).to_contain_text("Your server: mail.example.com:465: no answer")

    at.get_by_role("spinbutton", name="How many at once").fill("6")
    at.get_by_role("button", name="Send a burst").click()
    expect(node(at, "inboxes")).to_contain_text("7 stored")
    at.get_by_role("button", name="Let 10 min pass").click()
    expect(told).to_contain_text("Caught 6 more messages")

    at.get_by_role("button", name="Start it").click()
    expect(node(at, "primary")).to_contain_text("Up")
    at.get_by_role("button", name="Let 1 day pass").click()
    expect(banner).to_be_hidden()
    expect(told).to_contain_text("7 messages")
    expect(node(at, "edge")).to_contain_text("Ready")


def test_what_no_inbox_takes_is_held_and_comes_home(at, expect):
    """A sender keeps it while there is no spool; the spool holds it until the replay."""
    at.get_by_role("button", name="Stop it").click()
    node(at, "inboxes").get_by_text("Let an inbox fail").click()
    form = at.get_by_role("form", name="Let an inbox fail")
    form.get_by_role("combobox", name="How", exact=True).select_option(value="forward=permanent")
    form.get_by_role("combobox", name="How often").select_option(label="until mended")
    form.get_by_role("button", name="Let it fail").click()
    expect(node(at, "inboxes")).to_contain_text("Failing")
    send(at, "Tickets, from who never tries again")
    expect(figure(at, "sender", "waiting")).to_have_text("1")
    expect(figure(at, "edge", "deferred")).to_have_text("1")

    at.get_by_role("button", name="Switch it on for this run").click()
    expect(node(at, "spool")).to_contain_text("Empty")
    at.get_by_role("button", name="Try again now").click()
    expect(figure(at, "sender", "waiting")).to_have_text("0")
    expect(figure(at, "spool", "to come home")).to_have_text("1")

    node(at, "inboxes").get_by_role("button", name="Works again").click()
    at.get_by_role("button", name="Start it").click()
    at.get_by_role("button", name="Replay", exact=True).click()
    expect(figure(at, "spool", "to come home")).to_have_text("0", timeout=20_000)
    assert "row 7, seats 11 and 12" in opened(at, "Primary", "Your two tickets").inner_text()


def test_a_setting_is_changed_for_this_run(at, expect):
    """What it means is seen at once, and the command that does the same by hand; a wrong one is refused."""
    at.get_by_role("tab", name="Settings").click()
    form = at.get_by_role("form", name="Set another")
    form.get_by_label("Name").fill("ALERT_MINUTES")
    form.get_by_label("Value").fill("soon")
    form.get_by_role("button", name="Set it").click()
    problems = at.get_by_text("ALERT_MINUTES: must be a whole number from 0 to 1440")
    expect(problems).to_be_visible()
    row = at.get_by_role("row", name="ALERT_MINUTES")
    row.get_by_role("button", name="Change ALERT_MINUTES").click()
    row.get_by_role("textbox", name="New value").fill("3")
    row.get_by_role("button", name="Set it").click()
    expect(problems).to_be_hidden()
    expect(at.get_by_role("group", name="The command")).to_contain_text("--var ALERT_MINUTES=3")
    form.get_by_label("Name").fill("NO_SUCH_THING")
    form.get_by_role("button", name="Set it").click()
    expect(form.get_by_role("alert")).to_contain_text("NO_SUCH_THING: the Worker has no such setting.")
    # The refusal is an answer that the browser notes as an error.
    at.wrong = [line for line in at.wrong if "400" not in line]
