"""The service `upper` on epoll: level-triggered, or edge-triggered, each edge read until EAGAIN or until a short read.

Argument: `level`, `edge` or `edge-short`. Nothing but how it is told and how it reads differs. With level, interest in EPOLLOUT
is asked for when a reply does not fit, and given up when it did; with edge it is asked for once.
"""

import sys
from select import EPOLLET, EPOLLIN, EPOLLOUT, epoll
from socket import create_server, socket

ROOM = 64 * 1024  # bytes of one recv

way = sys.argv[1]
edge, until_short = way != "level", way == "edge-short"
poller = epoll()
clients: dict[int, socket] = {}
owed: dict[int, bytes] = {}
full: set[int] = set()  # level: their replies do not fit, and EPOLLOUT is asked for


def reply(number: int) -> None:
    """Send what is owed, as far as there is room."""
    data = owed[number]
    try:
        while data:
            data = data[clients[number].send(data) :]
    except BlockingIOError:
        pass
    if not edge and bool(data) != (number in full):
        poller.modify(number, EPOLLIN | EPOLLOUT if data else EPOLLIN)
        (full.add if data else full.discard)(number)
    owed[number] = data


def read(number: int) -> bool:
    """Read, as the way of being told asks for, and reply; whether the client is still there."""
    chunks = []
    there = True
    try:
        while chunk := clients[number].recv(ROOM):
            chunks.append(chunk)
            if not edge or (until_short and len(chunk) < ROOM):
                break
        else:
            there = False
    except BlockingIOError:
        pass
    except ConnectionError:
        there = False
    if there:
        owed[number] += b"".join(chunks).upper()
        reply(number)
    return there


with create_server(("127.0.0.1", 0), backlog=1024) as listener:
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    poller.register(listener, EPOLLIN)
    while True:
        for number, event in poller.poll():
            if number == listener.fileno():
                client, _ = listener.accept()
                client.setblocking(False)
                number = client.fileno()
                clients[number], owed[number] = client, b""
                poller.register(number, EPOLLIN | EPOLLOUT | EPOLLET if edge else EPOLLIN)
                continue
            if event == EPOLLOUT:
                reply(number)
            elif not read(number):
                full.discard(number)
                clients.pop(number).close()
