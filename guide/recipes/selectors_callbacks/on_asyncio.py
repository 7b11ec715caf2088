"""Serve many clients with callbacks on asyncio: the methods of a Protocol are what the loop calls back."""

import asyncio
import sys
from collections.abc import Callable

NAME_LIMIT = 100  # bytes in which a client must have said its name


class Conversation(asyncio.Protocol):
    """First a client says its name, a line; from then on, whatever it says comes back in upper case."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.inbox = b""
        self.state: Callable[[bytes], None] = self.read_name

    def data_received(self, data: bytes) -> None:
        self.state(data)

    def read_name(self, data: bytes) -> None:
        self.inbox += data
        name, newline, rest = self.inbox.partition(b"\n")
        if len(name) > NAME_LIMIT:
            print("lost a client: its name is too long", file=sys.stderr)
            self.transport.abort()
        elif newline:
            self.transport.write(b"hello " + name + b"\n")
            self.state = self.shout
            self.shout(rest)

    def shout(self, data: bytes) -> None:
        self.transport.write(data.upper())

    def pause_writing(self) -> None:
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    def eof_received(self) -> bool:
        return False  # nothing more to say: the transport sends what is left, then closes itself

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None:
            print(f"lost a client: {error}", file=sys.stderr)


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Conversation, "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()  # for ever; at Ctrl-C `serve_forever` waits until all have left, since Python 3.12


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
