"""Because of the interpreter lock, two threads in Python never use more than one core.

Two threads do the same work at once, each kind for a while, and the kernel says how long each of them ran or was ready to: for
how many cores they had use. Two processes that run Python code are the measure. What computes in C, and system calls that move
bytes, may let go of the lock; whether they do is seen and not looked up.
"""

from collections.abc import Mapping

from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.experiments.told import told
from iomodels.figures.chart import Chart, Mark, Series

MEASURED = "how many cores two threads have use for, by what they do"
SOURCE = "Python documentation, glossary: global interpreter lock; PEP 703"
NEEDS = {"linux"}

WORKS = {
    "loop": "a loop in Python",
    "sort": "sorted(), 50,000 numbers",
    "upper": "bytes.upper(), 1 MiB",
    "small_messages": "send and recv, 64 bytes",
    "large_messages": "send and recv, 64 KiB",
    "sha256": "sha256(), 1 MiB",
    "compress": "zlib.compress(), 100 kB",
}
PROCESSES = "processes"
ONE, TWO = 1.5, 1.7  # cores: below the first they take turns, above the second they do not


def run(lab: Lab) -> Answer:
    lab.say("two threads, seven kinds of work")
    cores: Mapping[str, float] = told(lab, "two_threads", str(lab.pick(0.5, 2.0)), *WORKS, free=True)
    return judge(cores)


def judge(cores: Mapping[str, float]) -> Answer:
    """cores: how many two threads have use for, by work, and two processes."""
    turns = [work for work in WORKS if cores[work] <= ONE]
    at_once = [work for work in WORKS if cores[work] >= TWO]
    locked = cores["loop"] <= ONE
    verdict = Verdict.DOES_NOT_HOLD if not locked else Verdict.DEPENDS if at_once else Verdict.HOLDS
    names = {**WORKS, PROCESSES: "Python code in two processes"}
    because = "" if locked else "This Python runs without the lock."
    if verdict is Verdict.DEPENDS:
        because = f"Some calls let go of the lock while they work: {_listed(at_once)}. It is held in {_listed(turns)}."
    return Answer(
        verdict=verdict,
        says=f"Two threads that run {WORKS['loop']} have use for {cores['loop']:.2f} cores, two with {WORKS['sha256']} "
        f"for {cores['sha256']:.2f}, two processes for {cores[PROCESSES]:.2f}.",
        crossing="on whether what they do lets go of the lock" if verdict is Verdict.DEPENDS else "",
        because=because,
        table=[["two threads do", "cores"], *([name, f"{cores[work]:.2f}"] for work, name in names.items())],
        charts=[
            Chart(
                name="gil-and-threads",
                title="How many cores two threads have use for",
                description="Bars between one and two: one where the interpreter lock is held, two where it is let go.",
                x="what both do",
                y="cores",
                series=[Series("cores", [(place, cores[work]) for place, work in enumerate(names)])],
                kind="bars",
                categories=list(names.values()),
                marks=[Mark("one core", y=1)],
            )
        ],
    )


def _listed(works: list[str]) -> str:
    return "; ".join(WORKS[work] for work in works)
