"""Asynchronous I/O returns at once: io_uring takes the request, and both phases, waiting and copying, go on without its caller.

A receive is handed to io_uring on a connection where nothing has come, and the byte is sent only when the call has returned: an
order that proves that it did not wait. Then with as many bytes there as are asked for. Then the same with IOSQE_ASYNC, which
tells the kernel not to try by itself but to leave the request to a thread of its own. The ring has no other flags.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.experiments.told import told
from iomodels.experiments.words import duration, size_words
from iomodels.figures.chart import Chart, Mark, Series

MEASURED = "the time that io_uring_enter takes to hand a receive over, in us, by how many bytes lie there"
SOURCE = "Stevens, UNIX Network Programming 1, 6.2; io_uring(7); io_uring_sqe_set_flags(3), IOSQE_ASYNC"
NEEDS = {"io_uring"}

KIB = 1024
QUICK = (KIB, 16 * KIB, 64 * KIB, 256 * KIB, 1024 * KIB, 2048 * KIB)
THOROUGH = tuple(2**power * KIB for power in range(12))
TICKS = (KIB, 16 * KIB, 256 * KIB, 2048 * KIB)
COPIES = 5  # times as long for the most as for the least: no noise, so the caller has copied
TURNS = 2  # times as long as for the least: here copying has become the larger part


@dataclass(frozen=True)
class Submission:
    """Handing over a receive of `size` bytes that are there: nanoseconds, medians. elsewhere: with IOSQE_ASYNC."""

    size: int
    took: float
    elsewhere: float


def run(lab: Lab) -> Answer:
    lab.say("handing over receives of 1 KiB to 2 MiB")
    often, sizes = lab.pick((25, QUICK), (150, THOROUGH))
    # On any core: the kernel's thread would take turns with the program on a single one.
    measured = told(lab, "uring_submissions", str(often), *map(str, sizes), free=True)
    return judge(measured["early"], measured["empty"], [Submission(*each) for each in measured["submissions"]])


def judge(early: bool, empty: float, submissions: Sequence[Submission]) -> Answer:
    """early: whether it returned before the bytes were sent, each time. empty: nanoseconds, with nothing there."""
    least, most = submissions[0], submissions[-1]
    copies = most.took >= COPIES * least.took
    turns = next((each for each in submissions if each.took >= TURNS * least.took), most)
    verdict = Verdict.DOES_NOT_HOLD
    if early:
        verdict = Verdict.DEPENDS if copies else Verdict.HOLDS
    alone = "returned before the bytes were sent" if early else "did not return before the bytes came"
    return Answer(
        verdict=verdict,
        says=f"With nothing there the call {alone}, in {duration(empty)}. With {size_words(most.size)} there it took "
        f"{duration(most.took)}, with {size_words(least.size)} {duration(least.took)}.",
        crossing=f"from {size_words(turns.size)} on most of it is copying" if early and copies else "",
        because=_because(most) if early and copies else "",
        table=[
            ["bytes there", "handed over in", "with IOSQE_ASYNC"],
            ["none", duration(empty), ""],
            *([size_words(each.size), duration(each.took), duration(each.elsewhere)] for each in submissions),
        ],
        charts=[
            Chart(
                name="submission-returns-at-once",
                title="How long it takes to hand a receive to io_uring",
                description="By the number of bytes there: a line for the call as it comes, and one with IOSQE_ASYNC.",
                x="bytes there",
                y="time in io_uring_enter, us",
                series=[
                    Series("as it comes", [(each.size, each.took / 1000) for each in submissions]),
                    Series("IOSQE_ASYNC", [(each.size, each.elsewhere / 1000) for each in submissions]),
                ],
                log_x=True,
                log_y=True,
                ticks=[(size, size_words(size)) for size in TICKS],
                marks=[Mark("nothing there", y=empty / 1000)],
            )
        ],
    )


def _because(most: Submission) -> str:
    tries = "io_uring first tries by itself, within the call, and copies there and then what is there; it never waits."
    if most.elsewhere <= most.took / TURNS:
        took = f"handing over {size_words(most.size)} took {duration(most.elsewhere)}"
        return f"{tries} With IOSQE_ASYNC another thread copies, and {took}."
    return f"{tries} With IOSQE_ASYNC another thread copies; here it had the caller's core, and the caller waited for it."
