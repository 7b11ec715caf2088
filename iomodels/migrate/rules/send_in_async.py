"""A blocking write to a socket in `async def`."""

from iomodels.migrate.rule import By, Group, Rule
from iomodels.migrate.stalls import on_ready_socket, stalls

EXAMPLE = """\
import socket


async def tell(address, text):
    sock = socket.create_connection(address)
    sock.sendall(text)
"""

WRITES = frozenset(f"socket.socket.{name}" for name in ("send", "sendall", "sendto", "sendmsg", "sendfile"))

RULE = Rule(
    code="IOM303",
    name="send-in-async",
    group=Group.BLOCKING,
    summary="a blocking write in async code: a peer that does not read stops the whole loop",
    asyncio="writer.write(data); await writer.drain(). With a socket made non-blocking: await loop.sock_sendall(sock, data)",
    trio="await stream.send_all(data)",
    anyio="await stream.send(data)",
    by=By.BOTH,
    trap="A peer that does not read stops all the others, and no small test shows it: the send returns at once as long as "
    "the kernel has room for the data, some hundred kilobytes. writer.write without drain does not wait either: it "
    "keeps everything in memory.",
    guide="recipes/backpressure.md",
    case="backpressure/others-served-meanwhile",
    example=EXAMPLE,
    check=stalls(WRITES, on_ready_socket),
    needs=WRITES,
)
