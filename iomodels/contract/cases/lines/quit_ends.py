"""QUIT is answered BYE, then FIN comes, though the client has not closed; what follows is ignored.

The end of a conversation is as often the server's to say as the client's, and a loop that reads until the client closes never
says it. QUIT is the whole line: one that only begins or ends with it is a line like others.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "RFC 5321, 4.1.1.10: the server closes the channel after QUIT (SMTP's is the pattern of this one)"
SERVICES = ("lines",)


def check(trial: Trial) -> None:
    for request, reply in (
        (b"QUIT\n", b"BYE\n"),
        (b"quit\r\n", b"BYE\r\n"),
        (b"a\nQuit\nbehind\n", b"A\nBYE\n"),
        (b"quit now\n quit\nquit\n", b"QUIT NOW\n QUIT\nBYE\n"),
    ):
        with trial.connect() as client:
            client.send(request)
            client.expect(reply, sent=request)
            try:
                client.expect_fin()
            except Broken as broken:
                words = f"the server must end the conversation after QUIT, and answer nothing behind it: {broken.words}"
                raise Broken(words, sent=request, expected=reply, came=reply + (broken.came or b"")) from broken
