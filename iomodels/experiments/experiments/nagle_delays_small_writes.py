"""Nagle's algorithm delays small writes: a request sent in two pieces waits for an acknowledgement that is held back.

A client of a line server sends a line of a few bytes, waits for the reply, and times both together: the line in one send; in
two; in two with TCP_NODELAY; and with asyncio's streams, written in two. Nagle's algorithm keeps a small segment back while
another is not acknowledged; a receiver that has nothing to say acknowledges some 40 ms later (TCP_DELACK_MIN of Linux).
"""

import asyncio
import socket
import statistics
import time
from collections.abc import Mapping, Sequence

from iomodels.contract.server import Server, ServerError
from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.experiments.words import duration
from iomodels.figures.chart import Chart, Series

MEASURED = "from a request to its reply, in us, by how the request is sent"
SOURCE = "RFC 896; tcp(7), TCP_NODELAY; RFC 1122, 4.2.3.2 on delayed acknowledgements"

PIECES, REPLY = (b"he", b"llo\n"), b"HELLO\n"
ONE, TWO, NODELAY, STREAMS = "one send", "two sends", "two sends, TCP_NODELAY", "asyncio streams, two writes"
UNUSUAL = 4  # requests of a new connection: the first are acknowledged at once
DELAYED = 10  # times as long is a delay; it is a thousand times where there is one
PATIENCE = 10.0  # seconds


def run(lab: Lab) -> Answer:
    often = UNUSUAL + lab.pick(30, 200)
    with lab.serve("sockets/epoll", service="lines") as server:
        lab.say(f"{often} requests, sent in four ways")
        return judge(
            {
                ONE: ask(server, [b"".join(PIECES)], often),
                TWO: ask(server, PIECES, often),
                NODELAY: ask(server, PIECES, often, nodelay=True),
                STREAMS: asyncio.run(ask_with_streams(server, often)),
            }
        )


def ask(server: Server, pieces: Sequence[bytes], often: int, *, nodelay: bool = False) -> Sequence[float]:
    """Nanoseconds of each request that is sent in these pieces."""
    took = []
    with socket.create_connection((server.host, server.port), PATIENCE) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
        for _ in range(often):
            began = time.perf_counter_ns()
            for piece in pieces:
                client.sendall(piece)
            _check(client.recv(len(REPLY), socket.MSG_WAITALL))
            took.append(time.perf_counter_ns() - began)
    return took[UNUSUAL:]


async def ask_with_streams(server: Server, often: int) -> Sequence[float]:
    """The same on asyncio, whose transports set TCP_NODELAY."""
    took = []
    async with asyncio.timeout(PATIENCE + often):
        reader, writer = await asyncio.open_connection(server.host, server.port)
        for _ in range(often):
            began = time.perf_counter_ns()
            for piece in PIECES:
                writer.write(piece)
            _check(await reader.readexactly(len(REPLY)))
            took.append(time.perf_counter_ns() - began)
        writer.close()
        await writer.wait_closed()
    return took[UNUSUAL:]


def _check(reply: bytes) -> None:
    if reply != REPLY:
        raise ServerError(f"the server owed {REPLY!r} and sent {reply!r}")


def judge(took: Mapping[str, Sequence[float]]) -> Answer:
    """took: nanoseconds of each request, by how it was sent."""
    typical = {way: statistics.median(times) for way, times in took.items()}
    delayed = typical[TWO] >= DELAYED * typical[ONE]
    mended = typical[NODELAY] * DELAYED <= typical[TWO]
    verdict = Verdict.DOES_NOT_HOLD
    if delayed:
        verdict = Verdict.HOLDS if mended else Verdict.DEPENDS
    return Answer(
        verdict=verdict,
        says=f"Sent in two pieces, a line and its reply took {duration(typical[TWO])}; in one {duration(typical[ONE])}; in two "
        f"with TCP_NODELAY {duration(typical[NODELAY])}; in two through asyncio {duration(typical[STREAMS])}.",
        crossing="TCP_NODELAY does not help here" if verdict is Verdict.DEPENDS else "",
        because=""
        if delayed
        else "The second piece was not held back: either the first was acknowledged at once, or Nagle's algorithm is off.",
        table=[
            ["sent in", "median", "quickest", "slowest"],
            *([way, duration(typical[way]), duration(min(times)), duration(max(times))] for way, times in took.items()),
        ],
        charts=[
            Chart(
                name="nagle-delays-small-writes",
                title="A small request and its reply, by how the request is sent",
                description="Bars: two small sends are compared with one, with TCP_NODELAY and with asyncio.",
                x="sent in",
                y="from request to reply, us",
                series=[Series("median", [(place, value / 1e3) for place, value in enumerate(typical.values())])],
                kind="bars",
                categories=list(typical),
                log_y=True,
            )
        ],
    )
