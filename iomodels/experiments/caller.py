"""Single clients of the service `upper`, as experiments use them beside a load or without one: every reply is checked."""

import select
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self

from iomodels.contract.server import Server

__all__ = ["Caller", "CallerError", "answers", "ask_at"]

PATIENCE = 30.0  # seconds without a byte, after which a server counts as stuck


class CallerError(Exception):
    """The server did not answer, or wrongly; the text is one line for the user."""


class Caller:
    """One connection. A context manager, at whose end it is closed.

    asked: when it last asked (`time.perf_counter`).
    """

    def __init__(self, server: Server) -> None:
        self.began = time.perf_counter()
        self.asked = self.began
        self._socket = socket.create_connection((server.host, server.port), PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._owed = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def send(self, payload: bytes = b"hello") -> None:
        """Ask, and do not wait."""
        self.asked = time.perf_counter()
        self._owed = payload.upper()
        self._socket.sendall(payload)

    def hear(self) -> float:
        """Wait for the reply: the seconds since it was asked for."""
        came = b""
        while len(came) < len(self._owed):
            try:
                piece = self._socket.recv(len(self._owed) - len(came))
            except TimeoutError:
                raise CallerError(f"no reply within {PATIENCE:g} s") from None
            if not piece:
                raise CallerError(f"the server closed the connection and owed {self._owed[:40]!r}")
            came += piece
        if came != self._owed:
            raise CallerError(f"the server owed {self._owed[:40]!r} and sent {came[:40]!r}")
        return time.perf_counter() - self.asked

    def ask(self, payload: bytes = b"hello") -> float:
        """Ask, and wait for the reply: the seconds that it took."""
        self.send(payload)
        return self.hear()

    def since_it_came(self) -> float:
        """Seconds since it set out to connect."""
        return time.perf_counter() - self.began


def answers(callers: Iterable[Caller], seconds: float) -> Iterator[tuple[Caller, float]]:
    """Those that are answered within `seconds` from now, each as it is, and how long after it had asked."""
    waiting = {caller.fileno(): caller for caller in callers}
    poller = select.poll()
    for descriptor in waiting:
        poller.register(descriptor, select.POLLIN)
    end = time.perf_counter() + seconds
    while waiting and (left := end - time.perf_counter()) > 0:
        for descriptor, _ in poller.poll(left * 1000):
            poller.unregister(descriptor)
            caller = waiting.pop(descriptor)
            yield caller, caller.hear()


def ask_at(callers: Sequence[Caller], moments: Sequence[float]) -> list[float]:
    """Each asks at its moment, seconds from now, whether or not the others have been answered; how long each reply took."""
    due = sorted(zip(moments, callers, strict=True), key=lambda pair: pair[0])
    began, took = time.perf_counter(), []
    asked: list[Caller] = []
    for moment, caller in due:
        while (left := began + moment - time.perf_counter()) > 0:
            for answered, seconds in answers(asked, left):
                asked.remove(answered)
                took.append(seconds)
            if not asked:
                time.sleep(max(0.0, began + moment - time.perf_counter()))
        caller.send()
        asked.append(caller)
    took += [seconds for _, seconds in answers(asked, PATIENCE)]
    if len(took) < len(callers):
        raise CallerError(f"{len(callers) - len(took)} of {len(callers)} have no reply within {PATIENCE:g} s")
    return took
