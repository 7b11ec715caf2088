"""SET, GET, DEL, EXISTS and INCR do what they do in Redis, with any bytes; a command in error costs its own reply alone.

Values are counted, not ended by a mark, so CR, LF and NUL belong to them. An unknown command or one with too few words is
answered with an error, and the next one is answered as ever: only a request that cannot be read ends the connection.
"""

import os

from iomodels.contract.resp import expect_error, pack
from iomodels.contract.trial import Trial

REFERENCE = "https://redis.io/docs/latest/commands/ and .../develop/reference/protocol-spec/"
SERVICES = ("resp",)
KEY = b"iomodels:contract:\r\n\0\xff" + os.urandom(8)  # the store may be somebody's
BYTES = bytes(range(256)) * 2
ERROR = None
SAID: tuple[tuple[tuple[bytes, ...], bytes | None], ...] = (
    ((b"GET", KEY), b"$-1\r\n"),
    ((b"SET", KEY, BYTES), b"+OK\r\n"),
    ((b"get", KEY), b"$512\r\n" + BYTES + b"\r\n"),
    ((b"EXISTS", KEY, KEY), b":2\r\n"),
    ((b"INCR", KEY), ERROR),
    ((b"SET", KEY, b""), b"+OK\r\n"),
    ((b"GET", KEY), b"$0\r\n\r\n"),
    ((b"SET", KEY, b"41"), b"+OK\r\n"),
    ((b"INCR", KEY), b":42\r\n"),
    ((b"GET", KEY), b"$2\r\n42\r\n"),
    ((b"GET",), ERROR),
    ((b"NO SUCH\r\nCOMMAND", b"a\r\nb"), ERROR),
    ((b"DEL", KEY, KEY), b":1\r\n"),
    ((b"EXISTS", KEY), b":0\r\n"),
)


def check(trial: Trial) -> None:
    with trial.connect() as client:
        for words, reply in SAID:
            request = pack(*words)
            client.send(request)
            if reply is ERROR:
                expect_error(client, sent=request)
            else:
                client.expect(reply, sent=request)
        client.half_close()
        client.expect_fin()
