"""What a load came to, for people and for programs, with the doubts that belong to it."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from iomodels.load.outcome import Outcome, could_do_more, is_full
from iomodels.load.spec import Spec

__all__ = ["Summary"]

SCHEMA = 1
PERCENTILES = (50.0, 90.0, 99.0, 99.9, 100.0)


@dataclass(frozen=True)
class Summary:
    """server_cpu: seconds of CPU that the server used meanwhile; None where that cannot be seen from here. workers: on how many
    machines, and what became of them; None where it came from this one alone."""

    spec: Spec
    outcome: Outcome
    remarks: list[str]
    server_cpu: float | None = None
    interrupted: bool = False
    workers: dict[str, Any] | None = None

    @property
    def full(self) -> bool:
        """Whether the generator could do no more."""
        return is_full(self.outcome.cpu, self.outcome.seconds * self.outcome.processes)

    @property
    def warnings(self) -> list[str]:
        """What to know before a figure is believed, a line each."""
        outcome, lines = self.outcome, []
        if self.full and self.server_cpu is None:
            lines.append("the generator's core was full, and the server's cannot be seen from here: add --processes, and see")
        elif self.full and self.server_cpu is not None and could_do_more(self.server_cpu, outcome.seconds):
            busy = self.server_cpu / outcome.seconds
            lines.append(f"the generator was the limit: its core was full, the server's {busy:.0%} busy: add --processes")
        if not outcome.held:
            lines.append(
                f"the rate was not held: {outcome.asked:,.0f} a second were asked for and {outcome.rate:,.0f} answered; "
                f"{outcome.late:,} requests were due and never sent"
            )
        if outcome.dropped:
            lines.append(f"the server ended slow connections {outcome.dropped} times; each was made anew")
        return lines

    def _latency(self) -> dict[str, float]:
        """Seconds, by the name of the percentile."""
        return {f"p{each:g}" if each < 100 else "max": self.outcome.percentile(each) for each in PERCENTILES}

    def text(self) -> str:
        """A few lines."""
        outcome = self.outcome
        stopped = ", interrupted" if self.interrupted else ""
        lines = [f"{self.spec.where}, {self.spec.says}: {outcome.seconds:.1f} s{stopped}", *self.remarks]
        asked = "" if outcome.asked is None else f" of {outcome.asked:,.0f}/s asked for"
        lines.append(f"requests   {outcome.requests:,}, all replies checked: {outcome.rate:,.0f}/s{asked}")
        if outcome.connects:
            lines.append(f"connects   {outcome.connects:,}: {outcome.connects / outcome.seconds:,.0f}/s")
        if outcome.requests:
            lines.append(f"latency    {'  '.join(f'{name} {_time(seconds)}' for name, seconds in self._latency().items())}")
            processes = "1 process" if outcome.processes == 1 else f"{outcome.processes} processes"
            lines.append(f"generator  {_cpu(outcome.cpu, outcome)}, {processes}")
            if self.server_cpu is not None:
                lines.append(f"server     {_cpu(self.server_cpu, outcome)}")
        lines += [f"warning: {warning}" for warning in self.warnings]
        return "\n".join(lines) + "\n"

    def json(self) -> str:
        """All of it, times in seconds."""
        outcome = self.outcome
        told: dict[str, Any] = {
            "schema_version": SCHEMA,
            "spec": asdict(self.spec),
            "interrupted": self.interrupted,
            "requests": outcome.requests,
            "seconds": outcome.seconds,
            "rate": outcome.rate,
            "latency": self._latency() if outcome.requests else None,
            "histogram": outcome.latency.encode().decode(),
            "by_second": outcome.by_second,
            "asked": outcome.asked,
            "held": outcome.held,
            "late": outcome.late,
            "connects": outcome.connects,
            "dropped": outcome.dropped,
            "generator": {"cpu": outcome.cpu, "processes": outcome.processes, "full": self.full},
            "server": None if self.server_cpu is None else {"cpu": self.server_cpu},
            "workers": self.workers,
            "remarks": self.remarks,
            "warnings": self.warnings,
        }
        return json.dumps(told, indent=2) + "\n"


def _time(seconds: float) -> str:
    """A latency, as short as it can be read."""
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _cpu(used: float, outcome: Outcome) -> str:
    return f"{used / outcome.requests * 1e6:.1f} us of CPU per request, {used / outcome.seconds:.0%} of a core"
