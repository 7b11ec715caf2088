"""Measurements made one by one, as one benchmark: so that each is begun only if there is time for it."""

from dataclasses import replace

from iomodels.bench.results import Results

__all__ = ["added"]


def added(before: Results | None, later: Results, number: int) -> Results:
    """Both: what was measured `later` belongs to the round of this number, and who failed in either is out."""
    for cell in later.cells:
        cell.rounds = [replace(each, number=number) for each in cell.rounds]
    if before is None:
        return later
    cells = {(cell.subject, cell.point): cell for cell in before.cells}
    for cell in later.cells:
        known = cells.setdefault((cell.subject, cell.point), cell)
        if known is not cell:
            known.rounds += cell.rounds
            known.latency.add(cell.latency)
    before.failed.update(later.failed)
    before.skipped.update(later.skipped)
    before.remarks.extend(remark for remark in later.remarks if remark not in before.remarks)
    before.cells = [cell for cell in cells.values() if cell.subject not in before.failed]
    before.settings = replace(before.settings, rounds=max(before.settings.rounds, number))
    before.interrupted = later.interrupted
    return before
