"""What signal-driven models share: hanging the bell, and finding out who has rung."""

import fcntl
import os
import select
from collections.abc import Mapping
from typing import TypeVar

from models.ground.peer import POLLIN, POLLOUT, Peer

__all__ = ["LOOK", "ready", "ring_for"]

LOOK = 1.0  # seconds after which to look round without a signal

P = TypeVar("P", bound=Peer)


def ring_for(descriptor: int) -> None:
    """Have SIGIO sent to this process whenever something becomes ready on the descriptor (fcntl(2): F_SETOWN, O_ASYNC)."""
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)


def ready(peers: Mapping[int, P]) -> list[P]:
    """The peers, by descriptor, of which something can be had at this moment."""
    poller = select.poll()
    for peer in peers.values():
        poller.register(peer, peer.interest & (POLLIN | POLLOUT))
    return [peers[descriptor] for descriptor, _ in poller.poll(0)]
