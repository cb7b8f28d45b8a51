"""Requests to a chat service: bounded in time and length, tried again, never logged."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from mail_failover.cloudflare.watch import ONE_EACH, Watch, read_body

from .errors import Failing, NotUnderstood, Unreachable

ATTEMPTS = 3
LONGEST_WAIT = 30.0
SECONDS = 20.0
_CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Ports:
    """What is met outside; `transport` None is the network, `sleep` and `clock` are in seconds."""

    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP status and the JSON object that came with it."""

    status: int
    body: Mapping[str, Any] = field(repr=False)


class Client:
    """Asks one service; all it asks are questions, so each may be asked again, up to ATTEMPTS times.

    `base_url` and `headers` may hold a secret, and are never shown. `address` names the setting that holds
    the service's address.
    """

    def __init__(
        self, service: str, base_url: str, ports: Ports, *, headers: Mapping[str, str], address: str
    ) -> None:
        # It logs whole URLs at level INFO, and Telegram's carry the token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._service = service
        self._address = address
        self._sleep = ports.sleep
        self._client = httpx.Client(
            base_url=base_url,
            headers={**headers, "Accept-Encoding": "identity"},
            transport=ports.transport,
            limits=ONE_EACH,
            # The token does not pass a proxy in clear on its way to this machine itself.
            trust_env=base_url.startswith("https://"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ask(self, method: str, values: Mapping[str, str], seconds: float = SECONDS) -> Answer:
        """Call a method, and return what it answers with any status but 3xx, 429 and 5xx.

        Raises:
            Unreachable, Failing, NotUnderstood: after the last attempt.

        """
        return self._asked(method, "POST", method, values, seconds)

    def get(self, what: str, path: str) -> Answer:
        """Return what stands at a path; `what` that is, is said in its place."""
        return self._asked(what, "GET", path, {}, SECONDS)

    def not_understood(self, method: str) -> NotUnderstood:
        """Return what to raise for an answer that makes no sense."""
        return NotUnderstood(
            f"{self._service}'s answer to {method} can't be read.", f"If {self._address} is set, check it."
        )

    def _asked(self, name: str, verb: str, path: str, values: Mapping[str, str], seconds: float) -> Answer:
        """Ask, up to ATTEMPTS times.

        Raises:
            Unreachable, Failing, NotUnderstood: after the last attempt.

        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(name, verb, path, values, seconds)
            except (Unreachable, Failing) as error:
                wait = getattr(error, "retry_after", 0.0) or 2.0**attempt
                if attempt == ATTEMPTS or wait > LONGEST_WAIT:
                    raise
                self._sleep(wait)
        raise AssertionError

    def _once(self, name: str, verb: str, path: str, values: Mapping[str, str], seconds: float) -> Answer:
        watch = Watch(seconds)
        timeout = httpx.Timeout(seconds, connect=_CONNECT_SECONDS)
        extensions = {"trace": watch.follow}
        try:
            with (
                watch,
                self._client.stream(
                    verb, path, data=values, timeout=timeout, extensions=extensions
                ) as response,
            ):
                content = read_body(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            # Without its cause: a traceback might show the address, and with it the token.
            raise Unreachable(
                f"{self._service} could not be reached: {type(error).__name__}.",
                f"Check this machine's network, and {self._address} if it is set.",
            ) from None
        except httpx.RequestError as error:
            raise Failing(
                f"{self._service} gave no whole answer: {type(error).__name__}.", "Run this again."
            ) from None
        except ValueError:
            raise self.not_understood(name) from None
        return self._judged(name, response, content)

    def _judged(self, name: str, response: httpx.Response, content: bytes) -> Answer:
        status, body = response.status_code, _object(content)
        if status == 429:
            given = body.get("parameters")
            told = given.get("retry_after") if isinstance(given, dict) else None
            wait = _seconds(told) or _seconds(response.headers.get("retry-after"))
            after = f" {wait:.0f} seconds" if wait else ""
            fix = f"Wait{after or ' a minute'}, then run this again."
            raise Failing(f"{self._service} asks to wait{after}.", fix, wait)
        if status >= 500 or status == 408:
            raise Failing(f"{self._service} is out of order (HTTP status {status}).", "Try again later.")
        if not body or 300 <= status < 400:
            raise self.not_understood(name)
        return Answer(status, body)


def _object(content: bytes) -> Mapping[str, Any]:
    """Read a JSON object; an empty one stands for anything else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _seconds(value: object) -> float:
    """Read a Retry-After value in seconds; 0 for a date or nonsense."""
    text = str(value).strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0
