"""Requests to the door: what is asked, what its answers mean, and how a raw copy comes through."""

import asyncio
import hashlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from . import meaning
from .address import Address
from .answers import (
    Copy,
    Lease,
    MalformedError,
    Outcome,
    Page,
    Standing,
    State,
    Status,
    lease_from,
    page_from,
    settled_from,
    standing_from,
    status_from,
)
from .errors import Closed, Failing, Gone, Lost, Unreachable
from .keys import Keys
from .private import PrivateFile
from .sealed import key_for, open_copy, stored_size

T = TypeVar("T")

LEASE_SECONDS = 600.0
"""How long what was leased is ours."""
ATTEMPTS = 3
_SECONDS = 30.0
_CONNECT_SECONDS = 10.0
# 100 copies with the longest addresses and words, escaped.
_MOST_JSON = 4 << 20
# A line that carries less is taken for a dead one.
_BYTES_PER_SECOND = 8_000
_MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Stranger:
    """How somebody without the token is answered: the Worker says 404, and nothing more."""

    status: int
    has_body: bool

    @property
    def is_sent_away(self) -> bool:
        """Tell whether it was the Worker's answer."""
        return self.status == 404 and not self.has_body


class Door:
    """The door of one domain's spool; every method raises a DoorError by meaning.

    Tried again, up to ATTEMPTS times: what never left, and, where asking twice does what asking once does,
    a lost answer and a failing Worker. `keys` open what is encrypted; `pause` waits so many seconds.
    """

    def __init__(
        self,
        address: Address,
        keys: Keys,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.address = address
        self.keys = keys
        self._pause = pause
        self._client = httpx.AsyncClient(
            base_url=address.origin,
            # What comes compressed would be of another size than was said, however small it is here.
            headers={"Authorization": f"Bearer {address.token}", "Accept-Encoding": "identity"},
            transport=transport,
            timeout=httpx.Timeout(_SECONDS, connect=_CONNECT_SECONDS),
            # The token does not pass a proxy in clear on its way to this machine itself.
            trust_env=address.origin.startswith("https://"),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def page(self, after: str = "") -> Page:
        """List copies behind this one, the oldest first."""
        return await self._ask("GET", "/v1/spool", page_from, query={"after": after} if after else {})

    async def copies(self) -> AsyncIterator[Copy]:
        """List all copies, the oldest first."""
        after, seen = "", set[str]()
        for _ in range(_MOST_PAGES):
            page = await self.page(after)
            if seen & {copy.id for copy in page.copies} or (page.next and not page.copies):
                raise meaning.not_understood(self.address, "a list that never ends")
            for copy in page.copies:
                seen.add(copy.id)
                yield copy
            if not (after := page.next):
                return
        raise meaning.not_understood(self.address, "a list that never ends")

    async def lease(self, limit: int = 0, ids: tuple[str, ...] = ()) -> Lease:
        """Lease the oldest copies that are due, or those of these ids that wait.

        Asked once: if the answer is lost, nobody knows the lease, and its copies wait until it is over.
        """
        body = {"ids": [*ids]} if ids else {"limit": limit}
        lease = await self._ask("POST", "/v1/lease", lease_from, body, again=False)
        if len(lease.copies) > (len(ids) or limit) or (ids and {c.id for c in lease.copies} - {*ids}):
            raise meaning.not_understood(self.address, "other copies than were asked for")
        return lease

    async def verdict(  # noqa: PLR0913 - what a verdict says
        self,
        copy_id: str,
        sha256: str,
        outcome: Outcome,
        *,
        lease: str = "",
        words: str = "",
        pause: float = 0,
    ) -> State:
        """Say what became of a copy, and return its state then; `pause` in seconds, for "later".

        Raises:
            Conflict: the lease is over or another's, or the hash is another message's.
            Gone: there is no such copy.

        """
        body = {"id": copy_id, "verdict": outcome, "lease": lease, "sha256": sha256}
        body |= {"words": words[:500], "pause": pause}  # type: ignore[dict-item]
        try:
            return await self._ask("POST", "/v1/verdict", settled_from, body)
        except Closed:
            raise await self._gone(copy_id) from None

    async def drop(self, copy: Copy) -> None:
        """Delete a copy.

        Raises:
            Conflict: the hash is another message's.
            Gone: there is no such copy.

        """
        try:
            await self._ask(
                "DELETE", f"/v1/spool/{copy.id}", lambda _: None, query={"sha256": copy.sha256}, again=False
            )
        except Closed:
            raise await self._gone(copy.id) from None

    async def status(self) -> Status:
        """Ask how much the spool holds, and in which state."""
        return await self._ask("GET", "/v1/status", status_from)

    async def standing(self) -> Standing:
        """Ask how the domain stands: its outage, its chats, its spool."""
        return await self._ask("GET", "/v1/status", standing_from)

    async def stranger(self, token: str = "") -> Stranger:
        """Ask as somebody else does, who has another token or none; asked once, and counted by the door."""
        request = self._client.build_request("GET", "/v1/status", params={"domain": self.address.domain})
        del request.headers["Authorization"]
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        async with self._translated(_SECONDS):
            response = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                return Stranger(response.status_code, bool(await self._text(response)))
            finally:
                await response.aclose()

    async def fetch(self, copy: Copy, path: Path) -> None:
        """Write a message, byte for byte, to a new file for its owner alone.

        What comes is checked against its size and SHA-256; then it is decrypted, if it is encrypted.

        Raises:
            Damaged: what came is not what the spool said it has.
            Unopened: it is encrypted, and can't be opened here.
            Gone: there is no such copy.
            DiskError: it can't be written.

        """
        # Without the key nothing is asked for.
        if (private := key_for(copy, self.keys)) is None:
            await self._fetch(copy, path)
            return
        closed = path.with_name(f"{path.name}.sealed")
        # A run that was killed may have left it.
        closed.unlink(missing_ok=True)
        try:
            await self._fetch(copy, closed)
            open_copy(copy, private, closed, path)
        finally:
            closed.unlink(missing_ok=True)

    async def _fetch(self, copy: Copy, path: Path) -> None:
        seconds = 2 * _SECONDS + copy.size / _BYTES_PER_SECOND
        try:
            async with self._translated(seconds), self._sent("GET", f"/v1/spool/{copy.id}") as response:
                await self._check(response)
                named = response.headers.get("x-mail-failover-sha256", copy.sha256)
                if named != copy.sha256:
                    raise meaning.damaged(copy, "the door names another SHA-256")
                await self._keep(response, copy, path)
        except Closed:
            raise await self._gone(copy.id) from None

    async def _keep(self, response: httpx.Response, copy: Copy, path: Path) -> None:
        size, digest, expected = 0, hashlib.sha256(), stored_size(copy)
        with PrivateFile(path) as file:
            async for part in response.aiter_raw():
                size += len(part)
                if size > expected:
                    raise meaning.damaged(copy, "more came than the spool said it has")
                digest.update(part)
                file.write(part)
            if size < expected:
                raise meaning.damaged(copy, f"only {size} of {expected} bytes came")
            if digest.hexdigest() != copy.sha256:
                raise meaning.damaged(copy, "its SHA-256 is another one")

    async def _gone(self, copy_id: str) -> Gone:
        """Find out what a 404 means: where the door is closed, it is so for this, too.

        Raises:
            Closed: that is it.

        """
        await self.status()
        return Gone(f"The spool has no message {copy_id} (any more).", meaning.SEE)

    async def _ask(  # noqa: PLR0913 - one request
        self,
        method: str,
        path: str,
        read: Callable[[Any], T],
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        again: bool = True,
    ) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._translated(_SECONDS):
                    return await self._once(method, path, read, body, query or {})
            except (Unreachable, Lost, Failing) as error:
                if attempt == ATTEMPTS or not (again or isinstance(error, Unreachable)):
                    raise
                await self._pause(attempt)
        raise AssertionError

    async def _once(
        self,
        method: str,
        path: str,
        read: Callable[[Any], T],
        body: Mapping[str, Any] | None,
        query: Mapping[str, str],
    ) -> T:
        async with self._sent(method, path, body, query) as response:
            await self._check(response)
            try:
                return read(json.loads(await self._text(response)))
            except MalformedError as error:
                raise meaning.not_understood(self.address, f'an answer without a usable "{error}"') from None
            except (ValueError, RecursionError):
                raise meaning.not_understood(self.address, "an answer that is no JSON") from None

    def _sent(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        params = {"domain": self.address.domain, **(query or {})}
        return self._client.stream(method, path, params=params, json=body, follow_redirects=False)

    async def _check(self, response: httpx.Response) -> None:
        if response.status_code != 200:
            text = await self._text(response) if response.status_code in {400, 409} else b""
            raise meaning.error_from(self.address, response, text)

    async def _text(self, response: httpx.Response) -> bytes:
        text = bytearray()
        async for part in response.aiter_raw():
            text += part
            if len(text) > _MOST_JSON:
                raise meaning.not_understood(self.address, "an answer that does not end")
        return bytes(text)

    @asynccontextmanager
    async def _translated(self, seconds: float) -> AsyncIterator[None]:
        """Give foreign errors the form of ours; an answer that trickles ends, too."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise meaning.unreachable(self.address, error) from error
        except (httpx.RequestError, ssl.SSLError) as error:
            raise meaning.lost(self.address, type(error).__name__) from error
        except TimeoutError:
            raise meaning.lost(self.address, f"no whole answer within {seconds:.0f} s") from None
