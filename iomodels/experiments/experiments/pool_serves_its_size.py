"""A pool of N workers serves N clients; the next one waits until one of them leaves, however idle they are.

Twice as many clients as there are workers connect, and each asks once. Those that are answered stay, and say no more. Then they
leave one by one, and with each of them it is seen how many more are answered. A pool of threads, and what stands for one on
asyncio and trio.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from iomodels.contract.server import Server
from iomodels.experiments.caller import Caller, answers
from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Series

MEASURED = "how many of twice as many clients are answered while all stay, and how many more as each one leaves"
SOURCE = "B. Goetz, Java Concurrency in Practice, 8.1 and 8.2; W. R. Stevens, UNIX Network Programming, volume 1, 30.11"

SERVERS = ("sockets/thread_pool", "asyncio/thread_pool", "trio/thread_pool")
SILENCE = 0.15  # seconds without an answer too many, after which those that have none are taken to wait
PATIENCE = 5.0  # seconds for an answer that is due


@dataclass(frozen=True)
class Seen:
    """So many were answered while all stayed, and so many more after each of these left."""

    at_once: int
    after_each: Sequence[int]


def run(lab: Lab) -> Answer:
    seen: dict[str, dict[int, Seen]] = {}
    for name in SERVERS:
        for size in lab.pick((1, 4, 16), (1, 4, 16, 64)):
            lab.say(f"{name} with {size} workers")
            with lab.serve(name, "--workers", str(size)) as server:
                seen.setdefault(name, {})[size] = look(server, size, min(size, lab.pick(2, 4)))
    return judge(seen)


def look(server: Server, size: int, leave: int) -> Seen:
    """Twice as many clients as workers, and then some of them leave."""
    with ExitStack() as stack:
        waiting = [stack.enter_context(Caller(server)) for _ in range(2 * size)]
        for caller in waiting:
            caller.send()
        served = _answered(waiting, size)
        at_once, after_each = len(served), []
        for _ in range(leave):
            served.pop(0).close()
            more = _answered(waiting, 1)
            after_each.append(len(more))
            served += more
        return Seen(at_once, after_each)


def _answered(waiting: list[Caller], due: int) -> list[Caller]:
    """Those who are answered: so many are due, and then it is seen whether there are more. They are taken out of `waiting`."""
    served: list[Caller] = []
    while waiting:
        found = next((caller for caller, _ in answers(waiting, PATIENCE if len(served) < due else SILENCE)), None)
        if found is None:
            break
        waiting.remove(found)
        served.append(found)
    return served


def judge(seen: Mapping[str, Mapping[int, Seen]]) -> Answer:
    """Whether as many are served as there are workers, and one more for each that leaves."""
    wrong = [
        f"{name} with {size} workers answers {each.at_once} at once, and then {', '.join(map(str, each.after_each))}"
        for name, sizes in seen.items()
        for size, each in sizes.items()
        if each.at_once != size or set(each.after_each) != {1}
    ]
    everything = sum(map(len, seen.values()))
    sizes = list(next(iter(seen.values())))
    if wrong:
        says = f"{everything - len(wrong)} of {everything} pools serve as many clients as they have workers."
    else:
        says = (
            f"Pools of {', '.join(map(str, sizes[:-1]))} and {sizes[-1]} workers answered just so many of twice as many"
            " clients; the others waited, and one more was answered for each client that left."
        )
    return Answer(
        verdict=Verdict.HOLDS if not wrong else Verdict.DOES_NOT_HOLD if len(wrong) == everything else Verdict.DEPENDS,
        says=says,
        crossing=f"on {everything - len(wrong)} of {everything} pools" if 0 < len(wrong) < everything else "",
        because=f"{'; '.join(wrong)}." if wrong else "",
        table=_table(seen),
        charts=[_chart(seen)],
    )


def _table(seen: Mapping[str, Mapping[int, Seen]]) -> list[list[str]]:
    rows = [
        [name, str(size), str(2 * size), str(each.at_once), ", ".join(map(str, each.after_each))]
        for name, sizes in seen.items()
        for size, each in sizes.items()
    ]
    return [["server", "workers", "clients", "answered at once", "more, as each leaves"], *rows]


def _chart(seen: Mapping[str, Mapping[int, Seen]]) -> Chart:
    sizes = list(next(iter(seen.values())))
    return Chart(
        name="pool-serves-its-size",
        title="Of twice as many clients as workers, so many are served",
        description="Bars: clients answered at once, beside the number that came, for pools of several sizes.",
        x="",
        y="clients",
        kind="bars",
        categories=[f"{size} worker{'s' * (size > 1)}" for size in sizes],
        series=[
            Series("came", [(place, 2 * size) for place, size in enumerate(sizes)]),
            *(
                Series(f"answered by {name}", [(place, each.at_once) for place, each in enumerate(by_size.values())])
                for name, by_size in seen.items()
            ),
        ],
    )
