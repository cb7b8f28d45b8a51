"""Who may ask the page's server: a browser of this machine, from the page itself, by its secret address."""

import hmac
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A name that a website could have pointed at this machine is none of these (DNS rebinding). Any port will do:
# an ssh tunnel has its own.
_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_OWN = {"same-origin", "none"}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
}
"""What each answer says, unless it says it otherwise: no script but ours, and nothing from elsewhere."""


class Guard:
    """Hands to `app` what begins with `/TOKEN/`, as if it began with `/`; refuses all else."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; there is nothing here but HTTP."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        token, slash, rest = scope["path"].removeprefix("/").partition("/")
        host = headers.get("host", "")
        inner: ASGIApp
        if not _HOST.fullmatch(host):
            inner = _refusal("This server answers to 127.0.0.1 and localhost alone.", 421)
        elif not _is_own(headers, host, entering=scope["method"] == "GET" and not rest):
            inner = _refusal("Asked by another site.", 403)
        elif not slash or not hmac.compare_digest(token.encode(errors="replace"), self._token):
            inner = _refusal("Open the whole address that the program printed.", 404)
        else:
            inner = self._app
            scope = {**scope, "path": f"/{rest}", "raw_path": None}
        await inner(scope, receive, _adding(send))


def _is_own(headers: Headers, host: str, *, entering: bool) -> bool:
    """Tell whether a request comes from the page, or from nowhere; a link elsewhere may lead in.

    Source: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
    """
    if headers.get("origin", f"http://{host}").lower() != f"http://{host}".lower():
        return False
    opened = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return headers.get("sec-fetch-site", "none") in _OWN or (entering and opened == ("navigate", "document"))


def _refusal(text: str, status: int) -> ASGIApp:
    return PlainTextResponse(f"{text}\n", status)


def _adding(send: Send) -> Send:
    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return adding
