"""A TCP urgent byte harms nobody: what was sent before it and after it is answered, the byte itself may be left out.

By default it is not part of the stream, yet it wakes select and poll: a server that asked for exceptional conditions
and does not know what to do with one ends the client, spins, or dies. A receive ends at the urgent mark, so it also
cuts the stream.
"""

import socket

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "RFC 6093; tcp(7), SO_OOBINLINE; UNP 24 (out-of-band data)"
URGENT = b"!"


def check(trial: Trial) -> None:
    before, reply_before = trial.dialect.ask(b"before")
    after, reply_after = trial.dialect.ask(b"after")
    with trial.witness(), trial.connect(no_delay=True) as client:
        client.exchange(before, reply_before)
        client.socket.send(URGENT, socket.MSG_OOB)
        client.send(after)
        came = client.receive(len(reply_after), sent=after, expected=reply_after)
        if trial.dialect.stream and came.startswith(URGENT):  # in line (SO_OOBINLINE) it is text like any other
            came = came.removeprefix(URGENT) + client.receive(len(URGENT), sent=after, expected=reply_after)
        if came != reply_after:
            raise Broken("a wrong reply came after an urgent byte", sent=after, expected=reply_after, came=came)
        client.half_close()
        client.expect_fin()
