"""An upper-casing server in which the kernel keeps the clock: each receive is linked to a timeout (io_uring_enter(2)).

Two requests stand side by side in the submission ring: "receive", linked to the next one (IOSQE_IO_LINK), and "break that off
after SECONDS". The first to be done ends the other: the receive completes with data, or with ECANCELED. No timer is kept here.
"""

import importlib
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

uring: Any = importlib.import_module("liburing")  # by name: its stub file is not valid Python
ACCEPT, TIMEOUT = 0, 1  # whose completion it is; the others are a client's, whose descriptor is 3 or more


class Client:
    def __init__(self, descriptor: int) -> None:
        self.socket = socket.socket(fileno=descriptor)
        self.buffer = bytearray(65536)  # the kernel's until the receive has completed
        self.unsent = b""  # the kernel's until the send has


def serve(listener: socket.socket, silence: float) -> None:
    ring, completion, patience = uring.Ring(), uring.Cqe(), uring.timespec(silence)
    clients: dict[int, Client] = {}
    uring.io_uring_queue_init(1024, ring)

    def submit(whose: int, prepare: Callable[..., None], *arguments: object, flags: int = 0) -> None:
        entry = uring.io_uring_get_sqe(ring)
        prepare(entry, *arguments)
        entry.user_data, entry.flags = whose, flags

    def go_on(number: int, client: Client) -> None:
        if uring.io_uring_sq_space_left(ring) < 3:  # both halves of a link must be handed over at once; and one for accept
            uring.io_uring_submit(ring)
        if client.unsent:
            submit(number, uring.io_uring_prep_send, number, client.unsent, socket.MSG_NOSIGNAL)
        else:
            submit(number, uring.io_uring_prep_recv, number, client.buffer, flags=uring.IOSQE_IO_LINK)
            submit(TIMEOUT, uring.io_uring_prep_link_timeout, patience, 0)

    accepting = starved = False
    while True:
        if not accepting and not starved:
            submit(ACCEPT, uring.io_uring_prep_accept, listener.fileno())
            accepting = True
        uring.io_uring_submit_and_wait(ring, 1)
        count = uring.io_uring_cq_ready(ring)
        for _ in uring.CqeIter(ring, completion):
            number, result = completion[0].user_data, 0
            with suppress(OSError):  # the wheel raises what is negative: ECANCELED after a silence, ECONNRESET, EMFILE
                result = completion[0].res
            if number == ACCEPT:
                accepting, starved = False, not result and bool(clients)
                if result:
                    clients[result] = Client(result)
                    go_on(result, clients[result])
            elif number != TIMEOUT:
                client = clients[number]
                client.unsent = client.unsent[result:] if client.unsent else bytes(client.buffer[:result]).upper()
                if result:
                    go_on(number, client)
                else:
                    clients.pop(number).socket.close()
                    starved = False  # a descriptor is free again
        uring.io_uring_cq_advance(ring, count)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server, suppress(KeyboardInterrupt):
        print(f"listening on 127.0.0.1:{server.getsockname()[1]}", flush=True)
        serve(server, float(sys.argv[2]))
