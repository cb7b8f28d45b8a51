"""Change the code a little, one place at a time, and see whether its tests notice. Run it as `make mutants`.

The working tree is left alone: two processes change a copy each, in a temporary folder. Equivalent mutants,
which no test could notice, are listed in equivalent.toml and do not count.
"""

import argparse
import hashlib
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from fnmatch import fnmatch
from itertools import repeat
from pathlib import Path

from kinds import Mutant, mutants
from rich.console import Console
from trial import FORK, Footprints, copied, measure, notice

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
AIMS = {"src/": 0.92, "scripts/mail_failover/setup/": 0.90}
PROCESSES = 2
# They start Node, or read files instead of running code.
NOT_ASKED = ("tests/test_[!c]*.py", "tests/scenarios/test_[!cs]*.py", "tests/emulator/test_wrangler*.py")

say = Console(markup=False, highlight=False, soft_wrap=True).print


def files_in(paths: list[str], pattern: str) -> list[str]:
    """Return files by their names from the top of the project."""
    found = {file for path in paths for file in ([*(ROOT / path).rglob(pattern)] or [ROOT / path])}
    return sorted(file.relative_to(ROOT).as_posix() for file in found)


def chosen(files: list[str], count: int, seed: int) -> list[Mutant]:
    """Return a sample of each file's mutants, without the equivalent ones."""
    made = {file: [*mutants(file, (ROOT / file).read_text())] for file in files}
    listed = tomllib.loads(EQUIVALENT.read_text()).get("equivalent", [])
    equivalent = {(e["file"], e["where"], e["change"].strip()) for e in listed if e["file"] in made}
    for gone in sorted(equivalent - {mutant[:3] for found in made.values() for mutant in found}):
        say("\nListed as equivalent, but there is no such mutant:", *gone, sep="\n")
    sample = []
    for found in made.values():
        # By their own texts, so that most of the chosen ones stay when a module changes.
        found.sort(key=lambda m: hashlib.sha256(repr((seed, *m[:3])).encode()).digest())
        sample += [mutant for mutant in found[:count] if mutant[:3] not in equivalent]
    return sample


def judged(sample: list[Mutant], tests: list[str]) -> Iterator[bool]:
    """Tell for each mutant whether one of the tests that run its statement notices it."""
    asked = files_in(tests, "test_*.py")
    asked = [name for name in asked if not any(fnmatch(name, pattern) for pattern in NOT_ASKED)]
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(PROCESSES, FORK) as pool:
        tree = copied(ROOT, Path(folder, "sound"))
        shares = [asked[number::PROCESSES] for number in range(PROCESSES)]
        if not all(pool.map(measure, repeat(tree), shares)):
            for output in tree.glob("output-*"):
                say(output.read_text())
            sys.exit("Without any change there are failures.")
        footprints = Footprints(tree)
        yield from pool.map(notice, repeat(tree), sample, map(footprints.tests_of, sample))


def main() -> int:
    """Print the survivors, and how many were noticed in each file; return 1 for too few."""
    options = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    options.add_argument("paths", nargs="*", default=[*AIMS], help="files or folders (%(default)s)")
    options.add_argument("--sample", type=int, default=20, help="mutants of each file (%(default)s)")
    options.add_argument("--seed", type=int, default=9, help="which ones (%(default)s)")
    options.add_argument("--tests", nargs="+", default=["tests"], help="which could notice (%(default)s)")
    given = options.parse_args()
    sample = chosen(files_in(given.paths, "*.py"), given.sample, given.seed)
    noticed, total = Counter(), Counter(mutant.file for mutant in sample)
    for mutant, good in zip(sample, judged(sample, given.tests), strict=True):
        noticed[mutant.file] += good
        if not good:
            say(f"\n{mutant.file}:{mutant.line} {mutant.where}\n{mutant.change}")
    say(f"\nnoticed / that matter, of {given.sample} mutants of each file, seed {given.seed}")
    for name, count in total.items():
        say(f"{noticed[name]:4} / {count:<4} {name}")
    failed = False
    for room, aim in AIMS.items():
        if count := sum(n for name, n in total.items() if name.startswith(room)):
            good = sum(n for name, n in noticed.items() if name.startswith(room))
            failed = failed or good < aim * count
            say(f"{good:4} / {count:<4} {room}: {good / count:.1%}, at least {aim:.0%} wanted")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
