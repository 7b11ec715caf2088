"""A client that never closes after the server's FIN does not keep its place in the server for ever.

The server has ended the conversation and waits for the client to close as well, or the end of its reply could be lost.
That wait needs a limit: otherwise a client that does nothing holds a descriptor, a thread or a whole process as long as
it likes. A limit of more than the harness's patience is none.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 9112, 9.6 (lingering close); nginx: lingering_time, lingering_timeout"
NEEDS = {"linux"}
SERVICES = ("lines", "http", "resp")


def check(trial: Trial) -> None:
    farewell = trial.dialect.farewell()
    assert farewell
    with trial.connect() as client:
        client.exchange(*farewell)
        client.expect_fin()
        client.wait_until_let_go()
        trial.is_well()
