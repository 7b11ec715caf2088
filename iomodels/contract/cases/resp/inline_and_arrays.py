"""Commands typed by hand and in arrays may take turns, together or byte by byte: each is answered in order.

The first byte of each request says which it is, so it must be looked at where the last one ended. Lines end in LF or CR LF, and
one without words asks for nothing.
"""

from iomodels.contract.resp import PING, PONG, pack
from iomodels.contract.trial import Trial

REFERENCE = "https://redis.io/docs/latest/develop/reference/protocol-spec/#inline-commands"
SERVICES = ("resp",)
SAID = (
    (b"PING\r\n", PONG),
    (PING, PONG),
    (b"ECHO typed\n", b"$5\r\ntyped\r\n"),
    (b"\r\n", b""),
    (pack(b"ECHO", b"PING\r\n*1\r\n$4\r\nPING\r\n"), b"$20\r\nPING\r\n*1\r\n$4\r\nPING\r\n\r\n"),
    (b"*0\r\n", b""),
    (b"  ECHO \t *1  \r\n", b"$2\r\n*1\r\n"),
    (pack(b"ECHO", b""), b"$0\r\n\r\n"),
    (b"ping\n", PONG),
)
TOGETHER = b"".join(request for request, _ in SAID)
REPLIES = b"".join(reply for _, reply in SAID)


def check(trial: Trial) -> None:
    for pieces in ([TOGETHER], [bytes([byte]) for byte in TOGETHER]):
        with trial.connect(no_delay=True) as client:
            for piece in pieces:
                client.send(piece)
            client.expect(REPLIES, sent=TOGETHER)
            client.half_close()
            client.expect_fin()
