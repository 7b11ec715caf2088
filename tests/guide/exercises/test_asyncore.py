import asyncio
import importlib.util
import socket
import struct
from typing import Any

import pytest

from tests.guide.exercises._programs import Room, ask, running

pytestmark = pytest.mark.skipif(importlib.util.find_spec("asyncore") is None, reason="asyncore is not installed (pyasyncore)")


def test_dispatchers_are_served_in_turn() -> None:
    with running("asyncore", "0") as server, Room(server) as room:
        one, two = room.client(), room.client()
        assert ask(one, b"one\n") == b"ONE\n"
        assert ask(two, b"two\n") == b"TWO\n"
        assert ask(one, b"one again\n") == b"ONE AGAIN\n"


def test_clients_that_come_and_go_leave_nothing_behind() -> None:
    with running("asyncore", "0") as server, Room(server) as room:
        stays = room.client()
        for number in range(20):
            with socket.create_connection((server.host, server.port), timeout=10) as client:
                assert ask(client, b"number %d\n" % number) == b"NUMBER %d\n" % number
                if number % 2:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leave with RST
        assert ask(stays, b"still here\n") == b"STILL HERE\n"


def test_what_could_not_be_sent_at_once_follows_when_there_is_room() -> None:
    from guide.exercises.asyncore import Bridge, Shout

    text = b"much " * 200_000  # more than the buffers of a socket pair hold

    async def drive(near: socket.socket, far: socket.socket) -> int:
        channels: dict[int, Any] = {}
        Shout(near, channels)
        bridge, loop, came = Bridge(channels), asyncio.get_running_loop(), 0
        async with asyncio.timeout(10):
            await loop.sock_sendall(far, text)
            while came < len(text):
                came += len(await loop.sock_recv(far, 65536))
            far.shutdown(socket.SHUT_WR)
            await bridge.empty.wait()
        return came

    near, far = socket.socketpair()
    far.setblocking(False)
    with far:
        assert asyncio.run(drive(near, far)) == len(text)


def test_a_number_that_changes_its_owner_within_a_callback_is_waited_for_anew() -> None:
    from guide.exercises.asyncore import Bridge, asyncore

    class Reader(asyncore.dispatcher):  # type: ignore[misc]
        def writable(self) -> bool:
            return False

    class First(Reader):
        def handle_read(self) -> None:
            self.close()
            near, far = socket.socketpair()  # `near` has the number that has just come free
            assert near.fileno() == number
            Second(near, self._map)
            far.send(b".")
            far.close()

    class Second(Reader):
        def handle_read(self) -> None:
            self.close()

    async def drive(channels: dict[int, Any]) -> None:
        async with asyncio.timeout(10):
            await Bridge(channels).empty.wait()

    channels: dict[int, Any] = {}
    near, far = socket.socketpair()
    number = near.fileno()
    First(near, channels)
    with far:
        far.send(b".")
        asyncio.run(drive(channels))
