"""A chunk whose size is no hexadecimal number, or not its size, is refused, and nothing behind it is answered.

`int(text, 16)` takes a sign, a prefix, underscores and blanks, and atoi stops at whatever it does not know: where the body
ends is then a matter of opinion, which is all that request smuggling needs.
"""

from iomodels.contract.http import chunked, expect_refusal
from iomodels.contract.trial import Trial

REFERENCE = "RFC 9112, 7.1 and 11.2 (request smuggling); CVE-2022-24801 (signs and prefixes); CWE-444"
SERVICES = ("http",)
BAD = (
    b"g\r\n",
    b"\r\n",
    b"-1\r\n",
    b"+1\r\na\r\n",
    b"0x1\r\na\r\n",
    b"1_0\r\n" + b"a" * 16 + b"\r\n",
    b"f" * 21 + b"\r\n",
    b"1\r\nabc\r\n",
    b"1\r\na??",
    b"5\r\nhello0\r\n\r\n",
)


def check(trial: Trial) -> None:
    for coded in BAD:
        expect_refusal(trial, chunked(coded + b"0\r\n\r\n"), f"a body whose chunks are {coded!r}")
    trial.is_well()
