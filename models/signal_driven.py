"""Wait for a signal: SIGIO says that something has become ready, and a look round finds out what.

Good for: understanding why nobody does it; UDP servers of old, and devices, where one signal has one cause.
Costs: on TCP nearly everything raises SIGIO (UNP 25.2), and pending ones are merged into one: it is a doorbell
without a name, so each ring costs a look at every descriptor. Real-time signals name the descriptor (F_SETSIG) until
their queue overflows, and then plain SIGIO comes all the same (fcntl(2)); Python's siginfo does not pass the
descriptor on.
Trap: a handler can run at any bytecode, and a signal that comes between the last look and the sleep is slept through.
Blocked, and fetched with sigtimedwait, it stays pending until it is asked for.

On asyncio: add_signal_handler. On trio and anyio: open_signal_receiver.
"""

import signal

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, Peer
from models.ground.program import Unavailable, run
from models.ground.sigio import LOOK, ready, ring_for


def serve(listener: Listener, service: Service) -> None:
    # listen
    listener.setblocking(False)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])
    ring_for(listener.fileno())
    peers: dict[int, Peer] = {}
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
        if not news:
            signal.sigtimedwait([signal.SIGIO], LOOK)


def check() -> None:
    if not hasattr(signal, "sigtimedwait"):
        raise Unavailable("it needs sigtimedwait, which this system has not")


if __name__ == "__main__":
    run(serve, needs=check)
