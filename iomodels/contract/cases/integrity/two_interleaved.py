"""Two conversations never mix, be one in the middle of a request while the other is answered, or both heard in one turn.

A server that keeps input, parser or reply in one place for all its clients serves one client at a time well, and gives
one the other's bytes as soon as there are two.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 9293, 3.3.1: each connection has its own state"
TURNS = 5


def check(trial: Trial) -> None:
    trial.needs_room_for(2)
    request, reply = trial.dialect.mixed()
    with trial.connect(no_delay=True) as slow, trial.connect(no_delay=True) as quick:
        for at in range(len(request)):
            slow.send(request[at : at + 1])
            slow.wait_until_read()
            quick.exchange(*trial.dialect.ask(b"between %d" % at))
        slow.expect(reply, sent=request)
        for turn in range(TURNS):
            talks = {client: trial.talk(200, tag=number) for number, client in ((2 * turn, slow), (2 * turn + 1, quick))}
            with trial.together():
                for client, (said, _) in talks.items():
                    client.send(said)
            for client, (said, answer) in talks.items():
                client.expect(answer, sent=said)
        for client in (slow, quick):
            client.half_close()
            client.expect_fin()
