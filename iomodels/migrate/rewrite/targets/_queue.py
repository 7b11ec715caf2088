"""queue.Queue as a helper class, for libraries whose channels have no `put`, `get` and `task_done`."""

from iomodels.migrate.rewrite.targets import Helper

__all__ = ["queue_helper"]

PLAIN = '''
class ClientQueue:
    """A queue for tasks: first in, first out; who puts waits while there are maxsize items in it, if that is above 0."""

    def __init__(self, maxsize: int = 0) -> None:
        self._send, self._receive = {channel}[Any](maxsize if maxsize > 0 else math.inf)

    async def put(self, item: Any) -> None:
        await self._send.send(item)

    async def get(self) -> Any:
        return await self._receive.receive()
'''

COUNTED = '''
class CountedQueue:
    """A queue for tasks: first in, first out; who puts waits while there are maxsize items in it, if that is above 0."""

    def __init__(self, maxsize: int = 0) -> None:
        self._send, self._receive = {channel}[Any](maxsize if maxsize > 0 else math.inf)
        self._unfinished = 0

    async def put(self, item: Any) -> None:
        self._unfinished += 1  # before it: who gets it may have done it before this goes on
        await self._send.send(item)

    async def get(self) -> Any:
        return await self._receive.receive()

    def task_done(self) -> None:
        if not self._unfinished:
            raise ValueError("task_done() called too many times")
        self._unfinished -= 1
'''


def queue_helper(library: str, channel: str, *, counted: bool) -> Helper:
    """The class for one library. channel: what makes its two ends; counted: whether it has `task_done`."""
    name, code = ("CountedQueue", COUNTED) if counted else ("ClientQueue", PLAIN)
    return Helper(name, code.format(channel=f"{library}.{channel}"), (library, "math", "typing:Any"))
