"""Measure what a message costs in Pyodide, print a table, write JSON. Run it as `make bench`."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from rich.console import Console
from rich.table import Table

BENCH = Path(__file__).parent
ROOT = BENCH.parents[1]
RESULT = ROOT / "build" / "bench.json"
DETAILS = ("subject", "preview")
HOSTILE = {"hostile": 3.0, "crafted": 6.0}
KINDS = ("plain", "newsletter", "small attachments", "large attachment")
# What the handler costs, by who tells: the Worker by itself; its share if an object does; and that object's.
HANDLERS = {"handler": "handler_ms", "hands over": "handed_ms", "and object": "remembered_ms"}


def main() -> int:
    """Measure with every version of Python; return 1 if a ratio of docs/performance.md is exceeded."""
    results = {version: _measure(version) for version in ("3.13", "3.14")}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(results, indent=1))
    console = Console(width=140)
    broken = 0
    for result in results.values():
        console.print(_table(result))
        for kind, ms in result["events"].items():
            console.print(f"  in the object, {kind}: {ms:.2f} ms, {ms / _unit(result):.2f}")
        for text, ratio, limit in _promises(result):
            ok = ratio <= limit
            broken += not ok
            console.print(f"  {'kept  ' if ok else 'BROKEN'}  {text}: {ratio:.3f}, at most {limit:.3f}")
        imports = result["imports"]
        console.print(
            f"  import of the Worker's modules: {imports['ms']:.1f} ms, {imports['kb']:.0f} kB; "
            f"modules that the runtime had not loaded: {', '.join(imports['modules'])}\n"
        )
    console.print(f"All figures: {RESULT.relative_to(ROOT)}")
    return 1 if broken else 0


def _measure(version: str) -> dict:
    sdk = distribution("workers-runtime-sdk").locate_file("")
    command = [shutil.which("node"), BENCH / "bench.mjs", f"pyodide-{version}", ROOT / "src", sdk, BENCH]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600, check=True)
    return json.loads(done.stdout)


def _table(result: dict) -> Table:
    unit = _unit(result)
    table = Table(
        title=f"Python {result['python']} in Pyodide; 1.00 is {unit:.2f} ms: skim, describe, render of 4 KB"
    )
    table.add_column("message")
    for name in ("size", "subject", "preview", "full parse", *HANDLERS, "memory", "in all", "pulled"):
        table.add_column(name, justify="right")
    for row in result["rows"]:
        full = f"{row['full_ms'] / unit:.2f}" if "full_ms" in row else row.get("full_failed", "")
        handlers = [f"{row[name] / unit:.2f}" if name in row else "" for name in HANDLERS.values()]
        in_all = f"{row['handler_kb']:.0f} kB" if "handler_kb" in row else ""
        pulled = f"{row['pulled'] / 1024:.0f} KiB" if "pulled" in row else ""
        figures = (f"{row['subject_ms'] / unit:.2f}", f"{row['preview_ms'] / unit:.2f}", full, *handlers)
        table.add_row(row["kind"], row["size"], *figures, f"{row['peak_kb']:.0f} kB", in_all, pulled)
    return table


def _promises(result: dict) -> list[tuple[str, float, float]]:
    """Return each promise of docs/performance.md: what it compares, the ratio, its limit."""
    promises = []
    for kind in KINDS:
        large, small = _row(result, kind, "25 MB"), _row(result, kind, "4 KB")
        for detail in DETAILS:
            ratio = large[f"{detail}_ms"] / small[f"{detail}_ms"]
            promises.append((f"{kind}, {detail}: 25 MB to 4 KB", ratio, 1.2))
        ratio = large["handler_ms"] / small["handler_ms"]
        promises.append((f"{kind}, handler: 25 MB to 4 KB", ratio, 1.15))
        for handler, limit in (("handler", 9.0), ("hands over", 9.0), ("and object", 15.0)):
            ratio = max(row[HANDLERS[handler]] / row["fetching_ms"] for row in (large, small))
            promises.append((f"{kind}, {handler}: to one that forwards and fetches", ratio, limit))
        ratio = max(row["handed_ms"] / row["handler_ms"] for row in (large, small))
        promises.append((f"{kind}, hands over: to the handler that tells by itself", ratio, 1.0))
        for size in ("4 KB", "25 MB"):
            row = _row(result, kind, size)
            ratio = row["kept_ms"] / row["handed_ms"]
            promises.append(
                (f"{kind}, {size}, a copy kept of all: to the handler that keeps none", ratio, 1.25)
            )
    for kind, found in result["store"].items():
        promises.append((f"in the object: 25 MB stored, {kind}, to a second", found["ms"] / 1000, 1.0))
        memory = found["kb"] / 1000
        promises.append((f"in the object: Python memory of that, {kind}, to 8 MB", memory / 8, 1.0))
    events, unit = result["events"], _unit(result)
    told = events["remember"] + events["alarm"]
    promises.append(("in the object: an event remembered and told, to 1.00", told / unit, 30.0))
    dearest = max(events.values())
    promises.append(("in the object: the dearest call or alarm, to 1.00", dearest / unit, 30.0))
    # The cheapest of the usual ones, at the same detail.
    normal = _row(result, "plain", "100 KB")
    for row in result["rows"]:
        if limit := HOSTILE.get(row["size"]):
            ratio = max(row[f"{detail}_ms"] / normal[f"{detail}_ms"] for detail in DETAILS)
            promises.append((f"{row['kind']}: to 64 KiB of plain text", ratio, limit))
    for kind in KINDS:
        for size, limit in (("4 KB", 1 / 3), ("100 KB", 1 / 8)):
            row = _row(result, kind, size)
            ratio = row["subject_ms"] / row["full_ms"]
            promises.append((f"{kind}, subject, {size}: to the full parse", ratio, limit))
    handled = [row for row in result["rows"] if "pulled" in row]
    pulled = max(row["pulled"] for row in handled)
    promises.append(("bytes pulled, to 64 KiB and a chunk", pulled / (64 * 1024 + 4096), 1.0))
    memory = max(row["handler_kb"] for row in handled)
    promises.append(("Python memory of the handler, to 512 kB", memory / 512, 1.0))
    return promises


def _unit(result: dict) -> float:
    return _row(result, "plain", "4 KB")["subject_ms"]


def _row(result: dict, kind: str, size: str) -> dict:
    return next(row for row in result["rows"] if (row["kind"], row["size"]) == (kind, size))


if __name__ == "__main__":
    sys.exit(main())
