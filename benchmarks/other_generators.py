"""The load generator beside those that everybody knows: `python -m benchmarks.other_generators [VARIANT]`.

The same server on one core, loaded from another by wrk (`http`) or redis-benchmark (`resp`) and by ours, in turns, round after
round: the same connections, the same requests, closed loops both. If ours asks as they do, the server answers as many
requests a second and spends as much CPU on each. They do not compare what comes.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from iomodels import catalogue
from iomodels.bench.cores import on_core, two_cores
from iomodels.bench.measuring import cpu_times, measure
from iomodels.contract.server import Server
from iomodels.load.spec import Spec

__all__ = ["main"]

CONNECTIONS = 50
AGREE = 0.15  # of difference at most


@dataclass(frozen=True)
class Answered:
    """Requests a second, and the server's CPU microseconds for each."""

    rate: float
    cost: float


def wrk(server: Server, seconds: float) -> tuple[float, float]:
    """Requests, and requests a second."""
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", f"http://{server.host}:{server.port}/"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return number(r"(\d+) requests in", said), number(r"Requests/sec:\s+([\d.]+)", said)


def redis_benchmark(server: Server, seconds: float) -> tuple[float, float]:
    """Requests, and requests a second. It takes a number of requests, not a time."""
    requests = int(20_000 * seconds)
    words = ["redis-benchmark", "-h", server.host, "-p", str(server.port), "-c", str(CONNECTIONS), "-n", str(requests)]
    said = subprocess.run([*words, "ECHO", "x" * 64], capture_output=True, text=True, check=True).stdout
    return requests, number(r"([\d.]+) requests per second", said)


def number(pattern: str, said: str) -> float:
    """The figure in what a program said."""
    found = re.search(pattern, said)
    if found is None:
        raise ValueError(f"no {pattern} in {said!r}")
    return float(found[1])


OTHERS: dict[str, tuple[str, Callable[[Server, float], tuple[float, float]], str | None]] = {
    "http": ("wrk", wrk, "/"),
    "resp": ("redis-benchmark", redis_benchmark, None),
}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and say by the exit status whether they agree."""
    parser = argparse.ArgumentParser(prog="other_generators", description="Our load beside wrk's and redis-benchmark's.")
    parser.add_argument("variant", nargs="?", default="sockets/epoll")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args(arguments)
    agreed = []
    for service, (name, other, get) in OTHERS.items():
        if shutil.which(name) is None:
            print(f"other_generators: {name} is not installed", file=sys.stderr)
            return 3
        cores = two_cores()
        with on_core(cores[0]):
            server = catalogue.find(options.variant).launch(service).start()
        spec = Spec(server.host, server.port, service=service, connections=CONNECTIONS, get=get)
        try:
            rounds = [compare(server, spec, other, options.seconds, cores[1]) for _ in range(options.rounds)]
        finally:
            server.stop()
        agreed.append(report(options.variant, service, name, rounds))
    return 0 if all(agreed) else 1


def compare(
    server: Server, spec: Spec, other: Callable[[Server, float], tuple[float, float]], seconds: float, core: int
) -> tuple[Answered, Answered]:
    """One round: theirs and ours."""
    before = sum(cpu_times(server.pid).values())
    with on_core(core):
        requests, rate = other(server, seconds)
    theirs = Answered(rate, (sum(cpu_times(server.pid).values()) - before) / requests * 1e6)
    ours = measure(server, spec, seconds, core)
    return theirs, Answered(ours.outcome.rate, ours.cost)


def report(variant: str, service: str, name: str, rounds: list[tuple[Answered, Answered]]) -> bool:
    """Print what was measured; whether the medians of the rounds' own ratios agree."""
    rate = median(ours.rate / theirs.rate for theirs, ours in rounds)
    cost = median(ours.cost / theirs.cost for theirs, ours in rounds)
    for who, answered in ((name, [theirs for theirs, _ in rounds]), ("ours", [ours for _, ours in rounds])):
        figures = f"{median(each.rate for each in answered):,.0f}/s, {median(each.cost for each in answered):.1f} us of CPU"
        print(f"{variant} {service} {who}: {figures}")
    agree = abs(rate - 1) <= AGREE and abs(cost - 1) <= AGREE
    print(f"{variant} {service}: {rate:.2f} x the rate, {cost:.2f} x the CPU (within {AGREE:.0%}: {'yes' if agree else 'NO'})")
    return agree


if __name__ == "__main__":
    sys.exit(main())
