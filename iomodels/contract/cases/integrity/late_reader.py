"""A client that begins to read when the server can send no more, and reads through a small buffer, gets every byte.

While a client reads as fast as it is sent to, nearly every send takes all that it is given, and a server that ignores
the count that send returns, or what it owes when send would block, looks sound. Here its send buffer is full before the
first byte is read.
"""

from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "send(2): a short count is not an error; UNP 3.9 (writen)"


def check(trial: Trial) -> None:
    request, reply = trial.talk(8 * MIB)
    with trial.connect(receive_buffer=32 * KIB, send_buffer=64 * KIB) as client:  # so the rest waits at the server
        gone = client.fill(request, len(request))
        client.exchange(request[gone:], reply)
        client.half_close()
        client.expect_fin()
