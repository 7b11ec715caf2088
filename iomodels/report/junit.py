"""Verdicts as JUnit XML, as CI systems read it: a suite for each server."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable

from iomodels.contract.runner import Result, Verdict
from iomodels.report.verdicts import Column, Verdicts

__all__ = ["clean", "document", "render"]

# What XML 1.0 cannot carry, even escaped (https://www.w3.org/TR/xml/#charsets); a server may well write it to standard error.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ELEMENTS = {
    Verdict.FAIL: "failure",
    Verdict.ERROR: "error",
    Verdict.NOT_APPLICABLE: "skipped",
    Verdict.NOT_RUN: "skipped",
}


def render(verdicts: Verdicts) -> str:
    """The whole report."""
    suites = ET.Element("testsuites", name="iomodels")
    for column in verdicts.columns:
        results = [verdicts.at(column.name, case) for case in verdicts.cases]
        suite = ET.SubElement(suites, "testsuite", _attributes(column, results))
        for result in results:
            group, _, name = result.case.id.partition("/")
            case = ET.SubElement(suite, "testcase", classname=group, name=name, time=f"{result.seconds:.4f}")
            if result.verdict in ELEMENTS:
                first = result.detail.partition("\n")[0]
                message = first if result.verdict in (Verdict.FAIL, Verdict.ERROR) else f"{result.verdict.value}: {first}"
                element = ET.SubElement(case, ELEMENTS[result.verdict], message=clean(message))
                element.text = clean(f"must hold: {result.case.says}\n{result.detail}\nreference: {result.case.reference}")
    return document(suites)


def document(suites: ET.Element) -> str:
    """The file that has these suites."""
    ET.indent(suites)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + ET.tostring(suites, encoding="unicode") + "\n"


def _attributes(column: Column, results: Iterable[Result]) -> dict[str, str]:
    verdicts = [ELEMENTS.get(result.verdict, "") for result in results]
    return {
        "name": clean(column.name),
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count("failure")),
        "errors": str(verdicts.count("error")),
        "skipped": str(verdicts.count("skipped")),
        "time": f"{sum(result.seconds for result in results):.4f}",
    }


def clean(text: str) -> str:
    """Text that XML can carry."""
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
