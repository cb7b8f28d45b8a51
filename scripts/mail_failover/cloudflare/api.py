"""Requests to Cloudflare's API: the envelope around every answer, its pages, what is tried again."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from mail_failover.errors import UsageError

from .answers import Json, fields, items, masked
from .errors import (
    AUTH_CODES,
    TOKENS_PAGE,
    ApiError,
    Call,
    NoToken,
    TokenRejected,
    Uncertain,
    Unreachable,
    error_from,
    forbidden,
    is_auth_failure,
    rejected,
)

BASE_URL = "https://api.cloudflare.com/client/v4"
ATTEMPTS = 4
LONGEST_WAIT = 60.0
_LOOPBACK = r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?"
_BASE_URL = re.compile(rf"(?:https://[A-Za-z0-9.\[\]:-]{{1,255}}|{_LOOPBACK})(?:/[\w/.~-]{{0,200}})?")
_SECONDS = 30.0


class Api:
    """Sends requests with the token.

    Tried again, up to ATTEMPTS times: what failed before it left; 429; and, where sending it twice does what
    sending it once does (everything but POST), a lost answer and a failing server. After a POST whose answer
    was lost the caller has to read what became of it.
    `waiting` is told the reason and the seconds before each wait.

    Raises:
        UsageError: the address can't be used.
        NoToken, TokenRejected: the token can't be one.

    """

    def __init__(
        self,
        token: str,
        base_url: str = BASE_URL,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        waiting: Callable[[str, float], None] = lambda _reason, _seconds: None,
    ) -> None:
        _check_token(token)
        if not _is_usable(base_url):
            raise UsageError(
                "CLOUDFLARE_API_BASE_URL must be an https:// address; plain http:// only on this machine.",
                f"Unset it, or set it to {BASE_URL}.",
            )
        self._client = httpx.Client(
            base_url=base_url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}"},
            transport=transport,
            timeout=_SECONDS,
        )
        self._token = token
        self._sleep = sleep
        self._waiting = waiting
        self._trusted = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def result(self, call: Call, body: Json | None = None, params: Mapping[str, str] | None = None) -> Any:
        """Send, and return the `result` of the answer.

        Raises:
            ApiError: by meaning; Uncertain if the change may have happened all the same.

        """
        return self._answer(call, body, params).get("result")

    def object(self, call: Call, body: Json | None = None, params: Mapping[str, str] | None = None) -> Json:
        """Send, and return the `result` of the answer, an object; an empty one if there is none.

        Raises:
            ApiError: by meaning; NotUnderstood if it is something else.

        """
        return fields(call, self.result(call, body, params))

    def pages(
        self, call: Call, per_page: int, params: Mapping[str, str] | None = None, needs: Sequence[str] = ()
    ) -> list[Json]:
        """Read every page of a list; each item `needs` to have these texts.

        Raises:
            ApiError: by meaning; NotUnderstood if it is something else.

        """
        found: list[Json] = []
        page = 1
        while True:
            numbers = {"page": str(page), "per_page": str(per_page)}
            answer = self._answer(call, None, {**(params or {}), **numbers})
            part = items(call, answer.get("result"), needs)
            found += part
            info = answer.get("result_info")
            info = info if isinstance(info, dict) else {}
            last, total = info.get("total_pages"), info.get("total_count")
            if isinstance(last, int):
                is_last = page >= last
            else:
                is_last = len(found) >= total if isinstance(total, int) else len(part) < per_page
            if is_last or not part:
                return found
            page += 1

    def _answer(self, call: Call, body: Json | None, params: Mapping[str, str] | None) -> Json:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(call, body, params)
            except (Unreachable, Uncertain) as error:
                if attempt == ATTEMPTS or not _may_repeat(call, error):
                    raise
                self._wait(error.what, min(error.retry_after or 0.5 * 2**attempt, LONGEST_WAIT))
        raise AssertionError

    def _wait(self, reason: str, seconds: float) -> None:
        self._waiting(reason, seconds)
        self._sleep(seconds)

    def _once(self, call: Call, body: Json | None, params: Mapping[str, str] | None) -> Json:
        try:
            response = self._client.request(call.method, call.path, json=body, params=params)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise Unreachable(
                f"Cloudflare's API could not be reached to {call.does}: {type(error).__name__}.",
                "Check the network and CLOUDFLARE_API_BASE_URL; then run this again.",
            ) from error
        except httpx.RequestError as error:
            raise Uncertain(
                f"The answer was lost when asking Cloudflare to {call.does}: {type(error).__name__}.",
                "Run this again: it reads first what became of it.",
            ) from error
        return self._read(call, response)

    def _read(self, call: Call, response: httpx.Response) -> Json:
        try:
            answer = masked(response.json(), self._token) if response.content else {}
        except ValueError:
            answer = {}
        if not isinstance(answer, dict):
            answer = {}
        listed = answer.get("errors")
        errors = [e for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []
        if response.is_success and answer.get("success", not response.content):
            self._trusted = True
            return answer
        code = next((error["code"] for error in errors if isinstance(error.get("code"), int)), 0)
        if is_auth_failure(response.status_code, errors):
            # Of the known codes the message says nothing; of others it may be all that is known.
            said = "" if code in AUTH_CODES else "; ".join(str(e.get("message", "")) for e in errors)
            raise self._auth_error(call, response.status_code, code, said)
        error = error_from(call, response.status_code, errors)
        error.retry_after = _seconds(response.headers.get("retry-after", ""))
        raise error

    def _auth_error(self, call: Call, status: int, code: int, said: str) -> ApiError:
        """Find out whether the token or its permissions are at fault; an answer to it means it is good."""
        state = "" if self._trusted else self._token_state()
        if self._trusted or state == "active":
            return forbidden(call, said=said, status=status, code=code)
        return rejected(state, status=status, code=code)

    def _token_state(self) -> str:
        try:
            answer = self._client.get("/user/tokens/verify").json()
        except (httpx.RequestError, ValueError):
            return ""
        result = answer.get("result") if isinstance(answer, dict) else None
        return str(result.get("status", "")) if isinstance(result, dict) else ""


def _may_repeat(call: Call, error: ApiError) -> bool:
    return call.method != "POST" or isinstance(error, Unreachable) or error.status == 429


def _is_usable(base_url: str) -> bool:
    """Tell whether the token may go there, and httpx can read it."""
    try:
        httpx.URL(base_url)
    except httpx.InvalidURL:
        return False
    return _BASE_URL.fullmatch(base_url) is not None


def _seconds(value: str) -> float:
    return float(value) if value.isascii() and value.isdigit() else 0.0


def _check_token(token: str) -> None:
    if not token:
        raise NoToken(
            "CLOUDFLARE_API_TOKEN is not set.",
            f"Make a token at {TOKENS_PAGE} and export it; docs/setup.md lists its permissions.",
        )
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise TokenRejected(
            "CLOUDFLARE_API_TOKEN holds a character that no token has, such as a space or a line break.",
            f"Copy the token again, or make a new one at {TOKENS_PAGE}.",
        )
