"""When a client comes, every process that waits for one wakes, and all but one find nobody.

Up to 32 processes wait on one address, and clients come one at a time, when all of them are asleep again. They wait in
accept, in epoll on the listener they share, in epoll with EPOLLEXCLUSIVE, or each on a listener of its own (SO_REUSEPORT);
the program is `programs/herd.py`. A wake-up is a voluntary context switch: whoever has been woken must go to sleep once more.
It may well find out in the kernel already that there is nobody, and not even return to its program; it has been woken all the
same. (Who has the client may sleep once more, until its word comes.) The processes have all cores, as a prefork server has.
"""

import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from iomodels.bench.measuring import cpu_times, members
from iomodels.contract.broken import Broken
from iomodels.contract.server import Launch, Server
from iomodels.experiments.experiment import Answer
from iomodels.experiments.experiments._judging import verdict
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Series

MEASURED = "wake-ups of waiting processes for each client, and what all of them use of the CPU meanwhile"
SOURCE = "Stevens, UNIX Network Programming 1, 30.6; accept(2); epoll_ctl(2), EPOLLEXCLUSIVE; socket(7), SO_REUSEPORT"
NEEDS = {"linux"}

WAYS = {"accept": "accept", "epoll": "epoll", "exclusive": "EPOLLEXCLUSIVE", "reuse-port": "SO_REUSEPORT"}
QUICK = (1, 4, 16)
THOROUGH = (1, 2, 4, 8, 16, 32)
PAUSE = 0.001  # seconds between two clients, in which whoever has been woken goes to sleep again
WARM_UP = 20  # clients that are not counted
A_HERD = 0.5  # of the processes, which wake for one client


@dataclass(frozen=True)
class Woken:
    """For each client: wake-ups, those of them that came as far as accept and found nobody, and CPU in microseconds."""

    wake_ups: float
    found_nobody: float
    cost: float


def run(lab: Lab) -> Answer:
    clients = lab.pick(100, 500)
    woken: dict[str, dict[int, Woken]] = {way: {} for way in WAYS}
    for workers in lab.pick(QUICK, THOROUGH):
        for way, name in WAYS.items():
            lab.say(f"{name}: {workers} processes")
            with herd(way, workers) as server:
                woken[way][workers] = measure(server, clients)
    return judge(woken)


@contextmanager
def herd(way: str, workers: int) -> Iterator[Server]:
    """The processes, on all cores."""
    server = Launch([sys.executable, "-m", "iomodels.experiments.programs.herd", way, str(workers)]).start()
    try:
        yield server
    finally:
        server.stop()


def measure(server: Server, clients: int) -> Woken:
    """So many clients, one at a time."""
    for _ in range(WARM_UP):
        call(server, b"hello")
    nobody, switches, cpu = int(call(server, b"?")), voluntary_switches(server.pid), sum(cpu_times(server.pid).values())
    for _ in range(clients):
        if call(server, b"hello") != b"HELLO":
            raise Broken("the herd did not answer")
    switches, cpu = voluntary_switches(server.pid) - switches, sum(cpu_times(server.pid).values()) - cpu
    return Woken(switches / clients, (int(call(server, b"?")) - nobody) / clients, cpu / clients * 1e6)


def call(server: Server, word: bytes) -> bytes:
    """Connect, say a word, read the reply to its end, and leave time to fall asleep."""
    with socket.create_connection((server.host, server.port), 5) as client:
        client.sendall(word)
        reply = b"".join(iter(lambda: client.recv(64), b""))
    time.sleep(PAUSE)
    return reply


def voluntary_switches(session: int) -> int:
    """How often the processes have gone to sleep (proc_pid_status(5))."""
    total = 0
    for process in members(session):
        with suppress(OSError):
            for line in Path(f"/proc/{process}/status").read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches:"):
                    total += int(line.split()[1])
    return total


def judge(woken: Mapping[str, Mapping[int, Woken]]) -> Answer:
    """woken: by way of waiting, and by the number of processes."""
    sizes = list(woken["epoll"])
    most = sizes[-1]
    herds = [name for way, name in WAYS.items() if woken[way][most].wake_ups >= A_HERD * most]
    calm = [name for name in WAYS.values() if name not in herds]
    each = ", ".join(f"{woken[way][most].wake_ups:.1f} with {name}" for way, name in WAYS.items())
    epoll, exclusive = woken["epoll"][most], woken["exclusive"][most]
    because = ""
    if calm:
        because = f"The kernel wakes one of those that wait exclusively, as here in {_and(calm)}."
    if "epoll" in herds:
        because += (
            f" Of epoll's {epoll.wake_ups:.1f} wake-ups {epoll.found_nobody:.2f} come back to the program and find nobody; the"
            " others see inside epoll_wait that the client is gone, and sleep on."
        )
    return Answer(
        verdict=verdict(len(herds), len(WAYS)),
        says=f"With {most} processes a client causes so many wake-ups: {each}. It costs {epoll.cost:.0f} us of CPU with epoll"
        f" on a shared listener, and {exclusive.cost:.0f} us with EPOLLEXCLUSIVE.",
        crossing=f"a herd with {_and(herds)}; none with {_and(calm)}" if herds and calm else "",
        because=because.strip(),
        table=[
            ["processes", "wait in", "wake-ups a client", "found nobody", "us of CPU a client"],
            *(
                [str(size), name, f"{one.wake_ups:.1f}", f"{one.found_nobody:.2f}", f"{one.cost:.0f}"]
                for size in sizes
                for way, name in WAYS.items()
                for one in [woken[way][size]]
            ),
        ],
        charts=[
            _chart("thundering-herd", "How many processes wake for one client", "wake-ups a client", "wake_ups", woken),
            _chart("thundering-herd-cpu", "What one client costs all of them", "us of CPU a client", "cost", woken),
        ],
    )


def _chart(name: str, title: str, y: str, field: str, woken: Mapping[str, Mapping[int, Woken]]) -> Chart:
    series = [Series(WAYS[way], [(size, getattr(one, field)) for size, one in sizes.items()]) for way, sizes in woken.items()]
    description = f"Lines: {y} against the number of processes that wait, one line for each way of waiting."
    return Chart(name=name, title=title, description=description, x="processes that wait", y=y, series=series)


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
