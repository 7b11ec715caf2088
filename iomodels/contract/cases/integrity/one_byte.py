"""One byte and then FIN ends in FIN; where bytes are answered as they come, the one byte is answered before it.

It is the smallest request there is, and in every other protocol the beginning of one that is never completed: a server
that waits for the rest without looking for the end of input waits for ever, or spins.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.client import End
from iomodels.contract.trial import Trial

REFERENCE = "recv(2): a stream gives what there is, one byte if it is one"


def check(trial: Trial) -> None:
    request, reply = trial.dialect.ask(b"a")
    with trial.connect() as client:
        client.send(request[:1])
        if trial.dialect.stream:
            client.expect(reply, sent=request)
        client.half_close()
        came, end = client.read_to_end()
        if end is not End.FIN:
            raise Broken("the server reset the connection after one byte and FIN", sent=request[:1], came=came)
        if trial.dialect.stream and came:
            raise Broken("more came than one byte", sent=request, expected=b"", came=came)
