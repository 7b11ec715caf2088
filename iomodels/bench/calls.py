"""How many system calls a request takes: counted in a trace of the server, from one moment without requests to another.

strace counts by itself with `-c`, but from a server's start to its end, and a start is thousands of calls. So it notes each of
them with its time, and what lies between the two moments is counted here.
"""

import re
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, suppress

from iomodels.bench.cores import on_core
from iomodels.bench.results import Point
from iomodels.contract.broken import Broken
from iomodels.contract.server import Launch
from iomodels.load.generator import Generator
from iomodels.trace.under import stop_traced, under_strace

__all__ = ["count_calls", "count_lines"]

SECONDS = 0.3  # of load; a traced server answers some thousand requests a second
FLAGS = ("-s", "0")
BEGUN = re.compile(r"(?:\d+ +)?(\d+\.\d+) (\w+)\(")  # a call that goes on in another line is `<... name resumed>` there


def count_calls(launch: Launch, point: Point, cores: tuple[int, int], seconds: float = SECONDS) -> Mapping[str, float]:
    """Calls per request, by name, the most frequent first.

    Raises NoTracing where strace is absent or may not trace; Unavailable, ServerError and LoadError as measuring does.
    """
    with ExitStack() as stack:
        with on_core(cores[0]):
            server, output = stack.enter_context(under_strace(launch, FLAGS))
        with Generator(point.spec(server.host, server.port, warm_up=0), cores[1]) as generator:
            begin = time.time()
            requests = generator.run(seconds).requests
            end = time.time()
        with suppress(Broken):  # it does not end at SIGTERM; what has been written will do
            stop_traced(server)
        calls = count_lines(output.read_text(errors="replace").splitlines(), begin, end)
    return {name: count / requests for name, count in calls.most_common()}


def count_lines(lines: list[str], begin: float, end: float) -> Counter[str]:
    """The calls that began between two times, in seconds since 1970, by name."""
    found = (BEGUN.match(line) for line in lines)
    return Counter(each[2] for each in found if each and begin <= float(each[1]) <= end)
