"""A negative length, or one that is no number, is refused: no word is shorter than nothing.

A slice with a negative end takes all but the last bytes, `read` with a negative count reads to the end, and -1, which in a
reply stands for "no value", has no meaning in a request.
"""

from iomodels.contract.resp import expect_refusal
from iomodels.contract.trial import Trial

REFERENCE = "Redis, networking.c: invalid bulk length; CWE-1284"
SERVICES = ("resp",)
ECHO = b"*2\r\n$4\r\nECHO\r\n"


def check(trial: Trial) -> None:
    for length in (b"-1", b"-6", b"-2147483648", b"a", b"", b"1_0", b"0x5", b" 5", b"5 ", b"4.0"):
        expect_refusal(trial, ECHO + b"$%b\r\nhello\r\n" % length, f"a word of {length!r} bytes")
    for length in (b"a", b"", b"1_0", b"0x1", b"2.0"):
        expect_refusal(trial, b"*%b\r\n$4\r\nECHO\r\n$5\r\nhello\r\n" % length, f"an array of {length!r} words")
    trial.is_well()
