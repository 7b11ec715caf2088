"""Non-blocking is not free: a recv that finds something copies it while its caller stands still, the longer the more there is.

O_NONBLOCK takes the first phase out of the call, the waiting. The second stays. Two ends of a connection in one process: on
one lie exactly as many bytes as the non-blocking recv asks for, so it waits for nothing. Beside its time stands that of a recv
which finds nothing, and how often the kernel suspended the caller: never means that the caller itself did the copying.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.experiments.told import told
from iomodels.experiments.words import duration, size_words
from iomodels.figures.chart import Chart, Mark, Series

MEASURED = "the time that a non-blocking recv takes, in us, by how many bytes lie there"
SOURCE = "Stevens, UNIX Network Programming 1, 6.2: only asynchronous I/O does not block in the second phase"
NEEDS = {"linux"}

KIB = 1024
QUICK = (KIB, 16 * KIB, 64 * KIB, 256 * KIB, 1024 * KIB, 2048 * KIB)
THOROUGH = tuple(2**power * KIB for power in range(12))  # 1 KiB to 2 MiB: a socket holds that without being configured
TICKS = (KIB, 16 * KIB, 256 * KIB, 2048 * KIB)
GROWS = 10  # times as long for the most as for the least: far more than any noise
STANDS_STILL = 5  # times as long as a recv that finds nothing


@dataclass(frozen=True)
class Copy:
    """A recv of `size` bytes: nanoseconds, median; and in how many of the calls together the caller was suspended."""

    size: int
    took: float
    suspended: int


def run(lab: Lab) -> Answer:
    often = lab.pick(30, 200)
    lab.say("receiving 1 KiB to 2 MiB that have arrived")
    measured = told(lab, "copies", str(often), *map(str, lab.pick(QUICK, THOROUGH)))
    return judge(measured["empty"], [Copy(*each) for each in measured["copies"]], often)


def judge(empty: float, copies: Sequence[Copy], often: int) -> Answer:
    """empty: nanoseconds of a recv that finds nothing. often: how many calls each copy is made of."""
    least, most = copies[0], copies[-1]
    suspended = sum(copy.suspended for copy in copies)
    calls = often * len(copies)
    holds = most.took >= GROWS * least.took and most.took >= STANDS_STILL * empty
    long = next((copy for copy in copies if copy.took >= STANDS_STILL * empty), None)
    crossing = f"from {size_words(long.size)} on it takes more than {STANDS_STILL} times as long as EAGAIN does" if long else ""
    return Answer(
        verdict=Verdict.HOLDS if holds else Verdict.DOES_NOT_HOLD,
        says=f"A non-blocking recv of {size_words(most.size)} held its caller up for {duration(most.took)}, one of "
        f"{size_words(least.size)} for {duration(least.took)}, and EAGAIN takes {duration(empty)}.",
        crossing=crossing,
        because=(
            f"It copies, and computes while it does: in {calls:,} calls its thread was suspended {suspended} times. "
            "Who is served by the same thread waits so long."
            if holds
            else f"The copy of {size_words(most.size)} is too quick here to be told from one of {size_words(least.size)}."
        ),
        table=[
            ["bytes there", "recv takes", "GiB/s", "times suspended"],
            ["none (EAGAIN)", duration(empty), "", ""],
            *(
                [
                    size_words(copy.size),
                    duration(copy.took),
                    f"{copy.size / copy.took / 1.073741824:.1f}",
                    f"{copy.suspended} of {often}",
                ]
                for copy in copies
            ),
        ],
        charts=[
            Chart(
                name="copying-still-blocks",
                title="How long a non-blocking recv holds up its caller",
                description="A line that rises with the number of bytes there, above the level of a recv that finds nothing.",
                x="bytes there",
                y="time in recv, us",
                series=[Series("recv", [(copy.size, copy.took / 1000) for copy in copies])],
                log_x=True,
                log_y=True,
                ticks=[(size, size_words(size)) for size in TICKS],
                marks=[Mark("EAGAIN", y=empty / 1000)],
            )
        ],
    )
