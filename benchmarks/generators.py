"""The load generator beside the same loop in C: `python -m benchmarks.generators`.

Both load the C ceiling, from one core while it has another, in turns, round after round; compared is the CPU time that each
uses for a request, and how busy ours keeps the ceiling's core. Every latency is counted and every reply checked in both;
generator.c says what it leaves out.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from iomodels.bench.ceiling import build_ceiling
from iomodels.bench.cores import on_core, two_cores
from iomodels.bench.measuring import measure
from iomodels.contract.server import Launch, Server, Unavailable
from iomodels.load.limits import allow
from iomodels.load.spec import Spec

__all__ = ["main"]

SOURCE = Path(__file__).with_name("generator.c")
SIZE = 64  # bytes of a request and of its reply
MOST = 1.3  # times what the C generator costs
LEAST = 0.85  # of its core that the ceiling is kept busy


@dataclass(frozen=True)
class Round:
    """CPU microseconds per request of both generators, and how busy ours kept the ceiling's core."""

    yardstick: float
    ours: float
    busy: float


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and say by the exit status whether it is as it should be."""
    parser = argparse.ArgumentParser(prog="generators", description="The load generator's cost beside the same loop in C.")
    parser.add_argument("--connections", type=int, nargs="+", default=[100, 1000], metavar="N")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args(arguments)
    cores = two_cores()
    allow(max(options.connections))
    try:
        with tempfile.TemporaryDirectory() as folder:
            yardstick = Path(folder) / "generator"
            subprocess.run(["cc", "-O2", "-o", yardstick, SOURCE], check=True)
            with on_core(cores[0]):
                server = Launch([str(build_ceiling())]).start()
            try:
                results = {
                    number: [compare(yardstick, server, number, options.seconds, cores[1]) for _ in range(options.rounds)]
                    for number in options.connections
                }
            finally:
                server.stop()
    except (Unavailable, FileNotFoundError) as error:
        print(f"generators: {error}", file=sys.stderr)
        return 3
    print(f"CPU us per request, {SIZE} bytes, medians of {options.rounds} rounds of {options.seconds:g} s; cores {cores}")
    missed = [number for number, rounds in results.items() if not report(number, rounds)]
    return 1 if missed else 0


def compare(yardstick: Path, server: Server, connections: int, seconds: float, core: int) -> Round:
    """One round."""
    words = [str(yardstick), str(server.port), str(connections), str(SIZE), str(seconds)]
    with on_core(core):
        counted = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    ours = measure(server, Spec(server.host, server.port, connections=connections, size=SIZE), seconds, core)
    outcome = ours.outcome
    return Round(
        yardstick=counted["cpu"] / counted["requests"] * 1e6,
        ours=outcome.cpu / outcome.requests * 1e6,
        busy=ours.server_cpu / outcome.seconds,
    )


def report(connections: int, rounds: list[Round]) -> bool:
    """Print what was measured at so many connections; whether it is as it should be."""
    ratio = median(each.ours / each.yardstick for each in rounds)
    busy = median(each.busy for each in rounds)
    print(
        f"{connections:>5} connections: C {median(each.yardstick for each in rounds):.2f}, "
        f"ours {median(each.ours for each in rounds):.2f}, ratio {ratio:.2f} (<= {MOST} {_met(ratio <= MOST)}); "
        f"the ceiling's core {busy:.2f} busy (>= {LEAST} {_met(busy >= LEAST)})"
    )
    return ratio <= MOST and busy >= LEAST


def _met(met: bool) -> str:
    return "met" if met else "NOT MET"


if __name__ == "__main__":
    sys.exit(main())
