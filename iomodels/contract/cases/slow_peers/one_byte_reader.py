"""A client that reads its replies one byte at a time gets them all, and others are served between two of its bytes.

Its window opens by crumbs, so the server's sends are short, or fail with EAGAIN, again and again. The reply is larger than all
the kernel's buffers, or the server would never notice.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "RFC 9293, 3.8.6.2 (silly window syndrome); send(2): a short count is not an error"
BYTE_BY_BYTE = 1000
OTHERS_EVERY = 50


def check(trial: Trial) -> None:
    request, reply = trial.talk(8 * MIB)
    other = trial.connect() if trial.profile.holds(2) else None
    with trial.connect(receive_buffer=4 * KIB) as client:
        taken = client.fill(request, len(request))
        came = b""
        while len(came) < BYTE_BY_BYTE:
            came += client.receive_some(1, sent=request, expected=reply, came=came)
            if other is not None and len(came) % OTHERS_EVERY == 0:
                other.exchange(*trial.talk(64, tag=len(came)))
        if came != reply[: len(came)]:
            raise Broken("a wrong reply came", sent=request, expected=reply, came=came)
        client.exchange(request[taken:], reply[len(came) :])
        client.half_close()
        client.expect_fin()
