"""models/signal_driven.py with a bell that has a name: a real-time signal says which descriptor, until its queue overflows.

F_SETSIG chooses a signal that queues and carries the descriptor (si_fd). Python's siginfo leaves that field out, so the signal
is fetched with the C library's sigtimedwait. Where the queue is full the kernel sends plain SIGIO, which names nobody, and
everybody is looked at (fcntl(2)). A ring says once that something has come: whoever was not read until EAGAIN has another turn.
"""

import ctypes
import fcntl
import logging
import signal

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, POLLOUT, Peer
from models.ground.program import Unavailable, run
from models.ground.sigio import LOOK, ring_for

libc = ctypes.CDLL(None)
SI_FD = 24  # where 64-bit Linux has it in siginfo_t: after three ints, padded to 16 bytes, and a long (sigaction(2))


def hang_bell(descriptor: int) -> None:
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGRTMIN)
    ring_for(descriptor)


def who_rang(timeout: float) -> int | None:
    """The descriptor that the next signal names, -1 where it names none; None when no signal came."""
    awaited = ctypes.c_ulong(1 << signal.SIGRTMIN - 1 | 1 << signal.SIGIO - 1)
    duration, information = (ctypes.c_long * 2)(int(timeout), 0), (ctypes.c_byte * 128)()
    number = libc.sigtimedwait(ctypes.byref(awaited), information, duration)
    if number == signal.SIGRTMIN:
        return ctypes.c_int.from_buffer(information, SI_FD).value
    return -1 if number == signal.SIGIO else None


def serve(listener: Listener, service: Service) -> None:
    listener.setblocking(False)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN, signal.SIGIO])
    hang_bell(listener.fileno())
    peers: dict[int, Peer] = {}
    again: set[int] = set()
    named = unnamed = 0
    while listener.open or peers:
        while newcomer := listener.accept(service):
            peers[newcomer.descriptor] = newcomer
            hang_bell(newcomer.descriptor)
            again.add(newcomer.descriptor)  # what came before the bell was hung has rung nobody's
        rang = who_rang(0 if again else LOOK)
        named, unnamed = named + (rang is not None and rang >= 0), unnamed + (rang == -1)
        everybody = rang == -1 or (rang is None and not again)
        turn, again = peers.keys() & (peers if everybody else {*again, rang}), set()
        for descriptor in turn:
            peer = peers[descriptor]
            more = peer.interest & POLLIN and peer.receive()
            wanted = peer.reply()
            if not wanted:
                del peers[descriptor]
                peer.close()
            elif more or wanted & ~peer.interest & POLLIN or (wanted & POLLOUT and not peer.stuck):
                again.add(descriptor)
            peer.interest, peer.stuck = wanted, False
    logging.getLogger("models").info("%d rings named their descriptor, %d named none", named, unnamed)


def check() -> None:
    if not hasattr(fcntl, "F_SETSIG") or ctypes.sizeof(ctypes.c_long) != 8:
        raise Unavailable("it needs F_SETSIG and the siginfo_t of a 64-bit Linux")


if __name__ == "__main__":
    run(serve, needs=check)
