"""A loop that receives datagrams."""

from collections.abc import Iterator

from iomodels.migrate.hazards import received_again
from iomodels.migrate.module import Module
from iomodels.migrate.polling import datagrams, not_ready
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import sync
from iomodels.migrate.waits import in_event_loop

EXAMPLE = """\
import socket

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 8080))
while True:
    data, address = sock.recvfrom(65535)
    sock.sendto(data.upper(), address)
"""

STREAMS = ("socket.socket.recv", "socket.socket.recv_into")  # of datagrams, too
READS = frozenset({"socket.socket.recvfrom", "socket.socket.recvfrom_into", *STREAMS})


def check(module: Module) -> Iterator[Spot]:
    """Each such receive in a loop, unless an event loop makes it or it does not block."""
    for call in sync(module.called(*READS)):
        if call.calls(*STREAMS) and not datagrams(module, call):
            continue
        if received_again(module, call) and not in_event_loop(module, call) and not_ready(module, call) is None:
            yield Spot(call.node, "", call.confidence)


RULE = Rule(
    code="IOM114",
    name="udp-loop",
    group=Group.SHAPE,
    summary="a loop that receives datagrams",
    asyncio="transport, protocol = await loop.create_datagram_endpoint(Protocol, local_addr=...): datagram_received is called",
    trio="sock = trio.socket.socket(type=trio.socket.SOCK_DGRAM); data, address = await sock.recvfrom(65535)",
    anyio="sock = await anyio.create_udp_socket(local_port=port); async for data, address in sock: ...",
    by=By.BOTH,
    trap="The loop answered one datagram before it received the next; a task for each loses that order, and there is no bound "
    "on their number. A reply that fails raised from sendto: asyncio tells nobody but error_received. anyio on asyncio reads "
    "ahead, and beyond 100 datagrams drops the oldest without a word.",
    guide="recipes/udp.md",
    example=EXAMPLE,
    check=check,
    needs=READS,
)
