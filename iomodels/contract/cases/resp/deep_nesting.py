"""Arrays within arrays are refused, however deep: a request is a flat array of strings.

A recursive parser takes one level of its stack for four bytes of input, and ends the process when the stack ends.
"""

from iomodels.contract.resp import expect_refusal
from iomodels.contract.trial import Trial

REFERENCE = "https://redis.io/docs/latest/develop/reference/protocol-spec/ (a request is an array of bulk strings); CWE-674"
SERVICES = ("resp",)


def check(trial: Trial) -> None:
    for depth in (1, 2, 1000, 100_000):
        expect_refusal(trial, b"*1\r\n" * depth + b"*1\r\n$4\r\nPING\r\n", f"an array within {depth:,} arrays")
    trial.is_well()
