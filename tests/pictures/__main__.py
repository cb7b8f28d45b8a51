"""Draw the pictures of docs/pictures from what the Worker says, and picture the page as it looks.

Run it as `make pictures`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "scripts", "tests")]

from pictures.page import shots  # noqa: E402
from pictures.scene import booking, pictures  # noqa: E402
from standins.browser import ABSENT, CHROMIUM  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"


def main():
    """Write a file for each picture."""
    FOLDER.mkdir(exist_ok=True)
    for name, picture in pictures(booking()):
        (FOLDER / name).write_text(picture, encoding="utf-8")
    if not CHROMIUM:
        sys.stderr.write(f"The pictures of the page stay as they are: {ABSENT}.\n")
        return
    for name, picture in shots():
        (FOLDER / name).write_bytes(picture)


if __name__ == "__main__":
    main()
