"""What to know before a figure is believed: a line for each cause, with the figures that it concerns."""

from collections.abc import Iterator

from iomodels.bench.results import Cell, Results

__all__ = ["doubts"]

SPREAD = 0.20  # (max - min) / median, beyond which a figure is doubtful
TAKEN = 0.05  # of a core, taken by programs that have no part in this, beyond which a figure is doubtful
HELD = 0.01  # of the rate that was asked, by which it may be missed
WAITS = 0.5  # of the calls, beyond which waiting for a lock is most of what a request seems to ask
LISTED = 6  # places, after which the others are a number


def doubts(results: Results) -> list[str]:
    """Causes for doubt."""
    causes: dict[str, list[str]] = {}
    for cell in results.cells:
        for cause, degree in _of(cell):
            idle = f" + {cell.point.idle} idle" if cell.point.idle else ""
            causes.setdefault(cause, []).append(f"{cell.subject} ({cell.point.connections}{idle}){degree}")
    lines = ["one core only: server and generator took turns on it"] if len(set(results.settings.cores)) == 1 else []
    return lines + [f"{cause}: {_listed(places)}" for cause, places in causes.items()]


def _of(cell: Cell) -> Iterator[tuple[str, str]]:
    rounds = cell.rounds
    taken = max(min(1.0, each.taken / each.seconds) for each in rounds)
    if taken > TAKEN:
        yield "other programs took part of a core (repeat on a quieter machine)", f" {taken:.0%}"
    if cell.spread("cpu") > SPREAD:
        yield f"more than {SPREAD:.0%} between rounds (repeat, with more --rounds)", f" {cell.spread('cpu'):.0%}"
    if bound := sum(each.generator_bound for each in rounds):
        yield "the generator was the limit, the server had time to spare", f" in {bound} of {len(rounds)} rounds"
    if any(each.processes_gone for each in rounds):
        yield "processes ended while counting: their time is known to 10 ms, and only if their parent waits for them", ""
    asked = cell.point.rate
    if asked is not None and (rate := cell.median("rate")) and rate < asked * (1 - HELD):
        yield "the rate was not held", f" {rate:,.0f} of {asked:,g} requests/s"
    if cell.calls and (locks := cell.calls.get("futex", 0.0)) > WAITS * sum(cell.calls.values()):
        rest = sum(cell.calls.values()) - locks
        yield (
            "who waits for the interpreter's lock asks again every 5 ms, oftener per request under strace",
            f" {rest:.2f} without",
        )


def _listed(places: list[str]) -> str:
    more = f" and {len(places) - LISTED} more" if len(places) > LISTED else ""
    return ", ".join(places[:LISTED]) + more
