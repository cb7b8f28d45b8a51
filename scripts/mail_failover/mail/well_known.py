"""An MTA-STS policy, fetched from the domain's web server (RFC 8461, section 3.3)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from .mta_sts import PolicyError

SECONDS = 10.0
_MOST_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Published:
    """A policy's text, and when its file was changed last, if the server tells (RFC 9110, section 8.8.2)."""

    text: str
    modified: datetime | None = None


async def fetch_policy(address: str, transport: httpx.AsyncBaseTransport | None) -> str:
    """Fetch a policy's text.

    Raises:
        PolicyError: it can't be had.

    """
    return (await fetch(address, transport)).text


async def fetch(address: str, transport: httpx.AsyncBaseTransport | None) -> Published:
    """Fetch a policy as senders do: HTTPS with a valid certificate, no redirects, 64 KiB at most, in SECONDS.

    Raises:
        PolicyError: it can't be had.

    """
    try:
        async with (
            # The client's own timeout starts anew with every byte.
            asyncio.timeout(SECONDS),
            httpx.AsyncClient(transport=transport, timeout=SECONDS, trust_env=False) as client,
            client.stream("GET", address) as response,
        ):
            if response.status_code != 200:
                raise PolicyError(f"answers with HTTP status {response.status_code}")
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    raise PolicyError("is over 64 KiB")
    except (TimeoutError, httpx.TimeoutException) as error:
        raise PolicyError(f"no answer within {SECONDS:.0f} s") from error
    except httpx.HTTPError as error:
        raise PolicyError(f"can't be fetched ({error})") from error
    return Published(body.decode("utf-8", "replace"), _date(response.headers.get("last-modified", "")))


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else None
