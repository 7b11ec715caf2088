"""Processes with a loop each, kept in number. A loop that runs must not be forked: their parent has none, and serves nobody."""

import socket
from collections.abc import Callable
from functools import partial

from models.ground.listener import Listener
from models.ground.processes import Children
from models.ground.program import Parser, positive

__all__ = ["add_workers_option", "keep"]


def keep(listener: Listener, workers: int, work: Callable[[Listener, socket.socket], None]) -> None:
    """Keep `workers` processes at `work` until the stop: one that dies is replaced. With SO_REUSEPORT each has its own queue.

    work: is given the listener to serve and the lifeline, whose end means: stop. --max-connections is shared out.
    """
    children = Children(listener)
    count = min(workers, listener.limit or workers)
    own = [listener, *(listener.twin() for _ in range(1, count))] if listener.reuse_port else [listener] * count

    def start(number: int) -> None:
        if listener.open:
            children.begin(partial(children.fork_loop, partial(begin, number), ended=partial(start, number)))

    def begin(number: int, lifeline: socket.socket) -> None:
        if listener.limit is not None:
            own[number].limit = (listener.limit + number) // count
        work(own[number], lifeline)

    for number in range(count):
        start(number)
    while children:
        children.wait(accepting=False)


def add_workers_option(parser: Parser, default: int) -> None:
    """`--workers N`."""
    text = "how many processes serve (default: %(default)s)"
    parser.add_argument("--workers", type=positive, default=default, metavar="INT", help=text)
