"""When a client that was made to wait reads at last, every reply to all that it sent comes back, whole and in order.

A pause is easier than going on after it: the readiness that was not waited for comes back, the rest of a chunk is still there,
and requests that had arrived behind it are answered although no new byte comes.
"""

from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "epoll(7), edge-triggered: what was not read is not reported again; asyncio: resume_reading"
MOST = 64 * MIB


def check(trial: Trial) -> None:
    request, reply = trial.talk(256 * KIB)
    with trial.connect(receive_buffer=64 * KIB, send_buffer=64 * KIB) as client:
        taken = client.fill(request, MOST)
        rounds = -(-taken // len(request))  # the last one is finished while reading
        client.exchange(request[taken - (rounds - 1) * len(request) :], reply * rounds)
        client.exchange(*trial.talk(64, tag=1))
        client.half_close()
        client.expect_fin()
