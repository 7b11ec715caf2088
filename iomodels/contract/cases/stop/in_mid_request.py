"""SIGTERM while half of a request has come: the server ends, with FIN, and does not act on the half.

It cannot be known whether the other half will ever come, so a server that waits for it stays for as long as the client
likes. `lines` answers a last line that was cut short, as at any end of input; the others may refuse it.
"""

import signal

from iomodels.contract.broken import Broken
from iomodels.contract.client import End
from iomodels.contract.trial import Trial

REFERENCE = "RFC 9112, 8: a message that is incomplete when the connection ends is handled as such, and not as a request"
NEEDS = {"process"}
SERVICES = ("lines", "http", "resp")
REFUSALS = {"lines": b"", "http": b"4", "resp": b"-"}  # how a reply begins that refuses


def check(trial: Trial) -> None:
    other = trial.another()
    (whole, reply), (request, _) = trial.dialect.ask(b"whole"), trial.dialect.ask(b"this comes half")
    half = request[: -len(b" half\n")]
    with other.connect() as client:
        client.send(whole + half)
        client.expect(reply, sent=whole + half)
        other.server.signal(signal.SIGTERM)
        last, end = client.read_to_end()
    if last and not last.startswith(REFUSALS[trial.dialect.name]):
        raise Broken("the half of a request was answered as if it were one", sent=half, came=last)
    if end is not End.FIN:
        raise Broken(f"{end.value} instead of FIN ended the conversation", sent=half, came=last)
    other.server.expect_end()
