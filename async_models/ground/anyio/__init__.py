"""What the anyio models share: accepting, attending to one client, stopping. The rest is `models.ground`'s, as it is.

Stopping is cancellation. A signal cancels whatever stands within `listener.accepting()`; then, one by one, those conversations
that wait for input and have none coming. Each of them takes that for the end of input and says its last words, shielded from
further cancellation until the grace is over. A reply under way is never cancelled: how much of it has gone would be unknown.
"""

from async_models.ground.anyio.listener import Arrivals, Listener
from async_models.ground.anyio.peer import Peer
from async_models.ground.anyio.running import add_options, choose_backend, run, run_loop, run_workers
from async_models.ground.signals import let_signals_pile_up
from models.ground.peer import CHUNK, POLLIN, POLLOUT

__all__ = [
    "CHUNK",
    "POLLIN",
    "POLLOUT",
    "Arrivals",
    "Listener",
    "Peer",
    "add_options",
    "choose_backend",
    "let_signals_pile_up",
    "run",
    "run_loop",
    "run_workers",
]
