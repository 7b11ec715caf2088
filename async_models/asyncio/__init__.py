"""The models on asyncio, a file each under the same name as in `models/`.

OPTION: how a program is told which loop to run on.
LOOPS: which ones there are, asyncio's own first; and for each, where it fails through its own fault: on which models, in which
cases, and why.
"""

OPTION = "--loop"
LOOPS: dict[str, list[tuple[str, str, str]]] = {
    "asyncio": [],
    "uvloop": [
        (
            "select poll epoll",
            "leaks/over-the-whole-run",
            "uvloop 0.23 forgets a reader whose socket is reset (tests/upstream/test_uvloop_forgets_readers.py)",
        ),
    ],
    "rloop": [
        (
            "asyncore blocking fork io_uring prefork selectors socketserver* thread_pool threads",
            "*",
            "rloop 0.5 sends no FIN after the client's, the end of most cases (tests/upstream/test_rloop_never_says_fin.py)",
        ),
    ],
}
