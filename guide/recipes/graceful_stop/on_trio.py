"""Answer each line a thousandfold, and stop well, on trio: the waits for a line are cancelled, the replies finish."""

import signal
import sys
from functools import partial

import trio

COPIES = 1000  # so that a reply takes its time
LINE = 64 * 1024  # bytes: who sends a longer line has to leave

stopping = trio.Event()
idle: set[trio.CancelScope] = set()  # the waits for a line


async def main(port: int, grace: float) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    async with trio.open_nursery() as clients:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async with trio.open_nursery() as accepting:
                accepting.start_soon(partial(trio.serve_listeners, attend, listeners, handler_nursery=clients))
                print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
                await anext(signals)
                accepting.cancel_scope.cancel()  # which closes the listener: new clients are refused
        # From here on the signals are as they were: a second one ends us at once.
        stopping.set()
        for waiting in idle:
            waiting.cancel()
        clients.cancel_scope.deadline = trio.current_time() + grace


async def attend(stream: trio.SocketStream) -> None:
    try:
        async with stream:
            lines = Lines(stream)
            while not stopping.is_set() and (line := await next_line(lines)):
                await stream.send_all(line.upper() * COPIES)
                if stopping.is_set():
                    await hang_up(stream)
    except trio.BrokenResourceError:
        pass  # the client has vanished


async def hang_up(stream: trio.SocketStream) -> None:
    """Say FIN and read what is left: closing over unread input is RST, which costs the client the end of its reply."""
    await stream.send_eof()
    async for _ in stream:
        pass


async def next_line(lines: "Lines") -> bytes:
    """The next line; b"" when there is none, it is too long, or the wait for it is ended by the stop."""
    with trio.CancelScope() as waiting:
        idle.add(waiting)
        try:
            return await lines.read()
        finally:
            idle.remove(waiting)
    return b""


class Lines:
    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.incoming = b""

    async def read(self) -> bytes:
        """The next line; b"" when there is none, or it is too long."""
        while b"\n" not in self.incoming:
            data = await self.stream.receive_some()
            if not data or len(self.incoming) > LINE:
                return b""
            self.incoming += data
        line, end, self.incoming = self.incoming.partition(b"\n")
        return line + end


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080, float(sys.argv[2]) if len(sys.argv) > 2 else 5.0)
