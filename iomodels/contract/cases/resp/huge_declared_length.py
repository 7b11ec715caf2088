"""A length beyond what any server takes is refused at once, before a byte of what it announces has come.

A parser that believes it waits for 8 EiB, or allocates them. One that reads it into 32 or 64 bits takes 2^64 + 1 for 1, and
then the client's data for commands.
"""

from iomodels.contract.resp import expect_refusal
from iomodels.contract.trial import Trial

REFERENCE = "Redis, networking.c: invalid multibulk length, invalid bulk length; CVE-2021-32765 (hiredis); CWE-190"
SERVICES = ("resp",)
ECHO = b"*2\r\n$4\r\nECHO\r\n"


def check(trial: Trial) -> None:
    for length in (2**31, 2**32 + 1, 2**63 - 1, 2**63, 2**64 + 1, 10**30):
        expect_refusal(trial, b"*%d\r\n" % length, f"an array of {length:,} words")
        expect_refusal(trial, ECHO + b"$%d\r\n" % length, f"a word of {length:,} bytes")
    trial.is_well()
