"""Wait with selectors: register a callback with each descriptor, and call back those that are ready.

Good for: portable servers without a framework: DefaultSelector is epoll, kqueue or the best there is.
Costs: a SelectorKey built for each event, and code turned inside out: what happens next is spread over callbacks.
Trap: the example in Python's documentation ends at one client's RST, and loses what `send` did not take.

On asyncio: a Protocol, whose methods are these callbacks. On trio and anyio: a task for each client.
"""

import selectors
from functools import partial

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, POLLOUT, Peer
from models.ground.program import run

EVENTS = {
    POLLIN: selectors.EVENT_READ,
    POLLOUT: selectors.EVENT_WRITE,
    POLLIN | POLLOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}


def serve(listener: Listener, service: Service) -> None:
    # listen
    listener.setblocking(False)
    selector = selectors.DefaultSelector()
    listening = 0
    while listener.open or listener.peers:
        if listening != listener.wanted:
            listening = listener.wanted
            if listening:
                selector.register(listener, selectors.EVENT_READ, partial(welcome, selector, listener, service))
            else:
                selector.unregister(listener)
        # wait
        for key, events in selector.select(listener.patience):
            key.data(events)


def welcome(selector: selectors.BaseSelector, listener: Listener, service: Service, _events: int) -> None:
    # accept
    while peer := listener.accept(service):
        selector.register(peer, selectors.EVENT_READ, partial(converse, selector, peer))


def converse(selector: selectors.BaseSelector, peer: Peer, events: int) -> None:
    # read
    if events & selectors.EVENT_READ:
        peer.receive()
    # reply
    wanted = peer.reply()
    if wanted == peer.interest:
        return
    peer.interest = wanted
    if wanted:
        selector.modify(peer, EVENTS[wanted], partial(converse, selector, peer))
    else:
        # close
        selector.unregister(peer)
        peer.close()


if __name__ == "__main__":
    run(serve)
