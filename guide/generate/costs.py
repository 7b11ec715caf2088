"""What a request costs on each runtime, as a table: from committed files of `iomodels bench --save`.

`guide/data/costs.json` has the models that hold many clients at once, at 100 and 1000 connections. The others are measured with
as many as they hold, each number in a file of its own: `costs_1.json`, `costs_4.json`, `costs_16.json`. `commands()` tells how
each is taken.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from guide.generate.profile import variants_of
from iomodels.bench import document
from iomodels.bench.metadata import machine
from iomodels.bench.results import Results
from iomodels.bench.subjects import CEILING
from iomodels.catalogue import Variant, variants

__all__ = ["CostsError", "commands", "costs"]

DATA = Path(__file__).resolve().parents[1] / "data"
SIZES = (100, 1000)  # connections
ON_ALL_LOOPS = ("threads", "selectors", "io_uring")  # measured on the other loops too: a task, a callback, a completion
NEVER_SAYS_FIN = "asyncio+rloop"  # so it would be waited for in vain at the end of each connection (tests/upstream)


class CostsError(LookupError):
    """The committed runs lack a figure, or cannot be read; its text says which and how it is taken."""


@dataclass(frozen=True)
class Figures:
    """A server's cost at one number of connections: CPU microseconds per request, their ratio to C's, (max - min) / median."""

    microseconds: float
    ratio: float
    spread: float


def costs(*models: str, data: Path = DATA) -> str:
    """A table of what a request costs these models on each runtime, with the machine in a line below.

    A loop has a row where it was measured. Raises CostsError for a runtime of theirs that was not, LookupError for a model that
    is none.
    """
    runs = [_run(path) for path in sorted(data.glob("costs*.json"))]
    measured = {where: figures for run in runs for where, figures in _figures(run).items()}
    chosen = [variant for variant in variants_of(models) if "+" not in variant.runtime or _loop_measured(variant, measured)]
    sizes = sorted({size for variant in chosen for size in _sizes(variant)})
    head = ["runtime" if len(models) == 1 else "variant"]
    for size in sizes:
        head += [f"{size} connection{'s' if size > 1 else ''}", "x C"]
    rows, spreads = [head], []
    for variant in [None, *chosen]:
        if variant is None:
            label = "C, epoll"
        else:
            label = variant.runtime if len(models) == 1 else variant.name
            label += f" (as {_short(variant)})" if variant.profile.same_as else ""
        row = [label]
        for size in sizes:
            key = (CEILING if variant is None else _server(variant), size)
            found = measured.get(key)
            if found is None and (variant is None or size in _sizes(variant)):
                missing = f"{key[0]} at {size} connections"
                raise CostsError(f"{data} has no figure for {missing}; commands() in {__file__} tells how it is taken")
            if found is not None:
                spreads.append(found.spread)
            row += [f"{found.microseconds:.1f} us", f"{found.ratio:.2f}"] if found else ["-", "-"]
        rows.append(row)
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|---" + "|---:" * (len(head) - 1) + "|")
    return "\n".join([*lines, "", _how(runs, max(spreads))])


def commands() -> list[str]:
    """The commands that take all the figures, to be run from the root of a checkout on a quiet machine."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for variant in variants():
        on_its_own_loop = "+" not in variant.runtime
        measured = on_its_own_loop or (variant.model in ON_ALL_LOOPS and variant.runtime != NEVER_SAYS_FIN)
        if variant.profile.same_as is None and measured:
            groups.setdefault(_sizes(variant), []).append(variant.name)
    found = []
    for sizes, names in sorted(groups.items(), reverse=True):
        file = "costs.json" if sizes == SIZES else f"costs_{sizes[0]}.json"
        options = f"--rounds 3 --seconds 0.5 --connections {','.join(map(str, sizes))} --no-calls --save guide/data/{file}"
        found.append(f"iomodels bench {options} {shlex.join(names)}")
    return found


def _run(path: Path) -> Results:
    try:
        return document.load(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, document.DocumentError) as error:
        raise CostsError(f"{path}: {error}") from error


def _figures(run: Results) -> dict[tuple[str, int], Figures]:
    """What was measured: (server, connections) -> figures."""
    found = {}
    for cell in run.cells:
        ratio = run.ratio(cell, CEILING)
        if ratio is not None:
            found[cell.subject, cell.point.connections] = Figures(cell.cost, ratio, cell.spread("cpu"))
    return found


def _sizes(variant: Variant) -> tuple[int, ...]:
    """The numbers of connections that it is measured with: what it holds, where that is less than all others are given."""
    capacity = variant.profile.capacity
    return tuple(size for size in SIZES if variant.profile.holds(size)) or (int(capacity),)


def _server(variant: Variant) -> str:
    """The variant that was measured: it, or the one whose code it runs."""
    return variant.profile.same_as or variant.name


def _short(variant: Variant) -> str:
    return str(variant.profile.same_as).partition("/")[2]


def _loop_measured(variant: Variant, measured: dict[tuple[str, int], Figures]) -> bool:
    return all((_server(variant), size) in measured for size in _sizes(variant))


def _how(runs: list[Results], spread: float) -> str:
    """How the figures came to be, and on what machine."""
    machines = {machine(run.metadata) for run in runs}
    if len(machines) > 1:
        raise CostsError(f"the figures are of different machines: {'; '.join(sorted(machines))}")
    settings = {(run.settings.rounds, run.settings.seconds, cell.point.size) for run in runs for cell in run.cells}
    said = " and ".join(
        f"{rounds} round{'s' if rounds > 1 else ''} of {seconds:g} s, {size}-byte messages"
        for rounds, seconds, size in sorted(settings)
    )
    return (
        f"CPU time of the server's process tree, user and system, for each request: the median of {said}; a figure's rounds lie"
        f" up to {spread:.0%} apart. {machines.pop()}."
    )
