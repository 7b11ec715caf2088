"""A blocking read of a socket in `async def`."""

from iomodels.migrate.rule import By, Group, Rule
from iomodels.migrate.stalls import on_ready_socket, stalls

EXAMPLE = """\
import socket


async def fetch(address):
    sock = socket.socket()
    return sock.recv(4096)
"""

READS = frozenset(
    f"socket.socket.{name}" for name in ("recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into")
)

RULE = Rule(
    code="IOM301",
    name="recv-in-async",
    group=Group.BLOCKING,
    summary="a blocking read in async code: everything else on the loop stands still until the peer sends something",
    asyncio="await reader.read(n); with a socket made non-blocking: await loop.sock_recv(sock, n)",
    trio="await stream.receive_some(n)",
    anyio="await stream.receive(n)",
    by=By.BOTH,
    trap="One peer that is slow or silent stops all the others, and no test shows it whose peer answers at once. At the end "
    "of input asyncio and trio return b'', as recv does; anyio raises EndOfStream.",
    guide="recipes/blocking_work.md",
    case="integrity/silent-client",
    example=EXAMPLE,
    check=stalls(READS, on_ready_socket),
    needs=READS,
)
