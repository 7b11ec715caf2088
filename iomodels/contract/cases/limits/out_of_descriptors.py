"""Out of descriptors, the server serves on those it has, and those who waited as soon as descriptors come free.

accept fails with EMFILE, and the client stays in the backlog. It is not the client's fault, and it is no reason to end: but an
exception there ends many a server, and one that then waits for its next *new* client forgets those in the queue.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.client import Client, any_ready
from iomodels.contract.trial import Trial

REFERENCE = "accept(2), EMFILE; cpython#151615; uvloop accepts and closes, anyio's serve ends (measured)"
NEEDS = {"process", "linux"}
SPARE = 20
CLIENTS = 80
SETTLED = 0.2  # seconds without a reply after which those who are served now are known


def check(trial: Trial) -> None:
    other = trial.short_of_descriptors(SPARE)
    talks = {}
    for number, client in enumerate(other.press(CLIENTS)):
        talks[client] = other.talk(64, tag=number)
        client.send(talks[client][0])
    inside: list[Client] = []
    while ready := any_ready(talks.keys() - inside, SETTLED if inside else other.patience):
        for client in ready:
            _expect(client, talks[client][1])
            inside.append(client)
    if not inside:
        raise Broken(f"with {SPARE} descriptors to spare and {len(talks)} clients the server serves none of them")
    for client in inside:
        client.exchange(*talks.pop(client))
    for client in inside:
        client.close()
    waited = len(talks)
    while talks:
        ready = any_ready(talks, other.patience)
        if not ready:
            words = f"{len(talks)} of {waited} clients who had waited are not served {other.patience:g} s later"
            raise Broken(f"the {len(inside)} clients who were served have left, and {words}{other.server.last_words()}")
        for client in ready:
            _expect(client, talks.pop(client)[1])
            client.close()
    other.is_well()


def _expect(client: Client, reply: bytes) -> None:
    if not client.is_answered(reply):
        raise Broken("out of descriptors, the server turned a client away who could have waited in the backlog")
