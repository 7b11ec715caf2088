"""A line that never ends is refused: an error comes, then the end, however much the client still sends.

A server that waits for LF lets any client decide how much memory it spends. The trap behind the trap: what has arrived of the
line is thrown away, and the rest of it then taken for lines of its own.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "UNP 6.8, denial of service; asyncio.StreamReader: limit; CWE-400"
SERVICES = ("lines",)
ENOUGH = 16 * MIB


def check(trial: Trial) -> None:
    with trial.witness(), trial.connect() as client:
        client.send(b"before\n")
        client.expect(b"BEFORE\n")
        sent = client.pour(b"x" * 64 * KIB, ENOUGH)
        client.pour(b"\nbehind\n", 1 * KIB)
        try:
            came, _ = client.read_to_end(MIB)
        except Broken as broken:
            raise Broken(f"{sent / MIB:.1f} MiB without LF must be refused, then the end: {broken.words}") from broken
        error = came.rstrip(b"\r\n")
        if not error or error == came or b"\n" in error or b"XX" in error:
            raise Broken(f"{sent / MIB:.1f} MiB without LF must be refused with one line that is an error", came=came)
