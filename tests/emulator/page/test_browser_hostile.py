"""Mail that means harm does nothing on the page but show: no request, script, dialog, window or markup."""

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from standins.browser import figure, node, show

pytestmark = pytest.mark.page

MAILS = Path(__file__).parents[2] / "mails"
CORPUS = sorted(MAILS.rglob("*.eml"))
ATTACKS = (MAILS / "attacks.txt").read_text(encoding="utf-8").splitlines()
INBOX = "anna.backup@example.net"
OURS = {
    *("SECTION", "DIV", "HEADER", "H3", "H4", "P", "PRE", "BDI", "BUTTON", "A", "UL", "LI", "CODE", "SPAN"),
    *("TABLE", "THEAD", "TBODY", "TR", "TH", "TD"),
}
"""The elements that the page shows a message with."""

MARKUP = """
<script>window.hurt = 1; alert(1)</script><img src="https://evil.example/seen.png" onerror="window.hurt = 1">
<svg onload="window.hurt = 1"></svg><iframe src="javascript:parent.hurt = 1"></iframe>
<meta http-equiv="refresh" content="0; url=https://evil.example/"><base href="https://evil.example/">
<link rel="stylesheet" href="https://evil.example/x.css"><style>body { display: none }</style>
<form action="https://evil.example/"><input autofocus onfocus="window.hurt = 1"><button>Log in</button></form>
<a href="javascript:window.hurt = 1">Log in</a><video autoplay src="https://evil.example/x.mp4"></video>
<script src="https://evil.example/x.js"></script>Pay at once.
"""


@pytest.fixture(scope="module")
def down(watched, browser):
    """Stop the primary, so that all of it goes past the Worker into the chats too; the page's address."""
    with browser.new_context() as context:
        at = show(context.new_page(), watched)
        at.get_by_role("button", name="Stop it").click()
        node(at, "primary").get_by_text("Stopped").wait_for()
    return watched


def worst():
    """Write a message that tries all of it in each of its places."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "Bank <b@evil.example>"
    message["To"] = "anna@example.com"
    message["Subject"] = "".join(MARKUP.split("\n"))[:300]
    for number, attack in enumerate(ATTACKS):
        message[f"X-{number}"] = "".join(char for char in attack if char.isprintable())
    message.set_content(MARKUP + "\n".join(ATTACKS))
    message.add_alternative(MARKUP, subtype="html")
    for name in ('"><img src=x onerror=alert(1)>.pdf', "../../etc/passwd", "\u202egnp.exe", "<b>x</b>.html"):
        message.add_attachment(MARKUP.encode(), maintype="text", subtype="html", filename=name)
    return bytes(message)


# What a message is made of, where its links lead, and what its scripts did.
SHOWN = """shown => [
  [...new Set([...shown.querySelectorAll("*")].map(each => each.tagName))],
  [...shown.querySelectorAll("a")].map(each => each.getAttribute("href")),
  window.hurt ?? null,
]"""


def only_shows(at, shown):
    """Check that a message is made of the page's own elements, and that nothing of it ran."""
    elements, links, hurt = shown.evaluate(SHOWN)
    assert set(elements) <= OURS
    assert all(link.startswith("api/mail/") and link.endswith("/raw") for link in links)
    assert hurt is None
    assert at.wrong == []


def test_a_message_that_tries_everything_only_shows(page, down, expect):
    """Sent as a file; in the list, the alerts, the message, its source, and the source opened by itself."""
    at = show(page, down)
    node(at, "sender").get_by_text("Send a message of your own", exact=True).click()
    form = at.get_by_role("form", name="Send a message of your own")
    form.get_by_label("Message (.eml)").set_input_files(
        {"name": "<b>.eml", "mimeType": "message/rfc822", "buffer": worst()}
    )
    form.get_by_role("button", name="Send the file").click()
    at.get_by_role("tab", name="Chats").click()
    expect(at.get_by_role("tabpanel", name="Chats")).to_contain_text("b@evil.example")
    at.get_by_role("tab", name="Mailboxes").click()
    at.get_by_role("list", name=INBOX).get_by_role("button", name="b@evil.example").click()
    shown = at.get_by_role("region", name="Message")
    expect(shown.locator("pre.text")).to_contain_text("<script>window.hurt = 1; alert(1)</script>")
    expect(shown.get_by_role("region", name="Attachments")).to_contain_text("<b>x</b>.html")
    shown.get_by_role("button", name="Show the source").click()
    expect(shown.get_by_label("Source")).to_contain_text("X-0:")
    only_shows(at, shown)
    raw = shown.get_by_role("link", name="Open the whole source").get_attribute("href")
    at.goto(f"{down}{raw}")
    assert at.evaluate("[document.contentType, window.hurt ?? null]") == ["text/plain", None]


def test_the_corpus_only_shows(page, down, expect):
    """Every message that the Worker's tests have, dropped onto the page, and each one opened."""
    at = show(page, down)
    before = int(figure(at, "edge", "accepted").inner_text())
    for start in range(0, len(CORPUS), 20):
        drop(at, CORPUS[start : start + 20])
        expect(figure(at, "edge", "accepted")).to_have_text(
            str(before + len(CORPUS[: start + 20])), timeout=60_000
        )
    at.get_by_role("tab", name="Mailboxes").click()
    letters = at.get_by_role("list", name=INBOX).get_by_role("button")
    expect(letters).to_have_count(before + len(CORPUS))
    shown = at.get_by_role("region", name="Message")
    for number in range(len(CORPUS)):
        letters.nth(number).click()
        shown.get_by_role("button", name="Show the source").wait_for()
        only_shows(at, shown)


def drop(at, files):
    """Drop files onto the page."""
    contents = [[*path.read_bytes()] for path in files]
    dropped = at.evaluate_handle(
        """contents => {
          const data = new DataTransfer();
          for (const each of contents) data.items.add(new File([new Uint8Array(each)], "x.eml"));
          return data;
        }""",
        contents,
    )
    for event in ("dragover", "drop"):
        at.locator("body").dispatch_event(event, {"dataTransfer": dropped})
