"""Which servers there are to measure, how each is started, with what each is compared, and the numbers to reach.

A server's name is that of a classic model (`epoll`), of an async variant (`trio/threads`, `asyncio+uvloop/selectors`), or of a
floor (`floor/asyncio_streams`, `floor/asyncio_streams+uvloop`: a file of floor/, and the loop that it runs on).
"""

import sys
from dataclasses import dataclass
from fnmatch import filter as matching
from pathlib import Path

from iomodels.catalogue import variants

__all__ = ["CEILING", "GROUPS", "TARGETS", "TEN_LINES", "Server", "choose", "floor_of", "references", "servers"]

HERE = Path(__file__).resolve().parent
CEILING, TEN_LINES = "ceiling", "ten_lines"
CLASSIC = ("epoll", "io_uring", "selectors", "threads")
FLAGS = ("--host", "127.0.0.1", "--port", "0", "--service", "upper")

# What each library's floors run on, its own choice first. Not rloop: its 0.5 leaves the connection of a closed transport open,
# so no run on it ends well.
LOOPS = {"asyncio": ("asyncio", "uvloop"), "trio": ("trio",), "anyio": ("asyncio", "trio", "uvloop")}
# The shortest server that reads its clients in the same way: library -> {model: file of floor/}
FLOORS = {
    "asyncio": {"threads": "asyncio_streams", "selectors": "asyncio_protocol", "io_uring": "asyncio_buffered_protocol"},
    "trio": {"threads": "trio_streams", "selectors": "trio_sockets", "io_uring": "trio_streams"},
    "anyio": {"threads": "anyio_streams", "selectors": "anyio_streams", "io_uring": "anyio_streams"},
}
OTHER_WAYS = {"asyncio": ("asyncio_sock",)}  # that no variant goes


@dataclass(frozen=True)
class Server:
    """A program that prints `listening on HOST:PORT` and then upper-cases what it is sent."""

    name: str
    command: tuple[str, ...]


def on(name: str, library: str, loop: str) -> str:
    """`name`, and the loop unless it is the library's default."""
    return name if loop == LOOPS[library][0] else f"{name}+{loop}"


def floors(library: str, loop: str) -> list[str]:
    """The names of a library's floors, on one loop."""
    files = dict.fromkeys([*FLOORS[library].values(), *OTHER_WAYS.get(library, ())])
    return [on(f"floor/{file}", library, loop) for file in files]


def with_floors(library: str, loop: str) -> dict[str, str]:
    """The names of a library's variants that have a floor, and that floor's, on one loop."""
    runtime = on(library, library, loop)
    return {f"{runtime}/{model}": on(f"floor/{file}", library, loop) for model, file in FLOORS[library].items()}


EVERYWHERE = [(library, loop) for library, loops in LOOPS.items() for loop in loops]
FLOOR_OF = {variant: floor for where in EVERYWHERE for variant, floor in with_floors(*where).items()}
BY_LIBRARY = {
    library: [name for loop in loops for name in (*floors(library, loop), *with_floors(library, loop))]
    for library, loops in LOOPS.items()
}
ASYNC = [name for names in BY_LIBRARY.values() for name in names]
GROUPS = {
    "classic": [CEILING, TEN_LINES, *CLASSIC],
    "async": [CEILING, *ASYNC],
    **{library: [CEILING, *names] for library, names in BY_LIBRARY.items()},
    "all": [CEILING, TEN_LINES, *CLASSIC, *ASYNC],
}
# The numbers to reach: (server, reference) -> {connections: ratio}
TARGETS = {
    ("epoll", CEILING): {100: 1.4, 1000: 1.7},
    ("epoll", TEN_LINES): {100: 1.1, 1000: 1.1},
    ("io_uring", CEILING): {100: 1.0, 1000: 1.25},
    ("selectors", CEILING): {100: 1.6, 1000: 1.9},
    ("threads", CEILING): {100: 2.5, 1000: 3.3},
    **{variant_and_floor: {100: 1.1, 1000: 1.1} for variant_and_floor in FLOOR_OF.items()},
    ("asyncio+uvloop/selectors", CEILING): {100: 1.2, 1000: 1.2},
}


def floor_of(name: str) -> str | None:
    """The floor that a server is compared with; None of one that has none."""
    return FLOOR_OF.get(name)


def references(name: str) -> list[str]:
    """What a server is compared with: the ceiling, and the least that its own way of waiting costs."""
    if name in FLOOR_OF:
        return [CEILING, FLOOR_OF[name]]
    if name == CEILING:
        return []
    return [CEILING] if name == TEN_LINES or "/" in name else [CEILING, TEN_LINES]


def servers() -> dict[str, Server]:
    """The references, the floors, and every variant on every loop that it can be told to run on."""
    known = [
        Server(CEILING, (str(HERE / "ceiling"), "0")),
        Server(TEN_LINES, (sys.executable, str(HERE / "ten_lines.py"), "0")),
    ]
    for library, loop in EVERYWHERE:
        for name in floors(library, loop):
            file = name.removeprefix("floor/").partition("+")[0]
            choice = (loop,) if len(LOOPS[library]) > 1 else ()
            known.append(Server(name, (sys.executable, "-m", f"benchmarks.floor.{file}", "0", *choice)))
    for variant in variants():
        name = variant.model if variant.runtime == "sockets" else variant.name
        known.append(Server(name, tuple(variant.command(*FLAGS))))
    return {server.name: server for server in known}


def choose(patterns: list[str], known: dict[str, Server]) -> tuple[list[str], list[str]]:
    """The names that shell patterns mean, in the patterns' order; and the patterns that mean none."""
    found = {pattern: matching(known, pattern) for pattern in patterns}
    names = dict.fromkeys(name for pattern in patterns for name in found[pattern])
    return list(names), [pattern for pattern in patterns if not found[pattern]]
