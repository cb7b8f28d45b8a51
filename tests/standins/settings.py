"""A wrangler.toml that names all there is."""

SETTINGS = """
name = "mail-failover"
main = "src/entry.py"
workers_dev = false
[vars]
FALLBACK_INBOXES = ["anna@inbox.test", "Second@Other.test"]
TELEGRAM_CHAT_ID = "4711"
[vars.ROUTES]
"ben@shop.test" = "ben@inbox.test"
"""
