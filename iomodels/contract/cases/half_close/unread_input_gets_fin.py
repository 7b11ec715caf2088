"""When the server ends the conversation while input waits unread, the client gets its whole last reply, then FIN, not RST.

Kernel fact: closing a socket with unread input, or one that gets more input afterwards, sends RST, and RST throws away
what was still on its way to the client (4,096 of 200,000 bytes arrived, measured). So: FIN first, then read and throw
away until the client closes.
"""

from contextlib import suppress

from iomodels.contract.broken import Broken
from iomodels.contract.client import End
from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "RFC 1122, 4.2.2.13; RFC 9112, 9.6"
SERVICES = ("lines", "http", "resp")


def check(trial: Trial) -> None:
    farewell = trial.dialect.farewell()
    assert farewell
    talk, replies = trial.talk(200 * KIB)
    request, reply = talk + farewell[0], replies + farewell[1]
    with trial.connect(receive_buffer=4 * KIB) as client:
        client.send(request)
        with suppress(Broken):  # the server may have cut us off: what is lost by that is seen below
            client.fill(b"x" * 64 * KIB, 2 * MIB)
        came, end = client.read_to_end()
        if came != reply or end is not End.FIN:
            words = f"the server ended the conversation with input unread, and its last reply ended in {end.value}"
            raise Broken(words, sent=request, expected=reply, came=came)
