"""SIGTERM in mid-reply: a client that reads on gets what it is owed, or a true beginning of it, and then FIN.

The client has sent until the server was full in both directions, so there are bytes to be read, bytes to be sent and
bytes on their way. A server that closes with input unread makes the kernel send RST, and the RST destroys the end of
the reply. Servers of this project let a busy conversation go on until it is idle or the time of grace is over: the
whole reply comes.
"""

import itertools

from iomodels.contract.broken import Broken
from iomodels.contract.client import End
from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "RFC 1122, 4.2.2.13; cpython#79033, #104344: closing a server and its connections"
NEEDS = {"process"}
HEARD = 1.0  # seconds for the server to act on the signal, before a byte is read; it may do so without closing its listener
MUCH = 24 * MIB  # more than all the buffers on the way hold, where the client's are small


def check(trial: Trial) -> None:
    other = trial.another()
    # Its send buffer is the kernel's to size: what waits there when the server is full is still unread when the signal comes.
    with other.connect(receive_buffer=64 * KIB) as client:
        size = trial.dialect.largest
        talks = (trial.talk(size, tag) for tag in itertools.count())
        expected, came = bytearray(), bytearray()
        while client.sent < MUCH:
            request, reply = next(talks)
            expected += reply
            rest = request[client.fill(request, len(request)) :]
            if rest:
                break
        while rest:  # the request that was cut is completed, so that the whole of `expected` is owed
            came += client.receive_some()
            rest = rest[client.offer(rest) :]
        other.send_stop(HEARD)
        last, end = client.read_to_end()
        came += last
    if not expected.startswith(came):
        raise Broken("what came is not the beginning of the reply", expected=bytes(expected), came=bytes(came))
    if end is not End.FIN:
        raise Broken(f"{end.value} instead of FIN ended the reply", expected=bytes(expected), came=bytes(came))
    if other.launch.flags and came != expected:
        raise Broken("the reply was cut short, although the client read on", expected=bytes(expected), came=bytes(came))
    other.server.expect_end()
