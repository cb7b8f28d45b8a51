"""The option that names the settings, as every command takes it that needs them."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option(
        help="The Worker, with .dev.vars beside it.", show_default="wrangler.toml here, else this program's"
    ),
]
