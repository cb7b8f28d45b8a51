"""One run of `wrangler deploy` with a configuration of its own, and with secrets that no file ever holds."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mail_failover.errors import UsageError
from mail_failover.settings.copy import as_json, copy
from mail_failover.settings.local import Local

STOP_SECONDS = 5.0
"""How long wrangler may take to end when it is told to."""

# The one thing that wrangler opens by a path and that is no file: what comes through its standard input.
_STDIN = "/dev/stdin"
# wrangler would take these before the token, or look for an environment that the copy does not have.
_OTHER_WAYS = ("CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL", "CLOUDFLARE_ENV")
_TABLES = ("Attaching additional modules", "Your Worker has access to the following bindings")


@dataclass(frozen=True, slots=True)
class Order:
    """What goes up: the settings, under which name, by which wrangler, and with what environment."""

    local: Local
    name: str
    wrangler: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    account: str = ""
    dry_run: bool = False
    outdir: Path | None = None


def upload(order: Order, tell: Callable[[str], None]) -> int:
    """Let wrangler upload; return its exit code. `tell` gets what it prints, line by line, without secrets.

    Whatever ends this ends wrangler, too, and its folder is gone.

    Raises:
        UsageError: there is no such executable.

    """
    with tempfile.TemporaryDirectory(prefix="mail-failover-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        path = folder / "wrangler.json"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(as_json(configuration(order)))
        secrets = json.dumps(order.local.upload.secrets) if order.local.upload.secrets else ""
        return _run(_command(order, path), _environment(order, folder), secrets, tell)


def configuration(order: Order) -> dict[str, Any]:
    """Return wrangler.toml as this upload has it: the settings as variables, the addresses, nothing kept.

    An address that the owner gave the Worker by a route of his stays one.
    """
    local = order.local
    document = copy(local.path, local.document, local.upload.variables)
    routes = document.pop("routes", None) or [each for each in [document.pop("route", None)] if each]
    named = {str(each.get("pattern", "")).lower() for each in routes if isinstance(each, dict)}
    routes += [
        {"pattern": host, "custom_domain": True} for host in local.addresses.hosts if host not in named
    ]
    # Only the top of wrangler.toml is read here.
    document.pop("env", None)
    given = {"name": order.name, "keep_vars": False, "workers_dev": local.addresses.workers_dev}
    given |= {"routes": routes} if routes else {}
    return {**document, **given, **({"account_id": order.account} if order.account else {})}


def _command(order: Order, path: Path) -> list[str]:
    words = [*order.wrangler, "deploy", "--config", str(path)]
    words += ["--secrets-file", _STDIN] if order.local.upload.secrets else []
    words += ["--dry-run"] if order.dry_run else []
    return [*words, *(["--outdir", str(order.outdir.absolute())] if order.outdir else [])]


def _environment(order: Order, folder: Path) -> dict[str, str]:
    """Return what wrangler gets: it asks nothing, reports nothing, and logs into the folder that goes.

    Source: https://developers.cloudflare.com/workers/wrangler/system-environment-variables/
    """
    env = {name: value for name, value in order.env.items() if name not in _OTHER_WAYS}
    return env | {
        "CI": "true",
        "FORCE_COLOR": "0",
        "NO_COLOR": "1",
        "WRANGLER_HIDE_BANNER": "true",
        "WRANGLER_LOG_PATH": str(folder / "logs"),
        "WRANGLER_SEND_METRICS": "false",
    }


def _run(command: Sequence[str], env: Mapping[str, str], secrets: str, tell: Callable[[str], None]) -> int:
    try:
        process = subprocess.Popen(  # noqa: S603 - found by tools/, and its words are ours
            command,
            cwd=Path(env["WRANGLER_LOG_PATH"]).parent,
            env=env,
            stdin=subprocess.PIPE if secrets else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            # So that a Ctrl-C is ours alone, and all that it started can be ended.
            start_new_session=True,
        )
    except OSError as error:
        raise UsageError(f"{command[0]}: can't be run: {error.strerror}.") from error
    hidden = [*json.loads(secrets or "{}").values(), env.get("CLOUDFLARE_API_TOKEN", "")]
    with process:
        try:
            _hand_over(process, secrets)
            for line in _worth_reading(process.stdout or ()):
                tell(_without(line.rstrip(), hidden))
            return process.wait()
        except BaseException:
            _end(process)
            raise


def _hand_over(process: "subprocess.Popen[str]", secrets: str) -> None:
    if process.stdin:
        # It may have ended already; then its exit code says so.
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(secrets)


def _worth_reading(lines: Iterable[str]) -> Iterator[str]:
    """Leave out blank lines, the table of the Worker's fifty modules, and that of all its variables."""
    inside = False
    for line in lines:
        inside = inside or line.startswith(_TABLES)
        if not inside and line.strip():
            yield line
        elif not line.strip() or line.startswith("└"):
            inside = False


def _without(line: str, hidden: Sequence[str]) -> str:
    for secret in filter(None, hidden):
        line = line.replace(secret, "(hidden)")
    return line


def _end(process: "subprocess.Popen[str]") -> None:
    """Ask all that was started to end, and end what has not in time."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
