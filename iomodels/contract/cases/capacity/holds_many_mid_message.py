"""As many clients as it has room for (200 are tried) are in the middle of a message at once, and each gets its own reply.

What has arrived of a message belongs to its connection. A server that keeps it in one place, or in the order in which clients
came, passes every test with a single client.
"""

from iomodels.contract.trial import Trial

REFERENCE = "UNP 30 (each server design holds its clients in another way); RFC 9293, 2.2: a connection is a pair of sockets"
MANY = 200
SIZE = 512


def check(trial: Trial) -> None:
    clients = []
    talks = [trial.talk(SIZE, tag=number) for number in range(trial.room(MANY))]
    for request, reply in talks:
        clients.append(trial.connect())
        clients[-1].exchange(request, reply)
    for client, (request, _) in zip(clients, talks, strict=True):
        client.send(request[: SIZE // 2])
    for client, (request, reply) in reversed(list(zip(clients, talks, strict=True))):
        client.exchange(request[SIZE // 2 :], reply)
    for client in clients:
        client.half_close()
    for client in clients:
        client.expect_fin()
