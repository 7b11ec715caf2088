"""Wait by being called back: asyncio's Protocol is what asyncore's dispatcher became.

Good for: the shortest way from asyncore or asynchat: `handle_read` is `data_received`, `handle_close` is `connection_lost`.
Costs: what async_models/asyncio/selectors.py costs.
Trap: `handle_close` means the end of input as well; a Protocol tells `eof_received` from `connection_lost`.

A literal counterpart of models/asyncore.py, and the same as async_models/asyncio/selectors.py: asyncio has one kind of
callback. On trio: `serve_listeners`. On anyio: task groups. In practice: threads.
"""

from async_models.asyncio.selectors import serve
from async_models.ground.asyncio import run

if __name__ == "__main__":
    run(serve)
