"""The command `uninstall`; what it needs is imported when it runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from mail_failover.settings.option import Config

if TYPE_CHECKING:
    from mail_failover.console.underneath import Run

Uninstall = Callable[..., None]


def command(underneath: "Run") -> Uninstall:
    """Make the command `uninstall` over a way to run the others."""

    def uninstall(  # noqa: PLR0913 - one parameter per option
        *,
        domain: Annotated[
            list[str] | None,
            typer.Option(
                metavar="DOMAIN",
                help="One more domain whose mail it caught, beside all that have a journal here and those"
                " that the settings name; may be repeated.",
            ),
        ] = None,
        worker: Annotated[
            str, typer.Option(metavar="NAME", help="The Worker.", show_default="name in --config")
        ] = "",
        config: Config = None,
        force: Annotated[
            bool,
            typer.Option(
                "--force", help="Also delete mail in the spool, and go on where something can't be known."
            ),
        ] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask; what is unsafe is refused.")] = False,
        json: Annotated[bool, typer.Option("--json", help="Print JSON; asks nothing.")] = False,
    ) -> None:
        """Take it all back: each domain as `setup undo` does, then the Worker with its secrets and its spool.

        Do it while your server is up. The Worker stays while a routing rule of any zone hands mail to it, and
        while its spool holds mail, or may. Nothing on this machine is deleted; what stays is named in the
        end. It can be stopped at any time and run again.
        Exit code: 0 done, or nothing is left; 1 something stays that a person has to see to; 2 wrong usage;
        3 refused as unsafe; 4 Cloudflare's API failed; 130 Ctrl-C.

        Example: mail-failover uninstall
        """
        from .removal import Options, World  # noqa: PLC0415
        from .run import run  # noqa: PLC0415

        options = Options(tuple(domain or ()), worker, config, force, yes, json)
        raise typer.Exit(run(options, World(underneath)))

    return uninstall
