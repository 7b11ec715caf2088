"""Wait in a process for each client: as in `fork`, for none of the three libraries has a server that forks.

Good for: what `socketserver.ForkingTCPServer` is good for.
Costs: what async_models/anyio/fork.py costs.
Trap: the mixin forks in mid-loop; a loop of anyio must not be forked at all.

A literal counterpart of models/socketserver_forking.py, and the same as async_models/anyio/fork.py: the mixin's whole work is
to fork. On asyncio and trio: the same. In practice: prefork.
"""

from async_models.anyio.fork import PROFILE, converse, serve
from async_models.ground.anyio import run

__all__ = ["PROFILE"]

if __name__ == "__main__":
    run(serve, in_children=converse)
