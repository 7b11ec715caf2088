"""Verdicts as GitHub workflow commands: an annotation for each failure, then the totals."""

from iomodels.contract.runner import Verdict
from iomodels.report.verdicts import Verdicts, summary

__all__ = ["escape", "escape_property", "render"]


def render(verdicts: Verdicts) -> str:
    """The whole report."""
    lines = []
    for columns, result in verdicts.failures():
        kind = "failed" if result.verdict is Verdict.FAIL else "harness error"
        servers = ", ".join(column.name for column in columns)
        title = escape_property(f"{result.case.id} {kind} on {servers}")
        lines.append(f"::error title={title}::{escape(result.case.says)}%0A{escape(result.detail)}")
    return "\n".join([*lines, summary(verdicts.totals())]) + "\n"


def escape(text: str) -> str:
    """A command's message, percent-encoded (docs.github.com, "Workflow commands for GitHub Actions")."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """The value of a command's property, which colons and commas would end."""
    return escape(text).replace(":", "%3A").replace(",", "%2C")
