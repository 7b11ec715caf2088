"""One slow handler stalls everybody on a loop, and nobody on threads.

A hundred quick requests a second come from fifty clients, when they are due and not when the last reply came: a client that
waited for the server would count its stalls too seldom. Meanwhile one client asks for what takes 100 ms, again and again:
first sleep, as a blocking call to elsewhere would, then computing in Python (`programs/slow.py`). The last server is asyncio
once more, with the slow requests handed to a thread (`asyncio.to_thread`, `programs/slow_to_thread.py`).
"""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from iomodels.contract.server import Server
from iomodels.experiments.caller import Caller
from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Mark, Series
from iomodels.figures.number import number
from iomodels.load.generator import Generator
from iomodels.load.outcome import Outcome
from iomodels.load.spec import Spec

MEASURED = "how long quick requests take, in ms, from when they were due, while another client has a slow one"
SOURCE = "Python documentation, Developing with asyncio, Running Blocking Code; sys.setswitchinterval"

SERVICE = "iomodels.experiments.programs.slow:service"
SLOW = 0.1  # seconds, as `programs/slow.py` has them
LOOPS = ("sockets/epoll", "asyncio/threads", "trio/threads")
THREADS = "sockets/threads"
TO_THREAD = "asyncio, to_thread"
NOBODY, SLEEPS, COMPUTES = "nobody slow", "one sleeps", "one computes"
WORDS = {SLEEPS: b"sleep", COMPUTES: b"compute"}
RATE, CLIENTS = 100, 50  # ten are due while one is slow, and each finds a client that has none in flight
STALLED = SLOW / 5  # seconds that the median takes: a loop is slow all the time here, and half of SLOW is what to expect
HELD_UP = 0.003  # seconds that it takes: many times what is usual, and less than one turn for the interpreter lock (5 ms)
NOISE = 3.0  # times what is usual, on a machine where that is milliseconds


@dataclass(frozen=True)
class Delay:
    """Of the quick requests, in seconds."""

    median: float
    p99: float


Delays = Mapping[str, Mapping[str, Delay]]


def run(lab: Lab) -> Answer:
    seconds = lab.pick(0.5, 4.0)
    delays = {}
    for name in (*LOOPS, THREADS, TO_THREAD):
        serving = lab.program("slow_to_thread") if name == TO_THREAD else lab.serve(name, service=SERVICE)
        with serving as server:
            spec = Spec(server.host, server.port, connections=CLIENTS, rate=RATE)
            with Generator(spec, lab.cores[1]) as generator:
                delays[name] = {NOBODY: _delay(generator.run(seconds))}
                for state, word in WORDS.items():
                    lab.say(f"{name}, {state}")
                    with asking(server, word):
                        delays[name][state] = _delay(generator.run(seconds))
    return judge(delays)


@contextmanager
def asking(server: Server, word: bytes) -> Iterator[None]:
    """One client that asks for this, again and again."""
    enough = threading.Event()

    def ask() -> None:
        with Caller(server) as caller:
            while not enough.is_set():
                caller.ask(word)

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        try:
            yield
        finally:
            enough.set()
        asked.result()


def _delay(outcome: Outcome) -> Delay:
    return Delay(outcome.percentile(50), outcome.percentile(99))


def judge(delays: Delays) -> Answer:
    """delays: by server and by what the slow client does."""
    busy = (SLEEPS, COMPUTES)
    on_loops = all(delays[name][state].median >= STALLED for name in LOOPS for state in busy)
    usual = delays[THREADS][NOBODY].median
    spared = {state: delays[THREADS][state].median < max(HELD_UP, NOISE * usual) for state in busy}
    if on_loops and all(spared.values()):
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.DEPENDS if on_loops or any(spared.values()) else Verdict.DOES_NOT_HOLD
    threads, offloaded = delays[THREADS], delays[TO_THREAD]
    worst = max(delays[name][SLEEPS].median for name in LOOPS)
    return Answer(
        verdict=verdict,
        says=f"While one handler sleeps, the median of the others' requests takes {_ms(worst)} on a loop,"
        f" {_ms(threads[SLEEPS].median)} on threads and {_ms(offloaded[SLEEPS].median)} with to_thread; while one computes,"
        f" {_ms(threads[COMPUTES].median)} on threads and {_ms(offloaded[COMPUTES].median)} with to_thread.",
        crossing=_crossing(spared) if verdict is Verdict.DEPENDS else "",
        because=_because(threads[COMPUTES], offloaded) if not spared[COMPUTES] else "",
        table=[
            ["server", "slow client", "median, ms", "p99, ms"],
            *(
                [name, state, number(delay.median * 1e3), number(delay.p99 * 1e3)]
                for name, states in delays.items()
                for state, delay in states.items()
            ),
        ],
        charts=[
            Chart(
                name="slow-handler-stalls-a-loop",
                title="Quick requests beside a slow one",
                description="Bars: the median time of a quick request, by server and by what the slow client does.",
                x="server",
                y="median of the quick requests, ms",
                series=[
                    Series(state, [(place, states[state].median * 1e3) for place, states in enumerate(delays.values())])
                    for state in (NOBODY, *busy)
                ],
                kind="bars",
                categories=list(delays),
                log_y=True,
                marks=[Mark("the slow request", y=SLOW * 1e3)],
            )
        ],
    )


def _crossing(spared: Mapping[str, bool]) -> str:
    held = [state for state, free in spared.items() if not free]
    return f"on threads nobody waits unless {' or '.join(held)}" if held else "not every loop is stalled"


def _because(computing: Delay, offloaded: Mapping[str, Delay]) -> str:
    """What threads cannot give back."""
    text = (
        "Threads share the interpreter: whoever computes keeps its lock for sys.getswitchinterval(), 5 ms, each time that"
        f" another wants it, and a request wants it more than once: it takes {_ms(computing.median)}."
    )
    if offloaded[COMPUTES].median >= HELD_UP:
        text += " So it is with to_thread: it gives back what sleeps, and of what computes only a part."
    return text


def _ms(seconds: float) -> str:
    return f"{number(seconds * 1e3)} ms"
