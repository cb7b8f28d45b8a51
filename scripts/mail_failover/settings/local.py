"""What wrangler.toml and .dev.vars say: the Worker's name, its settings, the inboxes."""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mail_failover.errors import UsageError

from .chats import CHATS
from .files import ACCOUNT, DOMAIN, SECRETS, SETTINGS_FILE, Config, read_config, sources, variables_of
from .place import DEFAULT, STATE, beside, configuration, is_there

if TYPE_CHECKING:
    from failover.reading import Problem
    from failover.settings import Settings


WORKERS_DEV = "workers.dev"
"""What SPOOL_DOOR says of an address under Cloudflare's own name."""

OWN_INBOX = "Write your own address in FALLBACK_INBOXES and ROUTES"
"""What to do about an inbox that is an example."""

# Nobody's names: RFC 2606, sections 2 and 3. `.test` and `.example` stand for real ones, in tests.
_EXAMPLE = re.compile(r"(?:.+\.)?(?:example\.(?:com|net|org)|invalid)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the next deploy puts the Worker on the web: `hosts` are custom domains, `routes` others."""

    workers_dev: bool = False
    hosts: tuple[str, ...] = ()
    routes: bool = False

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.named)

    @property
    def named(self) -> tuple[str, ...]:
        """Return each as it is named to people."""
        dev = (WORKERS_DEV,) if self.workers_dev else ()
        return (*dev, *self.hosts, *(("routes of your own",) if self.routes else ()))


@dataclass(frozen=True, slots=True)
class Upload:
    """What `deploy` gives the Worker beside its code, wherever it stands here; values are never shown.

    `variables` are typed as in TOML, `secrets` texts; `unknown` names what is no setting of this Worker.
    """

    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    unknown: tuple[str, ...] = ()
    objects: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Local:
    """The files' content; the variables may hold secrets and are never shown.

    `path` is wrangler.toml, `folder` that of .dev.vars and of what commands keep.
    """

    path: Path
    name: str
    variables: Mapping[str, Any] = field(repr=False)
    settings: "Settings" = field(repr=False)
    problems: tuple[str, ...] = ()
    addresses: Addresses = Addresses()
    upload: Upload = Upload()
    folder: Path = Path()
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def sources(self) -> str:
        """Say where the settings stand; the second wins."""
        return sources(self.path)

    @property
    def editable(self) -> Path:
        """Return the file for settings that are missing."""
        return self.folder / SETTINGS_FILE

    @property
    def inboxes(self) -> tuple[str, ...]:
        """Return every inbox that the settings name, each once."""
        routed = (inbox for inboxes in self.settings.routes.values() for inbox in inboxes)
        return tuple(dict.fromkeys((*self.settings.inboxes, *routed)))

    def account(self, env: Mapping[str, str]) -> str:
        """Return the account that is named, as wrangler takes it; empty if none is.

        `env` is the `environment`, with what .env says.
        """
        return str(self.document.get("account_id") or env.get(ACCOUNT, "").strip())

    @property
    def examples(self) -> tuple[str, ...]:
        """Return the inboxes that can be nobody's, as an example has them."""
        return tuple(filter(is_example, self.inboxes))


def is_example(inbox: str) -> bool:
    """Tell whether an inbox can be nobody's."""
    return _EXAMPLE.fullmatch(inbox.rpartition("@")[2]) is not None


def read_local(path: Path | None) -> Local | None:
    """Read the settings at `path`, or those of the current folder; None where it has none.

    A folder with .dev.vars alone has the Worker that came with this program.

    Raises:
        UsageError: a file can't be read; names the place, never a value.

    """
    if path is None and not (is_there(DEFAULT) or is_there(Path(SETTINGS_FILE))):
        return None
    path = configuration(path)
    config = read_config(path)
    document = config.document
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
        addresses_of(document, config.door),
        _upload(config),
        beside(path),
        document,
    )


def domain_of(
    local: Local | None,
    env: Mapping[str, str],
    seen: Callable[[], Sequence[str]] = tuple,
    *,
    undo: bool = False,
) -> str:
    """Return the domain that is meant: the named one, that of ROUTES, of the journals, the only one `seen`.

    `env` is the `environment`, with what .env says. To `undo`, one with a journal goes before others.

    Raises:
        UsageError: there is none, or more than one.

    """
    state = (local.folder if local else Path()) / STATE
    journals = {path.parent.name for path in state.glob("*/*.json")}
    named = env.get(DOMAIN, "").strip()
    if named and (named in journals or not (undo and journals)):
        return named
    keys = local.settings.routes if local and not (undo and journals) else ()
    places: tuple[tuple[str, Callable[[], Sequence[str]]], ...] = (
        ("ROUTES names", lambda: [key.rpartition("@")[2] for key in keys]),
        (f"{state} has journals of", lambda: [*journals]),
        ("The token sees", seen),
    )
    for place, found in places:
        domains = sorted(set(found()))
        if len(domains) == 1:
            return domains[0]
        if domains:
            what = f"Which domain? {place} several: {', '.join(domains)}."
            raise UsageError(what, f"Name it, as in --domain {domains[0]}.")
    raise UsageError("Which domain?", "Name it, as in --domain example.com.")


def judge(main: Path, variables: Mapping[str, Any]) -> "Settings":
    """Let the Worker's own code, found beside `main`, read its settings.

    Raises:
        UsageError: that code is not there.

    """
    if not variables_of(main):
        raise UsageError(f"{main}: the Worker's modules are not beside it.", "Check `main`.")
    from failover.settings import Settings  # noqa: PLC0415 - found beside the Worker

    return Settings.from_env(variables)


def unserved(local: Local, deployed: Collection[str]) -> "list[Problem]":
    """Return the problems with what names a service that is set up neither here nor in the account.

    `deployed` are the names of the secrets that are there.
    """
    absent = [({*_secrets(p)} - local.variables.keys(), p) for p in local.settings.problems]
    return [problem for names, problem in absent if names and not names.intersection(deployed)]


def addresses_of(document: Mapping[str, Any], door: str = "") -> Addresses:
    """Read where a deploy puts the Worker; without a word it is workers.dev, unless there are routes.

    The `door` of .dev.vars is a name of the owner's, or "workers.dev", and comes besides.

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
    others = len(routes) > len(hosts)
    if door == WORKERS_DEV:
        return Addresses(True, hosts, others)
    return Addresses(workers_dev, tuple(dict.fromkeys((*hosts, *filter(None, [door.lower()])))), others)


def _upload(config: Config) -> Upload:
    """Sort what is set into variables and secrets, and read what else a deploy sets.

    Source: https://developers.cloudflare.com/workers/wrangler/configuration/
    """
    flags, known = config.document.get("compatibility_flags"), variables_of(config.main)
    secrets = {name: str(value) for name, value in config.variables.items() if name in SECRETS and value}
    return Upload(
        {n: _typed(v) for n, v in config.variables.items() if n not in {*SECRETS, *config.secrets}},
        secrets,
        tuple(sorted(config.secrets - known)),
        config.objects,
        str(config.document.get("compatibility_date", "")),
        frozenset(map(str, flags)) if isinstance(flags, list) else frozenset(),
    )


def _typed(value: Any) -> Any:
    """Return a list or a table that .dev.vars can only have as JSON."""
    if isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _settings(config: Config) -> tuple["Settings", list[str]]:
    """Read the settings; secrets that only the account has are not missed here."""
    settings = judge(config.main, config.variables)
    absent = {name for name in SECRETS if name not in config.variables}
    problems = [
        str(p) for p in settings.problems if p.variable not in absent and not absent.intersection(_secrets(p))
    ]
    if settings.quiet and not _is_zone(settings.quiet.zone):
        problems.append("QUIET: there is no such time zone; write it like Europe/Berlin")
    return settings, problems


def _secrets(problem: "Problem") -> tuple[str, ...]:
    """Name the secrets without which the Worker has that problem; any of them may be in the account alone."""
    return CHATS[problem.needs].secrets if problem.needs else ()


def _is_zone(name: str) -> bool:
    """Tell whether there is such a time zone; the Worker finds out when it asks its runtime."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # There is none, the name leads out of the folder with the data, or to a folder in it.
        return False
    return True
