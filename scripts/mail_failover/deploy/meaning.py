"""Why wrangler ended without having uploaded, in our words; its own stand above them. Pure.

Source: what wrangler 4 prints, in its source (packages/wrangler, packages/deploy-helpers).
"""

import re
from collections.abc import Sequence

from mail_failover.cloudflare.errors import TOKENS_PAGE
from mail_failover.cloudflare.rows import SCRIPTS_EDIT

_MEANINGS = (
    (
        r"\[code: (?:10000|9109)\]|Authentication error",
        "The token may not upload this Worker.",
        f"Add the permission {SCRIPTS_EDIT} to it at {TOKENS_PAGE}; then run this again.",
    ),
    (
        r"workers/onboarding|register a workers\.dev subdomain",
        "The account has no workers.dev subdomain yet, and the settings ask for an address there.",
        "Choose one at https://dash.cloudflare.com, Workers & Pages; then run this again.",
    ),
    (
        r"requires at least Node\.js",
        "wrangler needs a newer Node than it was started with.",
        "Install Node 22 or newer; then run this again.",
    ),
    (
        r"fetch failed|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN",
        "wrangler did not reach Cloudflare.",
        "Check the network; then run this again.",
    ),
)


def meaning(code: int, lines: Sequence[str]) -> tuple[str, str]:
    """Return what happened and what to do, by wrangler's exit code and what it printed."""
    text = "\n".join(lines)
    for pattern, what, fix in _MEANINGS:
        if re.search(pattern, text):
            return what, fix
    ended = f"wrangler was ended by signal {-code}" if code < 0 else f"wrangler ended with exit code {code}"
    return f"{ended}.", "Mend what it says above; then run this again."
