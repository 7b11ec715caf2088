"""`upper-sb` marks each chunk as it was received: each mark follows text, and the end of input is no chunk.

Where the marks fall is not the client's business, as TCP cuts and joins. So the text without its marks must be what was
sent, its last byte must be marked, and no mark may stand alone.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.client import Client, End
from iomodels.contract.dialects import MARK
from iomodels.contract.trial import KIB, Trial

REFERENCE = "RFC 9293, 3.7: TCP carries a stream and keeps no borders"
SERVICES = ("upper-sb",)


def check(trial: Trial) -> None:
    with trial.connect(raw=True, no_delay=True) as client:
        for word in (b"one", b"two", b"three"):
            client.send(word)
            client.wait_until_read()
        _judge(client, b"onetwothree", b"ONETWOTHREE")
    with trial.connect(raw=True) as client:
        request, reply = trial.talk(256 * KIB)  # more than one receive takes, and no more than the buffers on the way hold
        client.send(request)
        _judge(client, request, reply)


def _judge(client: Client, sent: bytes, text: bytes) -> None:
    client.half_close()
    came, end = client.read_to_end()
    if end is not End.FIN:
        raise Broken("the server reset the connection", sent=sent, came=came)
    if came.replace(MARK, b"") != text:
        raise Broken("the text without its marks is not what was sent", sent=sent, expected=text, came=came.replace(MARK, b""))
    if not came.endswith(MARK):
        raise Broken("the last chunk has no mark", sent=sent, came=came[-64:])
    if came.startswith(MARK) or MARK + MARK in came:
        raise Broken("a mark stands alone: the server marked what was no chunk", sent=sent, came=came[-64:])
