"""Servers of a few lines, in a thread of the test, and loads on them: the generator is in a process of its own."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from iomodels.load.generator import Generator
from iomodels.load.outcome import Outcome
from iomodels.load.spec import Spec

__all__ = ["BRIEF", "LOOPS", "Handler", "load", "reading", "serving", "upper"]

BRIEF = 0.1  # seconds: what is tested here does not take longer to show

LOOPS: list[dict[str, Any]] = [{}, {"pipeline": 2}, {"rate": 400.0}, {"think": 0.001}, {"slow_writers": 1}]

Handler = Callable[[socket.socket], None]


@contextmanager
def serving(handle: Handler) -> Iterator[int]:
    """`handle` each connection in a thread of its own, and close it then; the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        threads: list[threading.Thread] = []

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                handle(connection)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                thread = threading.Thread(target=one, args=(connection,), daemon=True)
                thread.start()
                threads.append(thread)

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RD)
    for thread in threads:
        thread.join(10)


def reading(connection: socket.socket) -> Iterator[bytes]:
    """What the client sends, as it comes."""
    while data := connection.recv(64 * 1024):
        yield data


def upper(connection: socket.socket) -> None:
    """The service that everybody knows."""
    for data in reading(connection):
        connection.sendall(data.upper())


def load(port: int, seconds: float = BRIEF, processes: int = 1, **spec: Any) -> Outcome:
    """A load from beginning to end."""
    spec = {"connections": 5, "warm_up": 0.0, **spec}
    with Generator(Spec("127.0.0.1", port, **spec), processes=processes) as generator:
        outcome = generator.run(seconds)
        generator.finish()
    return outcome
