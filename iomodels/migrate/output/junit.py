"""A scan as JUnit XML, as CI systems read it: a suite for each file with findings, a failed case for each of them."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from itertools import groupby

from iomodels.migrate.finding import Finding, Scan, Skipped
from iomodels.migrate.output.words import described, future, unread
from iomodels.migrate.rule import Rule
from iomodels.migrate.sources import Sources
from iomodels.report.junit import clean, document

__all__ = ["render"]


def render(scan: Scan, rules: Mapping[str, Rule], sources: Sources) -> str:
    """The whole report. A scan that found nothing has one case, which passed: some readers refuse a report of none."""
    suites = ET.Element("testsuites", name="iomodels")
    for path, group in groupby(scan.findings, lambda finding: finding.place.path):
        findings = list(group)
        suite = _suite(suites, path, failures=len(findings))
        for finding in findings:
            _failure(suite, finding, rules[finding.rule], sources)
    if scan.skipped:
        suite = _suite(suites, "not read", skipped=len(scan.skipped))
        for skipped in scan.skipped:
            _skip(suite, skipped)
    if not scan.findings:
        ET.SubElement(
            _suite(suites, "scan", passed=1), "testcase", classname="scan", name=f"nothing found in {scan.files} files"
        )
    return document(suites)


def _suite(suites: ET.Element, name: str, *, failures: int = 0, skipped: int = 0, passed: int = 0) -> ET.Element:
    counts = {"tests": failures + skipped + passed, "failures": failures, "errors": 0, "skipped": skipped}
    return ET.SubElement(suites, "testsuite", {"name": clean(name), **{word: str(count) for word, count in counts.items()}})


def _failure(suite: ET.Element, finding: Finding, rule: Rule, sources: Sources) -> None:
    place = finding.place
    case = ET.SubElement(
        suite, "testcase", classname=clean(place.path), name=f"{rule.code} {rule.name} {place.line}:{place.column}"
    )
    case.attrib |= {"file": clean(place.path), "line": str(place.line)}
    failure = ET.SubElement(case, "failure", message=clean(described(finding)), type=rule.code)
    failure.text = clean(f"{place}\n{sources.line(place)}\n{rule.by}; {future(rule)}")


def _skip(suite: ET.Element, skipped: Skipped) -> None:
    case = ET.SubElement(suite, "testcase", classname=clean(skipped.path), name="read")
    ET.SubElement(case, "skipped", message=clean(unread(skipped)))
