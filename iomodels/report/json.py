"""Verdicts as JSON, with a `schema_version`."""

import json
from collections import Counter

from iomodels.contract.runner import Verdict
from iomodels.report.verdicts import SCHEMA_VERSION, Verdicts

__all__ = ["render"]


def render(verdicts: Verdicts) -> str:
    """The whole report."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "totals": _totals(verdicts.totals()),
        "servers": [
            {
                "name": column.name,
                "says": column.says,
                "service": column.service,
                "totals": _totals(verdicts.totals(column.name)),
            }
            for column in verdicts.columns
        ],
        "cases": [{"id": case.id, "says": case.says, "reference": case.reference} for case in verdicts.cases],
        "results": [
            {
                "server": column.name,
                "case": result.case.id,
                "verdict": result.verdict.value,
                "detail": result.detail,
                "seconds": round(result.seconds, 4),
            }
            for column, result in verdicts.cells()
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _totals(totals: Counter[Verdict]) -> dict[str, int]:
    return {verdict.value: totals[verdict] for verdict in Verdict}
