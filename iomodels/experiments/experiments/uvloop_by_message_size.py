"""uvloop makes asyncio at least twice as fast.

Ten clients send messages of 1 to 100 KiB and have them back in upper case, from the same few lines on asyncio's own loop and
on uvloop, by each of the three ways to a socket: streams, a Protocol, and the loop's `sock_recv` and `sock_sendall`
(`programs/apis.py`). The loops take turns, and each pair of servers is a new one. All is done twice, with an allocator that
keeps what it has been given back and with one that returns it to the system (mallopt(3)). As it comes glibc may do either:
asyncio's own loop asks for 256 KiB at each read, and whether as much is mapped and unmapped for each is a matter of how the
heap happens to lie (cpython#85451).
"""

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from iomodels.contract.server import Launch
from iomodels.experiments.experiment import Answer, NotHere
from iomodels.experiments.experiments._costs import cost
from iomodels.experiments.experiments._judging import verdict
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Mark, Series
from iomodels.figures.number import number
from iomodels.load.generator import Generator
from iomodels.load.spec import Spec

MEASURED = "CPU per request on asyncio's own loop and on uvloop, in microseconds, by API and by the size of a message in KiB"
SOURCE = "uvloop's README, Performance (messages of 1 to 100 KiB)"
NEEDS = {"linux"}

APIS = {"streams": "streams", "protocol": "Protocol", "sock": "sock_*"}
ASYNCIO, UVLOOP = LOOPS = ("asyncio", "uvloop")
KEPT, RETURNED = "memory kept", "memory returned"
ALLOCATORS = {
    KEPT: {"MALLOC_MMAP_THRESHOLD_": "4194304", "MALLOC_TRIM_THRESHOLD_": "67108864"},
    RETURNED: {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"},  # as they are before glibc adapts them
}
CLIENTS = 10
TWICE = 2.0
MATTERS = 1.3  # times, from which on it is said what the allocator does


@dataclass(frozen=True)
class Cell:
    """One API, size in KiB and allocator; the costs by loop, one for each round."""

    api: str
    size: int
    allocator: str
    costs: Mapping[str, Sequence[float]]

    @property
    def ratio(self) -> float:
        """asyncio's own loop against uvloop: the median of the rounds' own ratios."""
        return median(own / other for own, other in zip(self.costs[ASYNCIO], self.costs[UVLOOP], strict=True))

    @property
    def name(self) -> str:
        return f"{self.api} at {self.size} KiB ({self.allocator})"


def run(lab: Lab) -> Answer:
    if importlib.util.find_spec("uvloop") is None:
        raise NotHere("it needs the module uvloop, which is not installed; pip install uvloop")
    cells = []
    for api in lab.pick(("streams", "protocol"), ("streams", "protocol", "sock")):
        for size in lab.pick((1, 100), (1, 4, 16, 64, 100)):
            for allocator in ALLOCATORS:
                lab.say(f"{APIS[api]}, {size} KiB, {allocator}")
                cells.append(Cell(APIS[api], size, allocator, look(lab, api, size, allocator)))
    return judge(cells)


def look(lab: Lab, api: str, size: int, allocator: str) -> Mapping[str, Sequence[float]]:
    """The costs on each loop."""
    rounds, seconds = lab.pick((3, 0.1), (5, 0.2))
    costs: dict[str, list[float]] = {loop: [] for loop in LOOPS}
    with ExitStack() as stack:
        pairs = {}
        for loop in LOOPS:
            command = [sys.executable, "-m", "iomodels.experiments.programs.apis", api, loop]
            server = stack.enter_context(lab.start(Launch(command, environment={**os.environ, **ALLOCATORS[allocator]})))
            spec = Spec(server.host, server.port, connections=CLIENTS, size=size * 1024, warm_up=0.1)
            pairs[loop] = server, stack.enter_context(Generator(spec, lab.cores[1]))
        for _ in range(rounds):
            for loop, (server, generator) in pairs.items():
                costs[loop].append(cost(server, generator, seconds))
    return costs


def judge(cells: Sequence[Cell]) -> Answer:
    """Whether uvloop is twice as fast in all of them."""
    twice = [cell for cell in cells if cell.ratio >= TWICE]
    most, least = (pick(cells, key=lambda cell: cell.ratio) for pick in (max, min))
    lines = dict.fromkeys((cell.api, cell.allocator) for cell in cells)
    return Answer(
        verdict=verdict(len(twice), len(cells)),
        says=f"asyncio's own loop costs {most.ratio:.1f} x uvloop's CPU with {most.name},"
        f" and {least.ratio:.1f} x with {least.name}.",
        crossing=f"twice or more with {', '.join(cell.name for cell in twice)}" if 0 < len(twice) < len(cells) else "",
        because=_because(cells),
        table=[
            ["API", "KiB", "allocator", "asyncio, us", "uvloop, us", "asyncio / uvloop"],
            *(
                [
                    cell.api,
                    str(cell.size),
                    cell.allocator,
                    *(number(median(cell.costs[loop])) for loop in LOOPS),
                    f"{cell.ratio:.2f}",
                ]
                for cell in cells
            ),
        ],
        charts=[
            Chart(
                name="uvloop-by-message-size",
                title="What asyncio's own loop costs, against uvloop",
                description="Lines: CPU per request on asyncio's loop, of that on uvloop, by the size of a message.",
                x="size of a message, KiB",
                y="asyncio / uvloop",
                series=[
                    Series(
                        f"{api}, {allocator}",
                        [(cell.size, cell.ratio) for cell in cells if (cell.api, cell.allocator) == (api, allocator)],
                    )
                    for api, allocator in lines
                ],
                log_x=True,
                marks=[Mark("twice", y=TWICE), Mark("the same", y=1.0)],
            )
        ],
    )


def _because(cells: Sequence[Cell]) -> str:
    """What large messages cost everybody, and what the allocator has to do with it."""
    sizes = [cell.size for cell in cells]
    small, large = (
        median(median(cell.costs[UVLOOP]) for cell in cells if cell.size == size) for size in (min(sizes), max(sizes))
    )
    text = (
        f"On uvloop too a message of {max(sizes)} KiB costs {large / small:.0f} x one of {min(sizes)} KiB: moving the bytes is"
        " the same work on every loop, and there is only the rest to save."
    )
    kept = {(cell.api, cell.size): cell for cell in cells if cell.allocator == KEPT}
    returned = [cell for cell in cells if cell.allocator == RETURNED]
    most = max(returned, key=lambda cell: cell.ratio / kept[cell.api, cell.size].ratio)
    other = kept[most.api, most.size]
    if most.ratio >= MATTERS * other.ratio:
        text += (
            f" Beyond that, much of it is the allocator's: {most.ratio:.1f} x with {most.api} at {most.size} KiB where the"
            f" memory of each read is mapped and unmapped, {other.ratio:.1f} x where it is kept."
        )
    return text
