"""A non-blocking socket that is asked again and again."""

from collections.abc import Iterator

from iomodels.migrate.module import Module
from iomodels.migrate.polling import asked_again
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import sync

EXAMPLE = """\
import socket
import time

sock = socket.create_connection(("127.0.0.1", 8080))
sock.setblocking(False)
while True:
    try:
        data = sock.recv(4096)
    except BlockingIOError:
        time.sleep(0.01)
        continue
    if not data:
        break
"""

ASKS = frozenset(
    f"socket.socket.{name}"
    for name in ("accept", "recv", "recv_into", "recvfrom", "recvfrom_into", "send", "sendto", "sendall")
)


def check(module: Module) -> Iterator[Spot]:
    """Each call in a loop without a wait that takes "not now" for an answer, and is made again."""
    for call in sync(module.called(*ASKS)):
        if asked_again(module, call):
            yield Spot(call.node, f"{call.last} is tried again and again, without a wait for the socket", call.confidence)


RULE = Rule(
    code="IOM119",
    name="nonblocking-polling",
    group=Group.SHAPE,
    summary="a non-blocking socket that is asked again and again",
    asyncio="data = await loop.sock_recv(sock, n), or a stream; the loop over EAGAIN goes",
    trio="data = await stream.receive_some(n); the loop over EAGAIN goes",
    anyio="data = await stream.receive(n); the loop over EAGAIN goes",
    by=By.BOTH,
    trap="A try that is left over in a coroutine never waits, and stops all other tasks: delete the whole loop. The pause "
    "was the latency, and no pause was a core. loop.sock_recv and its kin refuse sockets of ssl (cpython#81585); "
    "streams take them.",
    guide="models/nonblocking.md",
    case="leaks/cpu-idle",
    example=EXAMPLE,
    check=check,
    needs=ASKS,
)
