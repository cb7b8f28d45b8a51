"""What the command `emulate` was given, and what is said of it at the beginning."""

import ipaddress
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mail_failover.emulator.routing.smtp import LOOPBACK, is_exposed
from mail_failover.emulator.runtime.message import Shape
from mail_failover.mail.resolver import ascii_domain
from mail_failover.settings.files import Config, addresses, sources, variables_of
from mail_failover.settings.local import judge
from mail_failover.settings.place import configuration

from .emulator import Emulator
from .transcript import is_hidden, problem_lines, service_lines, settings_lines

if TYPE_CHECKING:
    from failover.settings import Settings

_PLAYED = "you@example.net"


@dataclass(frozen=True, slots=True)
class Options:
    """The command's options, as they were given."""

    host: str
    port: int
    domains: Sequence[str]
    config: Path
    data: Path
    relay: str
    verified: Sequence[str]
    faults: Sequence[str]
    variables: Sequence[str]
    shape: Shape
    runtime: Literal["stand-in", "wrangler"] = "stand-in"
    http_port: int = 0
    playing: Sequence[str] = ()
    page: bool = False
    page_port: int = 0

    def words(self, secrets: Collection[str]) -> list[str]:
        """Return those that say who plays and with which settings, as they are typed; no secret is."""
        shown = [text for text in self.variables if not is_hidden(text.partition("=")[0], secrets)]
        named = {
            "--domain": self.domains,
            "--verified": self.verified,
            "--play": self.playing,
            "--var": shown,
        }
        named["--config"] = [] if self.config is configuration() else [str(self.config)]
        named["--relay"] = [self.relay] if self.relay else []
        return [word for option, values in named.items() for value in values for word in (option, value)]


def greeting(emulator: Emulator, config: Config, options: Options, secured: str, page: str) -> Iterator[str]:
    """Say what listens where, and with which settings; `page` is the page's address, if there is one."""
    shows = "" if options.runtime == "wrangler" else ", Ctrl-\\ shows its status"
    yield f"The edge listens on {where(options.host, emulator.port)}; Ctrl-C stops it{shows}."
    if page:
        yield f"Page: {page}"
        yield "Whoever has that address can read this mail and do all that the page does; it is of this run."
    if is_exposed(options.host):
        yield (
            "Careful: whoever reaches that address can hand in mail, without a password, and it ends up in "
            "these inboxes and chats. An address that only your containers reach is better, or a firewall."
        )
    yield f"Worker: {config.main}{' in wrangler dev' if options.runtime == 'wrangler' else ''}"
    domains = [ascii_domain(name) for name in options.domains]
    taken = (
        f"of {', '.join(domains)}; others get 550"
        if domains
        else "of any domain; --domain names those to take"
    )
    yield f"Recipients: {taken}"
    yield f"STARTTLS: {secured}"
    yield f"Door: {emulator.url}"
    stored = f"relayed to {options.relay}" if options.relay else f"Maildirs under {options.data}"
    yield f"Inboxes: {', '.join(emulator.verified) or 'none is verified, set FALLBACK_INBOXES'} ({stored})"
    if played := played_inboxes(config, options):
        yield f"FALLBACK_INBOXES is not set: here {' and '.join(played)} plays it; name yours in .dev.vars."
    settings = _judged(config, emulator)
    yield from service_lines(emulator.variables, settings, emulator.playing)
    if page and "PRIMARY_CHECK" in emulator.variables:
        yield "PRIMARY_CHECK: the primary of the page answers for it; yours is not asked."
    if options.faults:
        yield f"Faults: {', '.join(options.faults)}"
    if options.runtime == "wrangler":
        yield "For the Worker a forward always succeeds there; if no inbox takes it, the sender is told 451."
    yield f"Settings, from {sources(options.config)}:"
    yield from settings_lines(config.variables, config.secrets)
    yield from problem_lines(settings)
    yield (
        f"Try it: `curl smtp://{near(options.host, emulator.port)} --mail-from you@example.org"
        f" --mail-rcpt anna@{domains[0] if domains else 'example.com'} --crlf -T message.eml`"
    )


def played_inboxes(config: Config, options: Options) -> list[str]:
    """Return what stands for the inboxes of this project's Worker where nobody named any yet."""
    if "FALLBACK_INBOXES" in config.variables or not variables_of(config.main):
        return []
    return addresses(list(options.verified)) or [_PLAYED]


def _judged(config: Config, emulator: Emulator) -> "Settings | None":
    """Let the Worker's own code judge its settings; None for another Worker than this project's."""
    if not variables_of(config.main):
        return None
    return judge(config.main, emulator.variables)


def where(host: str, port: int) -> str:
    """Write an address with its port."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def near(host: str, port: int) -> str:
    """Write an address at which this machine reaches what listens on a host, be it all that it has."""
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        host = LOOPBACK if address.version == 4 else "::1"
    return where(host, port)
