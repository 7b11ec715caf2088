"""What the variants are measured beside, and the numbers to reach.

A floor is a file of floor/ on a loop: `floor/asyncio_streams`, `floor/asyncio_streams+uvloop`.
"""

import sys
from pathlib import Path

from iomodels.bench.subjects import CEILING, Subject, ceiling, of_variant
from iomodels.catalogue import variants
from iomodels.contract.server import Launch

__all__ = ["FLOOR_OF", "TARGETS", "TEN_LINES", "floors", "subjects"]

HERE = Path(__file__).resolve().parent
TEN_LINES = "ten_lines"

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


def on(name: str, library: str, loop: str) -> str:
    """`name`, and the loop unless it is the library's default."""
    return name if loop == LOOPS[library][0] else f"{name}+{loop}"


EVERYWHERE = [(library, loop) for library, loops in LOOPS.items() for loop in loops]
FLOOR_OF = {
    f"{on(library, library, loop)}/{model}": on(f"floor/{file}", library, loop)
    for library, loop in EVERYWHERE
    for model, file in FLOORS[library].items()
}
# The numbers to reach: (variant, reference) -> {connections: ratio of CPU per request}
TARGETS = {
    ("sockets/epoll", CEILING): {100: 1.4, 1000: 1.7},
    ("sockets/epoll", TEN_LINES): {100: 1.1, 1000: 1.1},
    ("sockets/io_uring", CEILING): {100: 1.0, 1000: 1.25},
    ("sockets/selectors", CEILING): {100: 1.6, 1000: 1.9},
    ("sockets/threads", CEILING): {100: 2.5, 1000: 3.3},
    **{variant_and_floor: {100: 1.1, 1000: 1.1} for variant_and_floor in FLOOR_OF.items()},
    ("asyncio+uvloop/selectors", CEILING): {100: 1.2, 1000: 1.2},
}


def floors() -> list[Subject]:
    """Every floor, on every loop that it is measured on."""
    found = []
    for library, loop in EVERYWHERE:
        choice = [loop] if len(LOOPS[library]) > 1 else []
        for file in dict.fromkeys([*FLOORS[library].values(), *OTHER_WAYS.get(library, ())]):
            command = [sys.executable, "-m", f"benchmarks.floor.{file}", "0", *choice]
            found.append(_subject(on(f"floor/{file}", library, loop), command))
    return found


def subjects() -> dict[str, Subject]:
    """The references, the floors, and the variants that have a number to reach."""
    known = [ceiling(), _subject(TEN_LINES, [sys.executable, str(HERE / "ten_lines.py"), "0"]), *floors()]
    aimed = {variant for variant, _ in TARGETS}
    known += [of_variant(variant) for variant in variants() if variant.name in aimed]
    return {subject.name: subject for subject in known if subject is not None}


def _subject(name: str, command: list[str]) -> Subject:
    return Subject(name, lambda _: Launch(command, directory=HERE.parent), services=("upper",))
