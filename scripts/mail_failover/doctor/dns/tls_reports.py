"""TLS-RPT (RFC 8460): whether senders report when TLS, or a policy about it, keeps mail from the domain."""

import re

from mail_failover.doctor.report import Check, Topic
from mail_failover.mail.resolver import Dns

from .authentication import tags

REPORTS = Topic("dns.tls-rpt", "TLS reports")


async def check_reports(dns: Dns, domain: str) -> Check:
    """Say where reports go; to have none is no fault (RFC 8460, section 3)."""
    name = f"_smtp._tls.{domain}"
    records = [text for text in (await dns.ask(name, "TXT")).texts if re.match(r"v=TLSRPTv1\s*(;|$)", text)]
    if not records:
        return REPORTS.passed(
            f'not asked for; with a TXT record {name}, "v=TLSRPTv1; rua=mailto:" and an address elsewhere,'
            " large senders tell when TLS keeps mail from you"
        )
    to = tags(records[0]).get("rua", "")
    if len(records) > 1 or not to:
        what = "several records" if len(records) > 1 else "no rua="
        return REPORTS.warned(
            f"{name} has {what}: senders ignore it", 'Keep one of the form "v=TLSRPTv1; rua=mailto:ADDRESS".'
        )
    return REPORTS.passed(f"go to {to}")
