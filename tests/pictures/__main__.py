"""Draw the pictures of docs/pictures from what the Worker really says. Run it as `make pictures`."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "scripts", "tests")]

from pictures.scene import booking, pictures  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"


def main():
    """Write a file for each picture."""
    FOLDER.mkdir(exist_ok=True)
    for name, picture in pictures(booking()):
        (FOLDER / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
