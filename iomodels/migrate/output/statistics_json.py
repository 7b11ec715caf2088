"""How often each rule was found, the commonest first: as JSON.

schema_version: 1. findings: how many in all. rules: a list of `code`, `name`, `group`, `by`, `findings` and `files`.
"""

import json
from collections.abc import Mapping

from iomodels.migrate.finding import Scan
from iomodels.migrate.output.statistics import counts
from iomodels.migrate.rule import Rule
from iomodels.migrate.sources import Sources

__all__ = ["SCHEMA_VERSION", "render"]

SCHEMA_VERSION = 1


def render(scan: Scan, rules: Mapping[str, Rule], _: Sources) -> str:
    """The whole report."""
    files: dict[str, set[str]] = {}
    for finding in scan.findings:
        files.setdefault(finding.rule, set()).add(finding.place.path)
    listed = [
        {
            "code": rule.code,
            "name": rule.name,
            "group": rule.group,
            "by": rule.by,
            "findings": number,
            "files": len(files[rule.code]),
        }
        for rule, number in counts(scan, rules)
    ]
    return json.dumps({"schema_version": SCHEMA_VERSION, "findings": len(scan.findings), "rules": listed}, indent=2) + "\n"
