"""What the variants cost beside what they could cost, and whether that is what was aimed at: `python -m benchmarks.targets`.

The references are the C ceiling and the least that a variant's own way of waiting costs: of a classic model the ten lines of
Python, of an async variant its floor. Their files say what they leave out. How it is measured: iomodels/bench/run.py.
"""

import argparse
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase

from benchmarks.servers import TARGETS, subjects
from iomodels.bench.metadata import machine
from iomodels.bench.results import Point, Results
from iomodels.bench.run import bench
from iomodels.bench.table import aligned
from iomodels.cli.progress import countdown

__all__ = ["main", "table"]

SIZES = (100, 1000)  # connections


def table(results: Results) -> list[list[str]]:
    """A row for each number to reach, the heading first; what was not measured has none."""
    rows = [["variant", "beside", "connections", "us/request", "ratio", "at most", ""]]
    for (variant, reference), aims in TARGETS.items():
        for cell in results.cells:
            aim, ratio = aims.get(cell.point.connections), results.ratio(cell, reference)
            if cell.subject == variant and aim is not None and ratio is not None:
                figures = [f"{cell.cost:.2f}", f"{ratio:.2f}", f"{aim:.2f}"]
                verdict = "met" if ratio <= aim else "NOT MET"
                rows.append([variant, reference, str(cell.point.connections), *figures, verdict])
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say by the exit status whether every number was reached."""
    parser = argparse.ArgumentParser(
        prog="targets", description="CPU per request beside what it could be, and the numbers to reach."
    )
    parser.add_argument("patterns", nargs="*", metavar="VARIANT", help="these alone: asyncio/*, sockets/epoll")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long requests are counted (default: %(default)s)")
    options = parser.parse_args(arguments)
    patterns = options.patterns or ["*"]
    aimed = [pair for pair in TARGETS if any(fnmatchcase(pair[0], pattern) for pattern in patterns)]
    if not aimed or options.rounds < 1 or not options.seconds > 0:
        parser.error("no variant with a number to reach is called so" if not aimed else "nothing would be measured")
    names = {name for pair in aimed for name in pair}
    chosen = [subject for name, subject in subjects().items() if name in names]
    points = [Point(connections=size) for size in SIZES]
    with countdown() as tell:
        results = bench(chosen, points, rounds=options.rounds, seconds=options.seconds, calls=False, progress=tell)
    rows = table(results)
    print("\n".join(aligned(rows, left=2)))
    for name, reason in (results.skipped | results.failed).items():
        print(f"{name}: {reason}")
    print(f"median of the ratios of {options.rounds} rounds of {options.seconds:g} s; {machine(results.metadata)}")
    if results.interrupted:
        return 130
    return 1 if results.failed or any(row[-1] == "NOT MET" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
