"""Answer each line in upper case, until QUIT: a task for each client on trio, with a `readline` of our own."""

import sys
import traceback

import trio

LIMIT = 64 * 1024  # bytes in a line, without its LF: else the client decides how much memory a line takes
LINGER = 5.0  # seconds for the client to take our last words and leave


class LineReader:
    """The lines of a stream: trio has bytes alone, and leaves it to the protocol where a line ends."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._buffer = bytearray()  # what came after the last line

    async def readline(self) -> bytes:
        """The next line with its LF; at the end of input what is left, then b"". Raises ValueError beyond LIMIT."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched, LIMIT + 1)) < 0:
            if len(self._buffer) > LIMIT:
                raise ValueError("line too long")
            searched = len(self._buffer)
            data = await self._stream.receive_some()
            if not data:
                end = searched - 1
                break
            self._buffer += data
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        return line


async def main(port: int) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, listeners)


async def attend(stream: trio.SocketStream) -> None:
    try:
        async with stream:
            await converse(stream)
            await hang_up(stream)
    except trio.BrokenResourceError as error:
        print(f"lost a client: {error!r}", file=sys.stderr)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the nursery, and every client with it


async def converse(stream: trio.SocketStream) -> None:
    reader = LineReader(stream)
    while True:
        try:
            line = await reader.readline()
        except ValueError:
            await stream.send_all(b"ERROR line too long\n")
            return
        if not line:
            return
        text = line.rstrip(b"\r\n").upper()
        end = line[len(text) :] or b"\n"  # the last line may lack its own
        if text == b"QUIT":
            await stream.send_all(b"BYE" + end)
            return
        await stream.send_all(text + end)


async def hang_up(stream: trio.SocketStream) -> None:
    """Say FIN, then read to the end: closing over unread input sends RST, and that may destroy the last reply."""
    await stream.send_eof()
    with trio.move_on_after(LINGER):
        while await stream.receive_some():
            pass


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
