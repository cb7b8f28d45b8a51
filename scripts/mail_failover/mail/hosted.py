"""MX hosts of companies whose customers do not run a mail server of their own. Pure."""

_HOSTED = {
    "Google": (".google.com", ".googlemail.com"),
    "Microsoft": (".outlook.com", ".office365.us"),
    "Zoho": (".zoho.com", ".zoho.eu"),
    "Proton": (".protonmail.ch",),
    "Fastmail": (".messagingengine.com",),
    "Apple": (".icloud.com",),
    "Yandex": (".yandex.net",),
    "Mailgun": (".mailgun.org",),
    "GoDaddy": (".secureserver.net",),
    "OVH": (".ovh.net",),
    "mailbox.org": (".mailbox.org",),
    "Migadu": (".migadu.com",),
}


def company_of(host: str) -> str:
    """Return whose an MX host is; empty if none of these companies'."""
    return next((who for who, ends in _HOSTED.items() if f".{host}".endswith(ends)), "")
