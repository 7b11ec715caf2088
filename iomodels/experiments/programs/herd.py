"""Processes that wait for clients of one address, and count how often they find nobody: `herd WAY WORKERS`.

accept: asleep in accept on one listener. epoll: each in an epoll of its own on that listener. exclusive: likewise, added with
EPOLLEXCLUSIVE. reuse-port: in an epoll, each on a listener of its own (SO_REUSEPORT).

A client says one word, has it in upper case, and that is all. Who says `?` has a number instead: how often, so far, a worker
came to accept and there was nobody.
"""

import mmap
import os
import select
import signal
import socket
import struct
import sys

NUMBER = struct.Struct("Q")

way, workers = sys.argv[1], int(sys.argv[2])
counts = mmap.mmap(-1, workers * NUMBER.size)  # shared with the children: a number for each, which it alone writes
listener = socket.create_server(("127.0.0.1", 0), backlog=1024, reuse_port=True)
address = listener.getsockname()


def work(number: int) -> None:
    own = socket.create_server(address, backlog=1024, reuse_port=True) if way == "reuse-port" and number else listener
    found_nobody = 0
    with select.epoll() as poller:
        if way != "accept":
            own.setblocking(False)
            poller.register(own, select.EPOLLIN | (select.EPOLLEXCLUSIVE if way == "exclusive" else 0))
        while True:
            if way != "accept":
                poller.poll()
            try:
                client, _ = own.accept()
            except BlockingIOError:
                found_nobody += 1
                NUMBER.pack_into(counts, number * NUMBER.size, found_nobody)
                continue
            with client:
                client.setblocking(True)
                word = client.recv(64)
                total = sum(found for (found,) in NUMBER.iter_unpack(counts))
                client.sendall(b"%d" % total if word == b"?" else word.upper())


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
for number in range(workers):
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        work(number)
print(f"listening on {address[0]}:{address[1]}", flush=True)
os.wait()
