"""10,000 small messages, sent without waiting for replies, are all answered, in order.

Wherever a receive ends, it ends in the middle of some message: a server that drops the piece at the end of its buffer,
answers the first message of a buffer alone, or parses all that it has again at each receive fails here, or takes for
ever.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 9112, 9.3.2 (pipelining); fopnp: two questions in one segment were answered by one of six servers"
MESSAGES = 10_000


def check(trial: Trial) -> None:
    requests, replies = zip(*(trial.dialect.ask(b"message %d" % number) for number in range(MESSAGES)), strict=True)
    with trial.connect(no_delay=True) as client:
        client.exchange(b"".join(requests), b"".join(replies))
        client.half_close()
        client.expect_fin()
