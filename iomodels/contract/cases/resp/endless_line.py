"""A line that never ends, a command typed by hand or a length, is refused with an error and the end.

Lengths have few digits and commands few words, yet a parser that waits for CR LF keeps all that comes before it.
"""

from iomodels.contract.resp import expect_refusal
from iomodels.contract.trial import KIB, Trial

REFERENCE = "Redis, networking.c: too big inline request, too big mbulk count string, too big bulk count string"
SERVICES = ("resp",)
ENDLESS = (
    ("a command typed by hand", b"ECHO ", b"x"),
    ("a number of words", b"*", b"1"),
    ("a length of a word", b"*2\r\n$4\r\nECHO\r\n$", b"1"),
)


def check(trial: Trial) -> None:
    with trial.witness():
        for what, start, more in ENDLESS:
            expect_refusal(trial, start, f"{what} without end", endless=more * 64 * KIB)
