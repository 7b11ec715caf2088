"""What is not a bulk string within a request's array is refused: a request is made of nothing else.

Client libraries parse replies with the same parser, which knows integers, errors and nulls; used on a server's input it lets a
client hand in what no command expects.
"""

from iomodels.contract.resp import expect_refusal
from iomodels.contract.trial import Trial

REFERENCE = "Redis, networking.c: Protocol error: expected '$'"
SERVICES = ("resp",)
WRONG = (b":1\r\n", b"+PING\r\n", b"-ERR no\r\n", b"_\r\n", b"#t\r\n", b"%1\r\n", b"PING\r\n", b"\r\n", b"\xff\xfe")


def check(trial: Trial) -> None:
    for word in WRONG:
        expect_refusal(trial, b"*2\r\n$4\r\nECHO\r\n" + word, f"an array with {word!r} in it")
        expect_refusal(trial, b"*1\r\n" + word, f"an array that begins with {word!r}")
    trial.is_well()
