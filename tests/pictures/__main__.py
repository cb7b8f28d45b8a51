"""Draw the pictures of docs/pictures from what the Worker really says. Run it as `make pictures`."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "scripts", "tests")]

from pictures.scene import booking  # noqa: E402
from pictures.svg import DARK, LIGHT, draw  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"


def main():
    """Write a file for each theme."""
    bubble = booking()
    FOLDER.mkdir(exist_ok=True)
    for name, theme in (("light", LIGHT), ("dark", DARK)):
        (FOLDER / f"alert-{name}.svg").write_text(draw(bubble, theme), encoding="utf-8")


if __name__ == "__main__":
    main()
