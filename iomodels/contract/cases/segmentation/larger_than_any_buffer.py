"""Input that is larger than any internal buffer and all there before the first read is answered whole, without more input.

A server that is told once that there is input (edge-triggered epoll, SIGIO, a readable callback), and reads once,
leaves the rest in the kernel's buffer: nothing new arrives, so nothing wakes it.
"""

from iomodels.contract.trial import MIB, Trial

REFERENCE = "epoll(7): edge-triggered, read until EAGAIN"
NEEDS = {"process"}


def check(trial: Trial) -> None:
    request, reply = trial.talk(MIB)
    with trial.server.stopped():
        client = trial.connect()
        gone = client.offer(request)
    client.exchange(request[gone:], reply)
    client.half_close()
    client.expect_fin()
