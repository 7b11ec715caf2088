"""Waiting and copying, as tables and as the command prints it: from the traces that are committed.

`iomodels trace --all --data guide/data/traces` takes them.
"""

from pathlib import Path

from iomodels.catalogue import Variant, find
from iomodels.report.markdown import table
from iomodels.trace import document
from iomodels.trace.text import UNBROKEN, counts, duration, render
from iomodels.trace.timeline import Timeline

__all__ = ["phases", "shown", "traced"]

DATA = Path(__file__).resolve().parents[1] / "data" / "traces"


def phases(*names: str, data: Path = DATA) -> str:
    """A table of what these variants did while two clients were served, a row for each.

    names: as `iomodels trace` takes them. Raises LookupError for a variant that is none, or that was not traced.
    """
    head = ["variant", "waiting", "copying", "calls", "for one request", "B"]
    return "\n".join(table(head, [_row(_trace(name, data)) for name in names]))


def shown(name: str, events: int, data: Path = DATA) -> str:
    """What `iomodels trace` prints of this variant: so many events and the last line. Raises LookupError as `phases` does."""
    lines = render(_trace(name, data)).splitlines()
    head = lines.index("") + 2  # two lines that say what was traced, and the heads of the columns
    return "\n".join(["```text", f"$ iomodels trace {name}", *lines[: head + events], "...", lines[-1], "```"])


def traced(model: str, data: Path = DATA) -> str:
    """A model's figures, the classic one and a tab for each library, with the numbers below. Raises LookupError as `phases`."""
    classic, *pairs = (find(f"{runtime}/{model}") for runtime in ("sockets", "asyncio", "trio", "anyio"))
    blocks = [_figure(classic), "::::{tab-set}\n:sync-group: library"]
    for pair in pairs:
        blocks += [f":::{{tab-item}} {pair.runtime}\n:sync: {pair.runtime}", _figure(pair), ":::"]
    names = dict.fromkeys(_traced_as(variant) for variant in (classic, *pairs))
    return "\n\n".join([*blocks, "::::", phases(*names, data=data)])


def _figure(variant: Variant) -> str:
    traced_as = _traced_as(variant)
    image = f"![What {traced_as} waits for and copies while two clients are served](../figures/trace/{traced_as}.svg)"
    return f"`{variant.name}` runs the code of `{traced_as}`.\n\n{image}" if traced_as != variant.name else image


def _traced_as(variant: Variant) -> str:
    return variant.profile.same_as or variant.name


def _trace(name: str, data: Path) -> Timeline:
    variant = find(name)
    path = data / f"{_traced_as(variant)}.json"
    if not path.is_file():
        raise LookupError(f"{variant.name} was not traced: iomodels trace {variant.name} --data {data}")
    return document.load(path.read_text(encoding="utf-8"))


def _row(timeline: Timeline) -> tuple[str, ...]:
    copying = sum(timeline.copying.values())
    waited = duration(timeline.b_waited)
    return (
        f"`{timeline.variant}`",
        duration(sum(timeline.waiting.values())),
        duration(copying) if copying else "not seen",
        str(sum(timeline.calls.values())),
        counts(timeline.request).replace(UNBROKEN, " "),
        f"answered after {waited}" if timeline.b_first else f"waited {waited}, until A left",
    )
