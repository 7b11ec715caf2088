"""Wait for one of N connections: opened when needed, kept, looked at before each use, and lent to one thread at a time.

Good for: many short requests to one server. Each saves a handshake (TLS, login), and N bounds what the server has to bear.
Costs: a lock and a look for each request; thread N+1 waits, and must not wait for ever.
Traps: the server may have closed what lay idle, or spoken unasked: whatever is there to read before we ask makes a connection
unfit. That proves nothing about the next moment: a request may still fail, and only the caller knows whether it may be
repeated (RFC 9110, 9.2.2). And a connection given back in mid-reply hands the rest of the reply to the next who asks.

On asyncio: a Semaphore and streams. On trio and anyio: a CapacityLimiter and SocketStreams.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from models.ground.dial import IDLE, TIMEOUT, Address, Connection, address_of, connect, describe, one_line, pool_parser


class Pool:
    """At most `size` connections. Waiting for a free one, or for the server, takes at most `timeout` seconds (None:
    for ever)."""

    def __init__(self, address: Address, size: int, timeout: float | None = TIMEOUT, idle: float = IDLE) -> None:
        self.opened = 0
        self._address, self._size, self._timeout, self._longest = address, size, timeout, idle
        self._free = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[tuple[Connection, float]] = []  # with the time of its last use; the freshest is lent first
        self._closed = False

    @contextmanager
    def acquire(self) -> Iterator[Connection]:
        """Lend a connection; afterwards it is kept, or closed. Raises TimeoutError when none comes free, and ConnectError."""
        # wait
        if not self._free.acquire(timeout=self._timeout):
            raise TimeoutError(f"none of {self._size} connections came free within {self._timeout:g} s")
        try:
            with self._lock:
                self._sweep()
                kept = self._idle.pop()[0] if self._idle else None
            # connect
            connection = kept or Connection(connect(self._address, self._timeout))
            with self._lock:
                self.opened += connection is not kept
            try:
                yield connection
            finally:
                with self._lock:
                    self._idle.append((connection, time.monotonic()))
                    self._sweep()
        finally:
            self._free.release()

    def close(self) -> None:
        """Close the idle ones now, and the others when they come back."""
        with self._lock:
            self._closed = True
            self._sweep()

    def _sweep(self) -> None:
        idle, self._idle = self._idle, []
        for connection, used in idle:
            old = time.monotonic() - used > self._longest
            if connection.whole and connection.is_quiet() and not old and not self._closed:
                self._idle.append((connection, used))
            else:
                # close
                connection.close()


def main() -> None:
    options = pool_parser("threads").parse()
    pool = Pool(address_of(options), options.size, options.timeout)

    def request(number: int) -> None:
        line = b"request %d\n" % number
        with pool.acquire() as connection:
            reply = connection.ask(line)
        if reply != line.upper():
            raise ConnectionError(f"the reply to {line!r} is {reply!r}: the service has to be upper or lines")

    with one_line(describe(address_of(options))), closing(pool), ThreadPoolExecutor(options.threads) as threads:
        list(threads.map(request, range(options.requests)))
    print(f"{options.requests} requests over {pool.opened} connection{'s' if pool.opened > 1 else ''}")


if __name__ == "__main__":
    main()
