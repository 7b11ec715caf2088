"""How long it takes to hand a receive over to io_uring: with nothing there, and with as many bytes there as are asked for.

Arguments: how often, then sizes. Prints {"early": whether it returned before the bytes were sent, "empty": ns, "submissions":
[[size, ns, ns with IOSQE_ASYNC], ...]}. Exit status 3, with the reason, where there is no io_uring.
"""

import importlib
import json
import statistics
import sys
import time
from typing import Any

from iomodels.experiments.programs.filled import Filled

ENTRIES = 8


class Ring:
    """An io_uring without any of the flags that make it quicker."""

    def __init__(self) -> None:
        try:
            self._uring: Any = importlib.import_module("liburing")
            self._ring = self._uring.Ring()
            self._uring.io_uring_queue_init(ENTRIES, self._ring, 0)
        except (ImportError, OSError) as error:
            print(f"io_uring needs Linux, the liburing wheel, and leave to use it: {error}", file=sys.stderr)
            raise SystemExit(3) from error
        self._completion = self._uring.Cqe()

    def receive(self, descriptor: int, room: bytearray, *, elsewhere: bool = False) -> int:
        """Hand over a receive that fills `room`; nanoseconds that the call took. elsewhere: to another thread at once."""
        request = self._uring.io_uring_get_sqe(self._ring)
        self._uring.io_uring_prep_recv(request, descriptor, room, 0)
        request.flags = self._uring.IOSQE_ASYNC if elsewhere else 0
        began = time.perf_counter_ns()
        self._uring.io_uring_submit(self._ring)
        return time.perf_counter_ns() - began

    @property
    def completed(self) -> bool:
        """Whether anything has completed."""
        return bool(self._uring.io_uring_cq_ready(self._ring))

    def complete(self) -> int:
        """Wait for one completion; the number of bytes that it tells."""
        self._uring.io_uring_wait_cqe(self._ring, self._completion)
        result: int = self._completion[0].res
        self._uring.io_uring_cq_advance(self._ring, 1)
        return result


def main() -> None:
    often, *sizes = map(int, sys.argv[1:])
    ring, early, empty, submissions = Ring(), True, [], []
    with Filled() as silent, Filled() as filled:
        for size in sizes:
            data, room, byte = bytes(size), bytearray(size), bytearray(1)
            took: dict[bool, list[int]] = {False: [], True: []}
            for elsewhere in [False, True] * often:
                filled.fill(data)
                empty.append(ring.receive(silent.end.fileno(), byte))
                early = early and not ring.completed
                silent.send(b".")
                ring.complete()
                took[elsewhere].append(ring.receive(filled.end.fileno(), room, elsewhere=elsewhere))
                if (came := ring.complete()) != size:
                    raise ValueError(f"{came} bytes came of {size}")
            submissions.append([size, statistics.median(took[False]), statistics.median(took[True])])
    print(json.dumps({"early": early, "empty": statistics.median(empty), "submissions": submissions}))


if __name__ == "__main__":
    main()
