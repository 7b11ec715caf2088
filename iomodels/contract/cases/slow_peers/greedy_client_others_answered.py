"""Another's request is answered before a client that sends and reads without a pause has had 64 MiB more.

Counted, not timed: a server that reads one client until nothing is left, with a client that never leaves nothing, never comes
to the next. Edge-triggered loops are written like that, and so is `while data := recv()` in an event handler.
"""

import select

from iomodels.contract.broken import Broken
from iomodels.contract.client import Client
from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "epoll(7), 'Starvation'; libuv reads at most 32 times a turn; UNP 6.8"
AHEAD = 64 * MIB  # some hundred turns of a fair server, and more than all the kernel's buffers
ROUNDS = 5


def check(trial: Trial) -> None:
    request, _ = trial.talk(256 * KIB)
    with trial.bystander() as other, trial.connect() as greedy:
        taken = greedy.fill(request, 64 * MIB)  # now there is always more to read than the server has read
        for number in range(ROUNDS):
            question, answer = trial.talk(64, tag=number)
            other.send(question)
            had = greedy.received
            while other.is_silent():
                if greedy.received - had > AHEAD:
                    words = (
                        f"one client got {(greedy.received - had) / MIB:.0f} MiB and another none of its {len(answer)} bytes"
                    )
                    raise Broken(f"{words} meanwhile: the greedy one starves it", sent=question, expected=answer)
                taken += _go_on(greedy, request, taken)
            other.expect(answer, sent=question)


def _go_on(greedy: Client, request: bytes, taken: int) -> int:
    """Read what is there, send what can be sent; how much was sent."""
    events = greedy.ready(select.POLLIN | select.POLLOUT, greedy.patience)
    if not events:
        raise Broken(f"the server neither took nor gave a byte for {greedy.patience:g} s", sent=request)
    if events & ~select.POLLOUT and not greedy.receive_some():
        raise Broken("the server ended a conversation in its midst (FIN)", sent=request)
    return greedy.offer(memoryview(request)[taken % len(request) :])
