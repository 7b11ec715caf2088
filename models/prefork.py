"""Wait in N processes, forked before the first client: each accepts from the one listener and serves a client at a time.

Good for: using every core, isolation, and no fork while a client waits; Apache's first server and gunicorn's sync
worker are this.
Costs: N clients at once, and memory for N; what a client leaves behind in a worker, the worker's next client finds.
The thundering herd: of many processes asleep in *accept*, Linux wakes one for each client (exclusive wait, since
2.3). Asleep in select, poll or epoll on a shared listener, all of them wake and all but one find nothing, unless each
adds it with EPOLLEXCLUSIVE (epoll_ctl(2)). With SO_REUSEPORT (`--reuse-port`) each worker has a listener and a queue
of its own (socket(7)): no herd at all, but a client that is queued for a busy worker waits although another one is
free, and is lost with it unless the parent keeps the socket open.
Trap: a worker that dies must be replaced, or N dwindles to none.

On asyncio, trio and anyio: N processes with a loop each, on one listener or with SO_REUSEPORT.
"""

from functools import partial
from typing import Annotated

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, Peer
from models.ground.processes import Children
from models.ground.program import run

WORKERS = 4
PROFILE = {"capacity": WORKERS, "isolation": "process", "state": "connection", "workers": WORKERS}


def serve(listener: Listener, service: Service, *, workers: Annotated[int, "how many processes serve"] = WORKERS) -> None:
    # listen
    listener.setblocking(True)
    children = Children(listener)
    own = [listener, *(listener.twin() for _ in range(1, workers))] if listener.reuse_port else [listener] * workers

    def start(number: int) -> None:
        if listener.open:
            child = partial(work, own[number], service)
            children.begin(partial(children.fork, child, ended=partial(start, number), listener=own[number]))

    for number in range(min(workers, listener.limit or workers)):
        start(number)
    while children:
        children.wait(accepting=False)


def work(listener: Listener, service: Service) -> None:
    # wait: accept sleeps until a client comes, or the listener is shut down
    # accept
    while peer := listener.accept(service):
        converse(peer)


def converse(peer: Peer) -> None:
    wanted = POLLIN
    while wanted:
        # read
        if wanted & POLLIN:
            peer.receive()
        # reply
        wanted = peer.reply()
    # close
    peer.close()


if __name__ == "__main__":
    run(serve, forks=True)
