"""How long a non-blocking recv holds up its caller: with nothing there, and with as many bytes there as are asked for.

Arguments: how often, then sizes. Prints {"empty": ns, "copies": [[size, ns, in how many it was suspended], ...]}.
"""

import json
import resource
import statistics
import sys
import time

from iomodels.experiments.programs.filled import Filled


def main() -> None:
    often, *sizes = map(int, sys.argv[1:])
    copies, empty = [], []
    with Filled() as filled:
        recv_into = filled.end.recv_into
        for size in sizes:
            data, room = bytes(size), bytearray(size)
            whole, suspended = [], 0
            for _ in range(often):
                began = time.perf_counter_ns()
                try:
                    recv_into(room)
                except BlockingIOError:
                    empty.append(time.perf_counter_ns() - began)
                filled.fill(data)
                slept = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
                began = time.perf_counter_ns()
                came = recv_into(room)
                whole.append(time.perf_counter_ns() - began)
                suspended += resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - slept
                if came != size:
                    raise ValueError(f"{came} bytes came of {size}")
            copies.append([size, statistics.median(whole), suspended])
    print(json.dumps({"empty": statistics.median(empty), "copies": copies}))


if __name__ == "__main__":
    main()
