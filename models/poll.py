"""Wait with poll: hand the kernel the list of descriptors with what is wanted of each, and be told which of them are ready.

Good for: what select is good for, without FD_SETSIZE; the most portable poller that has no limit.
Costs: O(n) a wait, like select: the whole list goes into the kernel and is scanned, however few are ready.
Trap: POLLHUP and POLLERR come unasked and stay until the descriptor is unregistered: a loop that looks for POLLIN alone spins
(poll(2)). Unregister before closing: poll answers POLLNVAL for a descriptor that is gone.

On asyncio: add_reader and add_writer on a loop with PollSelector. On trio and anyio: wait_readable and wait_writable.
"""

import select
from select import POLLIN, POLLOUT

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import Peer
from models.ground.program import run


def serve(listener: Listener, service: Service) -> None:
    # listen
    listener.setblocking(False)
    poller = select.poll()
    peers: dict[int, Peer] = {}
    listening = 0
    while listener.open or peers:
        if listening != listener.wanted:
            listening = listener.wanted
            poller.register(listener, POLLIN) if listening else poller.unregister(listener)
        # wait
        for descriptor, events in poller.poll(listener.patience and listener.patience * 1000):
            if descriptor not in peers:
                # accept
                while newcomer := listener.accept(service):
                    peers[newcomer.descriptor] = newcomer
                    poller.register(newcomer, POLLIN)
                continue
            peer = peers[descriptor]
            # read
            if events & ~POLLOUT:  # POLLHUP and POLLERR too: reading tells what they mean
                peer.receive()
            # reply
            wanted = peer.reply()
            if wanted == peer.interest:
                continue
            if wanted:
                peer.interest = wanted
                poller.modify(peer, wanted)
            else:
                # close
                poller.unregister(peer)
                del peers[descriptor]
                peer.close()


if __name__ == "__main__":
    run(serve)
