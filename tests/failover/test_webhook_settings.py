"""The webhook's settings: every problem with its fix, and mail that flows."""

import base64

import pytest

from failover.chats import WebhookSettings
from failover.settings import Settings

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
HOOK = {"WEBHOOK_URL": "https://hooks.example.org/sEcReT?key=sEcReT", "WEBHOOK_SECRET": SECRET}
ADDRESS = "WEBHOOK_URL: must be an https:// address; plain http:// only on this machine"
KEY = (
    'WEBHOOK_SECRET: must be "whsec_" and 24 to 64 random bytes in base64: '
    "mail-failover chats webhook makes one"
)


def read(env):
    """Read settings in which an inbox can be used, whatever else is wrong."""
    settings = Settings.from_env({"FALLBACK_INBOXES": "you@inbox.example"} | env)
    assert settings.inboxes == ("you@inbox.example",)
    assert "sEcReT" not in repr(settings)
    assert SECRET[6:] not in repr(settings)
    return settings


@pytest.mark.parametrize("size", [24, 25, 26, 32, 63, 64])
@pytest.mark.parametrize("url", [HOOK["WEBHOOK_URL"], "https://a.example:65535", "http://127.0.0.1:8080/x"])
def test_an_address_and_a_secret_are_a_destination(url, size):
    """On this machine without TLS; a secret has 24 to 64 bytes."""
    secret = bytes(range(100, 100 + size))
    written = f" whsec_{base64.b64encode(secret).decode()} "
    settings = read({"WEBHOOK_URL": url, "WEBHOOK_SECRET": written})
    assert settings.webhook == WebhookSettings(url, secret)
    assert settings.problems == ()


def test_without_any_of_them_there_is_none():
    """And no problem."""
    assert read({"WEBHOOK_URL": " "}) == read({})


@pytest.mark.parametrize(
    ("env", "problems"),
    [
        ({"WEBHOOK_URL": HOOK["WEBHOOK_URL"]},
         ["WEBHOOK_SECRET: is missing: mail-failover chats webhook makes one"]),
        ({"WEBHOOK_SECRET": SECRET},
         ["WEBHOOK_URL: is missing: mail-failover chats webhook, or remove WEBHOOK_SECRET"]),
        *((HOOK | {"WEBHOOK_URL": url}, [ADDRESS])
          for url in ("http://hooks.example.org/", "ftp://x", "hooks.example.org", "https://a@b.example/",
                      "https://a.example/ b", "https://\u00e4.example/", f"https://a.example/{'x' * 501}",
                      "https://a.example:65536/", "https://a.example:0/", "https://a..example/", "https://-a/",
                      f"https://{'a' * 64}.example/", "https://[::1/", "http://localhost:65536/", 10**400)),
        *((HOOK | {"WEBHOOK_SECRET": secret}, [KEY])
          for secret in ("sEcReT", SECRET[6:], f"{SECRET} {SECRET}",
                         *(f"whsec_{'A' * size}{end}"
                           for size, end in ((0, ""), (31, ""), (31, "="), (31, "-"), (33, ""), (89, ""))))),
        ({"WEBHOOK_URL": ["https://a.example"], "WEBHOOK_SECRET": True},
         ["WEBHOOK_URL: must be a text", "WEBHOOK_SECRET: must be a text"]),
        ({"WEBHOOK_URL": "x", "WEBHOOK_SECRET": "sEcReT\x00"}, [ADDRESS, KEY]),
        ({"WEBHOOK_URL": "x"}, [ADDRESS]),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_fix(env, problems):
    """All at once, and without one of the two there is no destination."""
    settings = read(env)
    assert [*map(str, settings.problems)] == problems
    assert settings.webhook is None
