"""A comparison as JUnit XML, and as one HTML file that asks nothing of the network."""

import xml.etree.ElementTree as ET
from html import escape

from iomodels.differ.report import Report, more, summary, told
from iomodels.differ.words import acts, rows, title
from iomodels.report.junit import clean, document

__all__ = ["as_html", "as_junit"]

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; }
pre, td { font: 13px/1.4 ui-monospace, monospace; }
pre { overflow-x: auto; background: #8881; padding: .5rem; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; margin-bottom: 1rem; }
td { white-space: pre-wrap; overflow-wrap: anywhere; vertical-align: top; padding: 0 .5rem; border-left: 1px solid #8884; }
th { text-align: left; padding: 0 .5rem; }
tr.otherwise td { background: #f8c30030; }
.alike { color: #18794e; } .different { color: #c62a2f; }
:root { color-scheme: light dark; }
"""


def as_junit(report: Report) -> str:
    """A test for each conversation, and one for each case of the contract that ends otherwise."""
    suites = ET.Element("testsuites", name="iomodels differ")
    failures = len(report.different) + len(report.changed)
    tests = len(report.outcomes) + len(report.changed)
    suite = ET.SubElement(
        suites,
        "testsuite",
        {
            "name": clean(f"{report.old} against {report.new}"),
            "tests": str(tests),
            "failures": str(failures),
            "errors": "0",
            "skipped": "0",
            "time": f"{report.seconds:.1f}",
        },
    )
    for outcome in report.outcomes:
        case = ET.SubElement(suite, "testcase", classname="differ", name=clean(outcome.conversation.name))
        if outcome.differences:
            message = "; ".join(title(each.aspect, outcome.conversation) for each in outcome.differences)
            ET.SubElement(case, "failure", message=clean(f"different: {message}")).text = clean(told(outcome))
    for changed in report.changed:
        case = ET.SubElement(suite, "testcase", classname="contract", name=changed.new.case.id)
        message = f"old: {changed.old.verdict.value}, new: {changed.new.verdict.value}"
        failure = ET.SubElement(case, "failure", message=message)
        failure.text = clean(f"{changed.new.case.says}\nold: {changed.old.detail}\nnew: {changed.new.detail}")
    return document(suites)


def as_html(report: Report) -> str:
    """The file."""
    state = "alike" if report.alike else "different"
    parts = [
        "<!doctype html>\n<html lang='en'><meta charset='utf-8'><title>iomodels differ</title>",
        f"<style>{STYLE}</style>\n<h1>Old and new: <span class='{state}'>{state}</span></h1>",
        f"<p>old: <code>{escape(report.old)}</code><br>new: <code>{escape(report.new)}</code></p>",
        f"<p>{escape(summary(report))}</p>\n",
    ]
    for number, *others in report.groups:
        outcome = report.outcomes[number]
        parts.append(
            f"<h2>{escape(outcome.conversation.name)}</h2>\n<pre>{escape(chr(10).join(acts(outcome.shortest)))}</pre>\n"
        )
        for each in (*outcome.shown, *more(outcome)):
            of = outcome.shortest if each in outcome.shown else outcome.conversation
            parts.append(f"<h3>{escape(title(each.aspect, of))}</h3>\n<table><tr><th>old<th>new</tr>\n")
            for old, mark, new in rows(each):
                kind = "" if mark in " ." else " class='otherwise'"
                parts.append(f"<tr{kind}><td>{escape(old)}</td><td>{escape(new)}</td></tr>\n")
            parts.append("</table>\n")
        if others:
            names = "; ".join(report.outcomes[each].conversation.name for each in others)
            parts.append(f"<p>The same came of {len(others)} more: {escape(names)}</p>\n")
        if number in report.recordings:
            files = ", ".join(map(str, report.recordings[number]))
            parts.append(f"<p>recorded in <code>{escape(files)}</code></p>\n")
    for changed in report.changed:
        parts.append(f"<h2>contract: {escape(changed.new.case.id)}</h2>\n<p>{escape(changed.new.case.says)}</p>\n")
        parts.append(f"<table><tr><th>old<th>new</tr><tr class='otherwise'><td>{escape(changed.old.verdict.value)}\n")
        parts.append(f"{escape(changed.old.detail)}</td><td>{escape(changed.new.verdict.value)}\n")
        parts.append(f"{escape(changed.new.detail)}</td></tr></table>\n")
    alike = [outcome.conversation.name for outcome in report.outcomes if not outcome.differences]
    if alike:
        parts.append(f"<h2>Alike</h2>\n<ul>{''.join(f'<li>{escape(name)}</li>' for name in alike)}</ul>\n")
    noise = [
        f"<li>{escape(outcome.conversation.name)}: {escape(title(aspect, outcome.conversation))}</li>"
        for outcome in report.outcomes
        for aspect in outcome.unstable
    ]
    if noise:
        parts.append(f"<h2>Not compared: the old server is not the same each time</h2>\n<ul>{''.join(noise)}</ul>\n")
    return "".join((*parts, "</html>\n"))
