"""Verdicts as GitHub workflow commands: an annotation for each failure, then the totals."""

from iomodels.contract.runner import Verdict
from iomodels.report.verdicts import Verdicts, summary

__all__ = ["render"]


def render(verdicts: Verdicts) -> str:
    """The whole report."""
    lines = []
    for columns, result in verdicts.failures():
        kind = "failed" if result.verdict is Verdict.FAIL else "harness error"
        servers = ", ".join(column.name for column in columns)
        title = _escape(f"{result.case.id} {kind} on {servers}").replace(":", "%3A").replace(",", "%2C")
        lines.append(f"::error title={title}::{_escape(result.case.says)}%0A{_escape(result.detail)}")
    return "\n".join([*lines, summary(verdicts.totals())]) + "\n"


def _escape(text: str) -> str:
    # docs.github.com, "Workflow commands for GitHub Actions": data that spans lines is percent-encoded.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
