"""What the asyncio models share: accepting, attending to one client, stopping. The rest is `models.ground`'s, as it is.

Stopping is cancellation. A signal cancels whatever stands within `listener.accepting()`; then, one by one, those conversations
that wait for input and have none coming. Each of them takes that for the end of input and says its last words, until the grace
is over. In asyncio a cancellation is an event: who has seen it may go on awaiting, and nothing need be shielded. It is sent
through `asyncio.timeout`, which takes back what it has asked for (Task.uncancel), where a caught CancelledError would not.
"""

from async_models.ground.asyncio.listener import Listener
from async_models.ground.asyncio.peer import Peer
from async_models.ground.asyncio.running import add_options, loop_factory, run, run_loop, run_workers
from async_models.ground.asyncio.waiting import readable
from async_models.ground.signals import let_signals_pile_up
from models.ground.peer import CHUNK, POLLIN, POLLOUT

__all__ = [
    "CHUNK",
    "POLLIN",
    "POLLOUT",
    "Listener",
    "Peer",
    "add_options",
    "let_signals_pile_up",
    "loop_factory",
    "readable",
    "run",
    "run_loop",
    "run_workers",
]
