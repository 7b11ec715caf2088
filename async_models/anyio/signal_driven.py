"""Wait for a signal: SIGIO says that something is ready, an async iterator delivers it, and a look round finds out what.

Good for: understanding why nobody does it; and for the signals that one does wait for, SIGHUP and SIGTERM.
Costs: what models/signal_driven.py costs, and a Python handler for each signal.
Trap: a handler runs in no task and may touch nothing; the receiver hands on what came, to a task.

A literal counterpart of models/signal_driven.py: `open_signal_receiver` for sigtimedwait. On asyncio: `add_signal_handler`. On
trio: `open_signal_receiver`. In practice: threads.
"""

import signal

import anyio

from async_models.ground.anyio import POLLIN, Listener, Peer, let_signals_pile_up, run
from models.ground.conversation import Service
from models.ground.sigio import LOOK, ready, ring_for


async def serve(listener: Listener, service: Service) -> None:
    peers: dict[int, Peer] = {}
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # what is undelivered when the receiver ends is raised again: let it be nothing
    with anyio.open_signal_receiver(signal.SIGIO) as rings:
        let_signals_pile_up(signal.SIGIO)
        # listen
        ring_for(listener.fileno())
        while listener.open or peers:
            # accept
            news = False
            while newcomer := listener.accept(service):
                peers[newcomer.descriptor] = newcomer
                ring_for(newcomer.descriptor)
                news = True  # what came before the bell was hung has rung nobody's: look again
            for peer in ready(peers):
                news = True
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
            with anyio.move_on_after(0 if news else LOOK):
                await anext(rings)


if __name__ == "__main__":
    run(serve)
