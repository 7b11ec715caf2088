"""Waiting for a descriptor, which asyncio has as callbacks only."""

import asyncio
from typing import Protocol

__all__ = ["readable", "writable"]


class HasDescriptor(Protocol):
    """A poller, a socket."""

    def fileno(self) -> int: ...


async def readable(source: HasDescriptor) -> None:
    """Wait until there is something to read."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(source.fileno(), event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(source.fileno())


async def writable(sink: HasDescriptor) -> None:
    """Wait until something can be written."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_writer(sink.fileno(), event.set)
    try:
        await event.wait()
    finally:
        loop.remove_writer(sink.fileno())
