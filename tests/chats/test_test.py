"""`chats test`: an alert to every chat that the settings name."""

import json

from standins.messengers import TOKEN, WEBHOOK

BOTH = f'TELEGRAM_BOT_TOKEN="{TOKEN}"\nTELEGRAM_CHAT_ID="4711, -500"\nSLACK_WEBHOOK_URL="{WEBHOOK}"\n'


def settings(person, text):
    """Write them."""
    (person.folder / ".dev.vars").write_text(text)


def test_every_chat_gets_an_alert(person):
    """It names the domain, if one is known; nothing is asked."""
    settings(person, f'{BOTH}ROUTES=\'{{"@shop.test": "you@x.test"}}\'\n')
    code, out, err = person.types("test")
    assert (code, err, out.count(": sent")) == (0, "", 3)
    assert sorted(post[:2] for post in person.posts) == [
        *(("slack", "webhook"), ("telegram", "-500"), ("telegram", "4711"))
    ]
    assert all("shop.test" in post[2] for post in person.posts)
    assert all("`mail-failover chats` sent this" in post[2] for post in person.posts)


def test_the_domain_can_be_named(person):
    """In Unicode, too; one that is none is wrong usage."""
    settings(person, BOTH)
    assert person.types("test", domain="böxi.test")[0] == 0
    assert all("xn--bxi-sna.test" in post[2] for post in person.posts)
    assert person.types("test", domain="shop")[0] == 2


def test_without_a_domain_none_is_named(person):
    """A chat can be tried before there is one."""
    settings(person, BOTH)
    assert person.types("test")[0] == 0
    assert not any("Domain" in post[2] for post in person.posts)


def test_what_fails_is_said_with_what_to_do(person):
    """The others are told all the same."""
    settings(person, BOTH)
    person.messengers.fault = lambda method, _: "401" if method == "sendMessage" else ""
    code, said, _ = person.types("test", json=True)
    assert code == 1
    assert [each["state"] for each in said["alerts"]] == ["failed", "failed", "sent"]
    assert [bool(each["fix"]) for each in said["alerts"]] == [True, True, False]
    assert "  Fix: " in person.types("test")[1]


def test_what_is_not_all_well_is_no_success(person):
    """An alert that arrived without its topic."""
    settings(person, f"{BOTH}TELEGRAM_THREAD_ID=77\n")
    code, said, _ = person.types("test", json=True)
    assert code == 1
    assert [each["state"] for each in said["alerts"]] == ["unclear", "unclear", "sent"]


def test_where_nobody_would_be_told_it_says_how_to_connect_one(person):
    """With what can't be used of the settings."""
    settings(person, f"TELEGRAM_BOT_TOKEN={TOKEN}\n")
    code, out, err = person.types("test")
    assert (code, out.startswith("Note: TELEGRAM_CHAT_ID: is missing")) == (1, True)
    assert "`mail-failover chats` names the ways" in err


def test_without_settings_there_is_nothing_to_test(person):
    """And the way to name them is said."""
    (person.folder / "wrangler.toml").unlink()
    code, _, err = person.types("test")
    assert (code, "--config" in err) == (2, True)


def test_who_is_told_elsewhere_gets_one_there(person):
    """Once in each place, by whose mail is told there; what can't be used of the table is said."""
    table = {
        "anna@shop.test": {"telegram": {"chat": "-500"}},
        "ben@shop.test": "slack",
        "cleo@shop.test": {"ntfy": {"chat": "cleo"}},
    }
    text = f'TELEGRAM_BOT_TOKEN="{TOKEN}"\nTELEGRAM_CHAT_ID=4711\nSLACK_WEBHOOK_URL="{WEBHOOK}"\n'
    settings(person, f"{text}ALERTS='{json.dumps(table)}'\n")
    code, out, _ = person.types("test")
    assert code == 0
    assert sorted(post[:2] for post in person.posts) == [
        *(("slack", "webhook"), ("telegram", "-500"), ("telegram", "4711"))
    ]
    assert "Test alert, telegram for anna@shop.test: sent" in out
    assert "Note: ALERTS: entry 3 names ntfy, which is not set up: set NTFY_URL" in out.replace("\n", " ")


def test_all_are_told_however_many(person):
    """More than the Worker tells at once."""
    table = {f"a{n}@shop.test": {"telegram": {"chat": str(4711 + n)}} for n in range(30)}
    text = f'TELEGRAM_BOT_TOKEN="{TOKEN}"\nTELEGRAM_CHAT_ID=1\n'
    settings(person, f"{text}ALERTS='{json.dumps(table)}'\n")
    assert person.types("test")[0] == 0
    assert len(person.posts) == 31
