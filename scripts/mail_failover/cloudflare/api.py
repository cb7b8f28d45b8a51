"""Requests to Cloudflare's API: the envelope around every answer, its pages, what is tried again."""

import re
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from mail_failover.errors import UsageError

from .answers import Json, Test, checked, decoded, many, maybe, named_errors, number, shaped
from .errors import (
    AUTH_CODES,
    TOKENS_PAGE,
    ApiError,
    Call,
    NoToken,
    NotUnderstood,
    TokenRejected,
    Uncertain,
    Unreachable,
    error_from,
    forbidden,
    is_auth_failure,
    not_understood,
    of_account,
    rejected,
)
from .watch import EACH_READ, ONE_EACH, SECONDS, Watch, read_body

BASE_URL = "https://api.cloudflare.com/client/v4"
ATTEMPTS = 4
LONGEST_WAIT = 60.0
_LOOPBACK = r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?"
_BASE_URL = re.compile(rf"(?:https://[A-Za-z0-9.\[\]:-]{{1,255}}|{_LOOPBACK})(?:/[\w/.~-]{{0,200}})?")
_MOST_PAGES = 500
_PAGED = maybe(shaped(total_pages=maybe(number), total_count=maybe(number)))


class Api:
    """Sends requests with the token.

    Tried again, up to ATTEMPTS times: what failed before it left; 429; and, where sending it twice does what
    sending it once does (everything but POST), a lost answer and a failing server. After a POST whose answer
    was lost the caller has to read what became of it. Each try has `seconds` as a whole.
    `waiting` is told the reason and the seconds before each wait.

    Raises:
        UsageError: the address can't be used.
        NoToken, TokenRejected: the token can't be one.

    """

    def __init__(  # noqa: PLR0913 - one parameter per port, and the limit
        self,
        token: str,
        base_url: str = BASE_URL,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        waiting: Callable[[str, float], None] = lambda _reason, _seconds: None,
        seconds: float = SECONDS,
    ) -> None:
        _check_token(token)
        if not _is_usable(base_url):
            raise UsageError(
                "CLOUDFLARE_API_BASE_URL must be an https:// address; plain http:// only on this machine.",
                f"Unset it, or set it to {BASE_URL}.",
            )
        self._client = httpx.Client(
            base_url=base_url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"},
            transport=transport,
            timeout=EACH_READ,
            limits=ONE_EACH,
        )
        self._seconds = seconds
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

    def result(self, call: Call, params: Mapping[str, str] | None = None) -> Any:
        """Send, and return the `result` of the answer, whatever it is.

        Raises:
            ApiError: by meaning.

        """
        return self._answer(call, None, params).get("result")

    def object(self, call: Call, test: Test, body: Json | None = None) -> Json:
        """Send, and return the `result` of the answer, an object that passes the test.

        Raises:
            ApiError: by meaning; Uncertain if the change may have happened all the same.

        """
        found: Json = checked(call, self._answer(call, body, None).get("result"), test)
        return found

    def items(self, call: Call, test: Test, params: Mapping[str, str] | None = None) -> list[Json]:
        """Read a list that has no pages; each item passes the test.

        Raises:
            ApiError: by meaning.

        """
        found: list[Json] = checked(call, self.result(call, params), many(test))
        return found

    def done(self, call: Call, body: Json | None = None, params: Mapping[str, str] | None = None) -> None:
        """Send what is answered with little, and nobody needs more of.

        Raises:
            ApiError: by meaning; Uncertain if the change may have happened all the same.

        """
        self._answer(call, body, params)

    def pages(
        self, call: Call, per_page: int, test: Test, params: Mapping[str, str] | None = None
    ) -> list[Json]:
        """Read every page of a list; each item passes the test.

        Raises:
            ApiError: by meaning; NotUnderstood also if the pages have no end, or end before the last.

        """
        found: list[Json] = []
        before: list[Json] = []
        for page in range(1, _MOST_PAGES + 1):
            numbers = {"page": str(page), "per_page": str(per_page)}
            answer = self._answer(call, None, {**(params or {}), **numbers})
            part: list[Json] = checked(call, answer.get("result"), many(test))
            info = checked(call, answer.get("result_info"), _PAGED) or {}
            found += part
            last, total = info.get("total_pages"), info.get("total_count")
            if last is not None:
                is_last = page >= last
            elif total is not None:
                # Whether the count is of what is listed, nobody promises.
                is_last = len(found) >= total or bool(found and not part)
            else:
                is_last = len(part) < per_page
            if is_last:
                return found
            if not part or part == before:
                break
            before = part
        raise not_understood(call)

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
            response, content = self._send(call.method, call.path, body, params)
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
        return self._read(call, response, content)

    def _send(
        self, method: str, path: str, body: Json | None = None, params: Mapping[str, str] | None = None
    ) -> tuple[httpx.Response, Json | None]:
        """Send once; return the answer with its object: empty if there is none, None if it can't be read."""
        watch = Watch(self._seconds)
        extensions = {"trace": watch.follow}
        with (
            watch,
            self._client.stream(method, path, json=body, params=params, extensions=extensions) as response,
        ):
            try:
                content = read_body(response)
                return response, decoded(content, self._token) if content else {}
            except ValueError:
                return response, None

    def _read(self, call: Call, response: httpx.Response, answer: Json | None) -> Json:
        if response.is_success:
            if answer == {}:
                return answer
            success = answer and answer.get("success")
            if answer and success is True:
                self._trusted = True
                return answer
            if success is not False:
                raise not_understood(call)
        named = named_errors(answer or {})
        status, codes = response.status_code, [code for code, _ in named]
        if is_auth_failure(status, codes):
            # Of the known codes the message says nothing; of others it may be all that is known.
            code = next(filter(None, codes), 0)
            said = "" if code in AUTH_CODES else "; ".join(message for _, message in named)
            raise self._auth_error(call, status, code, said)
        error = error_from(call, status, named)
        error.retry_after = _seconds(response.headers.get("retry-after", ""))
        raise error

    def _auth_error(self, call: Call, status: int, code: int, said: str) -> ApiError:
        """Find out whether the token or its permissions are at fault; an answer to it means it is good."""
        if self._token.startswith("cfat_") and "/email/routing" in call.path:
            return of_account(call, status=status, code=code)
        state = "" if self._trusted else self._token_state()
        if self._trusted or state == "active":
            return forbidden(call, said=said, status=status, code=code)
        return rejected(state, status=status, code=code)

    def _token_state(self) -> str:
        try:
            _, answer = self._send("GET", "/user/tokens/verify")
        except httpx.RequestError:
            return ""
        result = (answer or {}).get("result")
        return str(result.get("status", "")) if isinstance(result, dict) else ""


def _may_repeat(call: Call, error: ApiError) -> bool:
    if isinstance(error, NotUnderstood):
        return False
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
            f"Make a token at {TOKENS_PAGE} and write CLOUDFLARE_API_TOKEN=… into .env;"
            " docs/setup.md lists its permissions.",
        )
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise TokenRejected(
            "CLOUDFLARE_API_TOKEN holds a character that no token has, such as a space or a line break.",
            f"Copy the token again, or make a new one at {TOKENS_PAGE}.",
        )
