"""The models on anyio, a file each under the same name as in `models/`. Without anyio they end with one line and status 3.

OPTION: how a program is told what to run on.
LOOPS: what there is, anyio's own choice first; and for each, where it fails through its own fault: on which models, in which
cases, and why.
"""

from models.ground.program import require

OPTION = "--backend"
LOOPS: dict[str, list[tuple[str, str, str]]] = {
    "asyncio": [],
    "trio": [],
    "uvloop": [
        (
            "asyncore blocking fork io_uring prefork selectors socketserver* thread_pool threads",
            "backpressure/*never-read*",
            "anyio 4.16 on uvloop reads without a bound from who never reads (tests/upstream/test_anyio_reads_ahead.py)",
        ),
        (
            "asyncore blocking fork io_uring prefork selectors socketserver* thread_pool threads",
            "http/large-body-refused",
            "anyio 4.16 on uvloop reads a body without a bound (tests/upstream/test_anyio_reads_ahead.py)",
        ),
    ],
}

require("anyio", package="anyio")
