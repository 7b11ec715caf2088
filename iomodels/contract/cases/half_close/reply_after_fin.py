"""A reply that the server can only compute after the client's FIN is delivered all the same.

A last line without LF is complete when input ends, and not before. A server that closes as soon as it sees the end, as
a bare asyncio.Protocol does after eof_received, has nowhere to write the reply.
"""

from iomodels.contract.trial import Trial

REFERENCE = "asyncio.Protocol.eof_received: the transport closes itself unless it returns True"
SERVICES = ("lines",)


def check(trial: Trial) -> None:
    with trial.connect(no_delay=True) as client:
        client.exchange(b"first\n", b"FIRST\n")
        client.send(b"last")
        client.wait_until_read()
        client.half_close()
        client.expect(b"LAST\n", sent=b"last")
        client.expect_fin()
