"""How `wrangler dev` is started here: its command, its environment and its settings."""

import os
import shlex
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from mail_failover.errors import UsageError
from mail_failover.settings.copy import as_json, copy
from mail_failover.settings.edit import assignment
from mail_failover.tools.wrangler import wrangler


def command(say: Callable[[str], None], environ: Mapping[str, str]) -> list[str]:
    """Return how to start `wrangler dev` on a free port of 127.0.0.1; `say` is told of a download before it.

    $WRANGLER names another executable, $WRANGLER_DEV_ARGS adds arguments.

    Raises:
        UsageError: there is no wrangler and none could be brought, or the arguments' quotes don't match.

    """
    try:
        extra = shlex.split(environ.get("WRANGLER_DEV_ARGS", ""))
    except ValueError as error:
        raise UsageError(f"$WRANGLER_DEV_ARGS: {error}; write it as a shell would take it.") from error
    # Wrangler takes a free port for 0 and says which.
    ports = ["--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"]
    return [*wrangler(say, environ), "dev", *ports, *extra]


def environment(folder: Path) -> dict[str, str]:
    """Return this process's environment, with wrangler kept to itself."""
    quiet = {
        "CI": "true",
        "CLOUDFLARE_CF_FETCH_ENABLED": "false",
        "NO_COLOR": "1",
        "WRANGLER_HIDE_BANNER": "true",
        "WRANGLER_LOG_PATH": str(folder / "logs"),
        "WRANGLER_REGISTRY_PATH": str(folder / "registry"),
    }
    return {**quiet, **os.environ, "WRANGLER_SEND_METRICS": "false"}


def write_settings(
    folder: Path, config: Path, variables: Mapping[str, Any], secrets: Collection[str] = ()
) -> None:
    """Write a copy of the configuration for wrangler: the Worker's path absolute, vars and secrets replaced.

    Raises:
        UsageError: a secret can't be written into .dev.vars; names it.

    """
    document = tomllib.loads(config.read_text(encoding="utf-8"))
    plain = {name: value for name, value in variables.items() if name not in secrets}
    (folder / "wrangler.json").write_text(as_json(copy(config, document, plain)), encoding="utf-8")
    lines = [assignment(name, str(variables[name])) for name in variables if name in secrets]
    (folder / ".dev.vars").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
