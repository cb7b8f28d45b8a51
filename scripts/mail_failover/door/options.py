"""The options that lead to the door, as every command takes them that needs it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

STATE = Path(".mail-failover")
"""Where commands keep what they know, seen from where they run."""

KEYS = "keys"
"""The folder in it of the private keys that open what is encrypted for home."""

Url = Annotated[
    str,
    typer.Option(
        metavar="URL",
        envvar="MAIL_FAILOVER_SPOOL_URL",
        help="The Worker's address, as in https://NAME.you.workers.dev.",
    ),
]
Domain = Annotated[
    str,
    typer.Option(
        metavar="DOMAIN",
        envvar="MAIL_FAILOVER_DOMAIN",
        help="The domain whose mail it is, as in example.com.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The Worker's SPOOL_TOKEN, in a file with the mode 0600.",
        show_default="MAIL_FAILOVER_SPOOL_TOKEN, else spool-token in --state",
    ),
]
State = Annotated[
    Path, typer.Option(metavar="DIR", help="Where it is written down what is home; keep it for good.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@dataclass(frozen=True, slots=True)
class Way:
    """Those options, as they were given."""

    url: str
    domain: str
    token_file: Path | None = None
    state: Path = STATE

    @property
    def keys(self) -> Path:
        """Return where private keys are kept."""
        return self.state / KEYS

    @property
    def words(self) -> tuple[str, ...]:
        """Return them as they are typed again."""
        given = {"--url": self.url, "--domain": self.domain, "--token-file": self.token_file}
        given |= {"--state": self.state} if self.state != STATE else {}
        return tuple(word for name, value in given.items() if value for word in (name, str(value)))
