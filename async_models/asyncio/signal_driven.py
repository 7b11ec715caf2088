"""Wait for a signal: SIGIO says that something is ready, the loop calls back, and a look round finds out what.

Good for: understanding why nobody does it; and for the signals that one does wait for, SIGHUP and SIGTERM.
Costs: what models/signal_driven.py costs, and a byte through the loop's own socket pair for each signal.
Trap: `signal.signal` runs its handler between two bytecodes of whatever task is at work; `add_signal_handler` calls back in
turn.

A literal counterpart of models/signal_driven.py: `add_signal_handler` for sigtimedwait. On trio and anyio:
`open_signal_receiver`. In practice: threads.
"""

import asyncio
import signal
from contextlib import suppress

from async_models.ground.asyncio import POLLIN, Listener, Peer, let_signals_pile_up, run
from models.ground.conversation import Service
from models.ground.sigio import LOOK, ready, ring_for


async def serve(listener: Listener, service: Service) -> None:
    peers: dict[int, Peer] = {}
    rung = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGIO, rung.set)
    let_signals_pile_up(signal.SIGIO)
    # listen
    ring_for(listener.fileno())
    while listener.open or peers:
        # accept
        rung.clear()
        while newcomer := listener.accept(service):
            peers[newcomer.descriptor] = newcomer
            ring_for(newcomer.descriptor)
            rung.set()  # what came before the bell was hung has rung nobody's: look again
        for peer in ready(peers):
            rung.set()
            # read
            if peer.interest & POLLIN:
                peer.receive()
            # reply
            peer.interest = peer.reply()
            # close
            if not peer.interest:
                del peers[peer.descriptor]
                peer.close()
        # wait
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if rung.is_set() else LOOK):
                await rung.wait()


if __name__ == "__main__":
    run(serve)
