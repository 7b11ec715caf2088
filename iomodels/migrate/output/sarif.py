"""A scan as SARIF 2.1.0, which GitHub's code scanning and editors read (OASIS, Static Analysis Results Interchange Format)."""

import hashlib
import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from iomodels.migrate.baseline import numbered
from iomodels.migrate.finding import Finding, Scan, Skipped
from iomodels.migrate.output.words import described, unread
from iomodels.migrate.rule import Group, Rule
from iomodels.migrate.sources import Sources

__all__ = ["render"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Group.SHAPE: "note", Group.HAZARD: "warning", Group.BLOCKING: "error"}
FINGERPRINT = "iomodels/v1"  # the number rises when what it is made of changes


def render(scan: Scan, rules: Mapping[str, Rule], sources: Sources) -> str:
    """The whole report."""
    codes = sorted({finding.rule for finding in scan.findings})
    indices = {code: index for index, code in enumerate(codes)}
    driver = {"name": "iomodels", "version": version("iomodels"), "rules": [_rule(rules[code]) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": [_notice(each) for each in scan.skipped]}],
        "results": [
            {
                "ruleId": finding.rule,
                "ruleIndex": indices[finding.rule],
                "level": LEVELS[rules[finding.rule].group],
                "message": {"text": described(finding)},
                "locations": [_location(finding)],
                "partialFingerprints": {FINGERPRINT: hashlib.sha256(repr((*identity, number)).encode()).hexdigest()},
                "properties": {"confidence": finding.confidence},
            }
            for finding, identity, number in numbered(scan.findings, sources)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    libraries = {library: getattr(rule, library).strip() for library in ("asyncio", "trio", "anyio")}
    text = "\n".join(f"{library}: {code}" for library, code in libraries.items())
    marked = "\n".join(f"**{library}**\n\n```python\n{code}\n```\n" for library, code in libraries.items())
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.trap},
        "help": {
            "text": f"{rule.trap}\n\n{text}\n\nBy: {rule.by}. Guide: {rule.guide}",
            "markdown": f"{rule.trap}\n\n{marked}\nBy: {rule.by}. Guide: `{rule.guide}`",
        },
        "defaultConfiguration": {"level": LEVELS[rule.group]},
        "properties": {"tags": [rule.group, rule.by]},
    }


def _location(finding: Finding) -> dict[str, Any]:
    place = finding.place
    region = {"startLine": place.line, "startColumn": place.column, "endLine": place.end_line, "endColumn": place.end_column}
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": _uri(place.path)}, "region": region}}
    if finding.unit:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.unit}]
    return location


def _notice(skipped: Skipped) -> dict[str, Any]:
    where: dict[str, Any] = {"artifactLocation": {"uri": _uri(skipped.path)}}
    if skipped.line:
        where["region"] = {"startLine": skipped.line}
    return {"level": "warning", "message": {"text": unread(skipped)}, "locations": [{"physicalLocation": where}]}


def _uri(path: str) -> str:
    """A reference to a file: a relative one stays relative, to where the scan was started."""
    if Path(path).is_absolute():
        return Path(path).as_uri()
    return quote(os.fsencode(Path(path).as_posix()))
