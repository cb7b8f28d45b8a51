"""Where the door is, for which domain, and the token that opens it."""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from mail_failover.errors import UsageError
from mail_failover.mail.resolver import ascii_domain
from mail_failover.settings.files import DOMAIN, environment

TOKEN = "MAIL_FAILOVER_SPOOL_TOKEN"  # noqa: S105 - the variable's name
TOKEN_FILE = "spool-token"  # noqa: S105 - the file's name
_LOOPBACK = r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?"
_ORIGIN = re.compile(rf"(?:https://[A-Za-z0-9.\[\]:-]{{1,255}}|{_LOOPBACK})/?")
# The Worker takes no shorter one.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43,512}")


@dataclass(frozen=True, slots=True)
class Address:
    """The door of one domain's spool; `origin` as in https://mail-failover.you.workers.dev."""

    origin: str
    domain: str
    token: str = field(repr=False)

    @property
    def place(self) -> str:
        """The host, with its port if that is named."""
        return self.origin.partition("//")[2]


def read_address(
    url: str, domain: str, token_file: Path | None, state: Path, env: Mapping[str, str] = os.environ
) -> Address:
    """Read where the door is; the token from the file that is named, the environment or the state folder.

    The domain is the one that `init` wrote into .env, if none is named.

    Raises:
        UsageError: one of them is missing or can't be used; never quotes the token.

    """
    if not _ORIGIN.fullmatch(url) or not _is_readable(url):
        raise UsageError(
            f"--url {url}: not the address of a Worker." if url else "--url is missing.",
            "Write it like https://mail-failover.you.workers.dev; plain http:// only on this machine.",
        )
    domain = domain or environment(None, env).get(DOMAIN, "")
    if not domain:
        raise UsageError("--domain is missing.", "Name the domain whose mail is to come home.")
    return Address(url.rstrip("/").lower(), ascii_domain(domain), read_token(token_file, state, env))


def read_token(token_file: Path | None, state: Path, env: Mapping[str, str]) -> str:
    """Read the token.

    Raises:
        UsageError: there is none, it can't be one, or others may read its file.

    """
    if token_file is None and env.get(TOKEN):
        return _checked(env[TOKEN].strip(), TOKEN)
    path = token_file or state / TOKEN_FILE
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(1024)
    except FileNotFoundError:
        raise UsageError(
            f"The spool's token is missing: {TOKEN} is not set, and there is no {path}."
            if token_file is None
            else f"--token-file {path}: there is no such file.",
            "Put the Worker's SPOOL_TOKEN there, in a file with the mode 0600.",
        ) from None
    except OSError as error:
        raise UsageError(f"{path}: the token can't be read: {error.strerror}.") from error
    if not stat.S_ISREG(mode) or mode & 0o077:
        raise UsageError(f"{path}: others may read the token.", f"Type: chmod 600 {path}")
    return _checked(text.decode("ascii", "replace").strip(), str(path))


def _checked(token: str, place: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise UsageError(
            f"{place} holds no token of a spool: at least 43 letters, digits, - and _.",
            "Copy the Worker's SPOOL_TOKEN again.",
        )
    return token


def _is_readable(url: str) -> bool:
    try:
        return bool(httpx.URL(url).host)
    except httpx.InvalidURL:
        return False
