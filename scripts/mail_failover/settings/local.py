"""What wrangler.toml and .dev.vars say: the Worker's name, its settings, the inboxes."""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mail_failover.errors import UsageError

from .files import SECRETS, Config, read_config

if TYPE_CHECKING:
    from failover.settings import Settings

DEFAULT = Path("wrangler.toml")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the next deploy puts the Worker on the web: `hosts` are custom domains, `routes` others."""

    workers_dev: bool = False
    hosts: tuple[str, ...] = ()
    routes: bool = False

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return self.workers_dev or self.routes or bool(self.hosts)


@dataclass(frozen=True, slots=True)
class Upload:
    """What a deploy would give the Worker beside its code: what wrangler.toml says, and nothing of .dev.vars.

    `keeps` tells that variables set elsewhere stay (`keep_vars`). Values may be secrets and are never shown.
    """

    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    objects: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    flags: frozenset[str] = frozenset()
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Local:
    """The files' content; the variables may hold secrets and are never shown.

    `secrets` are the names in .dev.vars.
    """

    path: Path
    name: str
    variables: Mapping[str, Any] = field(repr=False)
    settings: "Settings" = field(repr=False)
    problems: tuple[str, ...] = ()
    addresses: Addresses = Addresses()
    upload: Upload = Upload()
    secrets: frozenset[str] = frozenset()

    @property
    def inboxes(self) -> tuple[str, ...]:
        """Return every inbox that the settings name, each once."""
        routed = (inbox for inboxes in self.settings.routes.values() for inbox in inboxes)
        return tuple(dict.fromkeys((*self.settings.inboxes, *routed)))


def read_local(path: Path | None) -> Local | None:
    """Read the settings at `path`, or those of the current folder; None where it has none.

    Raises:
        UsageError: a file can't be read; names the place, never a value.

    """
    if path is None and not DEFAULT.is_file():
        return None
    path = path or DEFAULT
    config = read_config(path)
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    settings, problems = _settings(config)
    if "addresses" in document:
        problems.append("addresses: with it a deploy takes over the catch-all; remove it")
    if not document.get("name"):
        problems.append("name: is missing; name the Worker")
    return Local(
        path,
        str(document.get("name", "")),
        config.variables,
        settings,
        tuple(problems),
        _addresses(document),
        _upload(document, config),
        config.secrets,
    )


def domain_of(local: Local | None) -> str:
    """Return the domain that ROUTES names, if it is one.

    Raises:
        UsageError: there is none, or more than one.

    """
    keys = local.settings.routes if local else ()
    domains = sorted({key.rpartition("@")[2] for key in keys})
    if len(domains) == 1:
        return domains[0]
    several = f" ROUTES names several: {', '.join(domains)}." if domains else ""
    raise UsageError(f"Which domain?{several}", "Name it, as in --domain example.com.")


def judge(main: Path, variables: Mapping[str, Any]) -> "Settings":
    """Let the Worker's own code, found beside `main`, read its settings.

    Raises:
        UsageError: that code is not there.

    """
    folder = str(main.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        from failover.settings import Settings  # noqa: PLC0415 - found beside the Worker
    except ModuleNotFoundError as error:
        raise UsageError(f"{main}: the Worker's modules are not beside it.", "Check `main`.") from error
    return Settings.from_env(variables)


def _addresses(document: Mapping[str, Any]) -> Addresses:
    """Read where a deploy puts the Worker; without a word it is workers.dev, unless there are routes.

    Source: https://developers.cloudflare.com/workers/wrangler/configuration/
    """
    routes = document.get("routes", [document["route"]] if "route" in document else [])
    routes = routes if isinstance(routes, list) else [routes]
    hosts = tuple(
        str(each.get("pattern", "")).lower()
        for each in routes
        if isinstance(each, dict) and each.get("custom_domain") is True
    )
    workers_dev = document.get("workers_dev", not routes) is True
    return Addresses(workers_dev, hosts, len(routes) > len(hosts))


def _upload(document: Mapping[str, Any], config: Config) -> Upload:
    """Read what else a deploy sets.

    Source: https://developers.cloudflare.com/workers/wrangler/configuration/
    """
    flags = document.get("compatibility_flags")
    return Upload(
        config.uploaded,
        config.objects,
        str(document.get("compatibility_date", "")),
        frozenset(map(str, flags)) if isinstance(flags, list) else frozenset(),
        document.get("keep_vars") is True,
    )


def _settings(config: Config) -> tuple["Settings", list[str]]:
    """Read the settings; secrets that only the account has are not missed here."""
    settings = judge(config.main, config.variables)
    absent = {name for name in SECRETS if name not in config.variables}
    return settings, [str(p) for p in settings.problems if p.variable not in absent]
