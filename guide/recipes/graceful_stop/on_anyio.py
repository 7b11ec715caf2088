"""Answer each line a thousandfold, and stop well, on anyio: the waits for a line are cancelled, the replies finish."""

import signal
import sys

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

COPIES = 1000  # so that a reply takes its time
LINE = 64 * 1024  # bytes: who sends a longer line has to leave

stopping = anyio.Event()
idle: set[anyio.CancelScope] = set()  # the waits for a line


async def main(port: int, grace: float) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    async with anyio.create_task_group() as clients:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async with listener, anyio.create_task_group() as accepting:
                accepting.start_soon(listener.serve, attend, clients)
                print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
                await anext(signals)
                accepting.cancel_scope.cancel()
        # The listener is closed: new clients are refused. The signals are as they were: a second one ends us at once.
        stopping.set()
        for waiting in idle:
            waiting.cancel()
        clients.cancel_scope.deadline = anyio.current_time() + grace


async def attend(stream: SocketStream) -> None:
    try:
        async with stream:
            lines = BufferedByteReceiveStream(stream)
            while not stopping.is_set() and (line := await next_line(lines)):
                await stream.send(line.upper() * COPIES)
                if stopping.is_set():
                    await hang_up(stream)
    except anyio.BrokenResourceError:
        pass  # the client has vanished


async def hang_up(stream: SocketStream) -> None:
    """Say FIN and read what is left: closing over unread input is RST, which costs the client the end of its reply."""
    await stream.send_eof()
    async for _ in stream:
        pass


async def next_line(lines: BufferedByteReceiveStream) -> bytes:
    """The next line; b"" when there is none, it is too long, or the wait for it is ended by the stop."""
    with anyio.CancelScope() as waiting:
        idle.add(waiting)
        try:
            return await lines.receive_until(b"\n", LINE) + b"\n"
        except (anyio.IncompleteRead, anyio.DelimiterNotFound):
            pass
        finally:
            idle.remove(waiting)
    return b""


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080, float(sys.argv[2]) if len(sys.argv) > 2 else 5.0)
