"""asyncore's dispatchers, unchanged, on asyncio's loop: what `asyncore.loop` does, written with `add_reader` and `add_writer`.

asyncore asks every dispatcher before each wait what it wants; asyncio is told once and remembers. Between the two stands
`Bridge`: it is called back in a dispatcher's stead, passes that on, and asks all of them anew. So a program can move to asyncio
one dispatcher at a time. Try it with `nc`: python -m guide.exercises.asyncore PORT
"""

import asyncio
import importlib
import sys
from typing import Any

asyncore: Any = importlib.import_module("asyncore")  # in the standard library to 3.11, then the package pyasyncore


class Bridge:
    """Drives the dispatchers of a map, until it is empty."""

    def __init__(self, channels: dict[int, Any]) -> None:
        self.channels = channels
        self.told: dict[int, tuple[Any, bool, bool]] = {}  # by descriptor: for whom the loop waits, to read, to write
        self.empty = asyncio.Event()
        self.ask_all()

    def ask_all(self) -> None:
        for descriptor in self.told.keys() | self.channels.keys():
            channel = self.channels.get(descriptor)
            wants = (channel, bool(channel and channel.readable()), bool(channel and channel.writable()))
            if wants != self.told.get(descriptor):
                self.tell(descriptor, *wants)
        if not self.channels:
            self.empty.set()

    def tell(self, descriptor: int, channel: Any, reads: bool, writes: bool) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(descriptor)  # first of all: the number may be another's by now, and the poller has to learn it anew
        loop.remove_writer(descriptor)
        if reads:
            loop.add_reader(descriptor, self.ready, asyncore.read, channel)
        if writes:
            loop.add_writer(descriptor, self.ready, asyncore.write, channel)
        self.told[descriptor] = channel, reads, writes
        if channel is None:
            del self.told[descriptor]

    def ready(self, call: Any, channel: Any) -> None:
        if channel in self.channels.values():  # else another callback of this turn has closed it
            call(channel)
        self.ask_all()


class Shout(asyncore.dispatcher_with_send):  # type: ignore[misc]
    def handle_read(self) -> None:
        self.send(self.recv(8192).upper())


class Door(asyncore.dispatcher):  # type: ignore[misc]
    def __init__(self, port: int, channels: dict[int, Any]) -> None:
        super().__init__(map=channels)
        self.create_socket()
        self.bind(("127.0.0.1", port))
        self.listen(128)
        print(f"listening on 127.0.0.1:{self.socket.getsockname()[1]}", flush=True)

    def handle_accepted(self, connection: Any, _address: Any) -> None:
        Shout(connection, self._map)


async def main(port: int) -> None:
    channels: dict[int, Any] = {}
    Door(port, channels)
    await Bridge(channels).empty.wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
