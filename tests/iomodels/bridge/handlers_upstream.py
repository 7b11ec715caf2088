"""CPython's own test_socketserver, of the installation that runs, with its servers served by the bridge.

A program of its own (`python handlers_upstream.py LOOP`): the suite wants the main thread, and signals. Prints JSON.
What is replaced: `serve_forever` and `handle_request` of a server that no bridge serves yet run a loop with the bridge in it.
"""

import importlib
import json
import socketserver
import sys
import threading
import unittest
from functools import partial
from typing import Any

from iomodels.bridge.handlers import serve
from iomodels.bridge.handlers.server import forks
from tests.iomodels.bridge.handlers_libraries import LOOPS

NOT_OURS = {
    "test_threads_reaped": "asks about the list of ThreadingMixIn's own threads, of which there are none",
}

loop = LOOPS[sys.argv[1]] if len(sys.argv) > 1 else LOOPS["asyncio.run"]
serve_forever, handle_request, shutdown = (
    vars(socketserver.BaseServer)[name] for name in ("serve_forever", "handle_request", "shutdown")
)
seated = threading.Condition()
bridged: list[str] = []


def bridge(server: Any) -> None:
    bridged.append(type(server).__name__)
    loop(partial(serve, None, None, server=server, task_status=Seated()))


class Seated:
    def started(self, _value: Any = None) -> None:
        with seated:
            seated.notify_all()


def bridged_serve_forever(self: Any, poll_interval: float = 0.5) -> None:
    if forks(type(self)):
        serve_forever(self, poll_interval)
    else:
        bridge(self)


def bridged_handle_request(self: Any) -> None:
    if forks(type(self)):
        handle_request(self)
    else:
        self.serve_forever = lambda: self.handle_request()  # by then the seated server's
        bridge(self)


def bridged_shutdown(self: Any) -> None:
    if forks(type(self)):
        shutdown(self)
    else:
        with seated:
            assert seated.wait_for(lambda: hasattr(self, "_served_by"), 10)
        self.shutdown()


def main() -> None:
    suite = importlib.import_module("test.test_socketserver")
    for name, replacement in (
        ("serve_forever", bridged_serve_forever),
        ("handle_request", bridged_handle_request),
        ("shutdown", bridged_shutdown),
    ):
        setattr(socketserver.BaseServer, name, replacement)
    for case in vars(suite).values():
        if isinstance(case, type) and issubclass(case, unittest.TestCase):
            for name, reason in NOT_OURS.items():
                if hasattr(case, name):
                    setattr(case, name, unittest.skip(reason)(getattr(case, name)))
    result = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromModule(suite))
    skipped = [test.id().rpartition(".")[2] for test, _ in result.skipped]
    print(json.dumps({"run": result.testsRun, "skipped": skipped, "passed": result.wasSuccessful(), "bridged": bridged}))


if __name__ == "__main__":
    main()
