"""What programs read: JSON, SARIF, GitHub's commands and JUnit."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iomodels.migrate.finding import Confidence, Finding, Kind, Model, Place, Scan, Skipped, Unit
from iomodels.migrate.output import github, junit, sarif, statistics_json
from iomodels.migrate.output import json as json_output
from iomodels.migrate.output.json import read
from iomodels.migrate.sources import Sources
from tests.iomodels.migrate.output.making import RULES, finding, scan, server

UNDECODED = st.characters(
    min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"]
)  # os.fsdecode, of bytes that are no UTF-8
WORDS = st.text(st.characters(codec="utf-8"), max_size=9)
PATHS = st.text(st.characters(codec="utf-8") | UNDECODED, max_size=9)
NUMBERS = st.integers(0, 2**40)
PLACES = st.builds(Place, PATHS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
FINDINGS = st.builds(Finding, PLACES, st.sampled_from(sorted(RULES)), WORDS, st.sampled_from(Confidence), WORDS)
REASONS = st.lists(WORDS, max_size=3).map(tuple)
UNITS = st.builds(Unit, PLACES, WORDS, st.sampled_from(Kind), st.sampled_from(Model), REASONS, WORDS)
SKIPPED = st.builds(Skipped, PATHS, WORDS, WORDS, NUMBERS)
SCANS = st.builds(
    Scan,
    st.lists(FINDINGS, max_size=3).map(tuple),
    st.lists(UNITS, max_size=3).map(tuple),
    st.lists(SKIPPED, max_size=3).map(tuple),
    NUMBERS,
    NUMBERS,
    NUMBERS,
    st.floats(0, allow_infinity=False) | st.just(0),
    st.dictionaries(WORDS, NUMBERS, max_size=3),
)


@given(SCANS)
def test_json_reads_back_as_the_scan_that_it_was(found: Scan) -> None:
    assert read(json_output.render(found, RULES, Sources())) == found


def test_json_says_what_the_rules_of_its_findings_are(tmp_path: Path) -> None:
    document = json.loads(json_output.render(server(tmp_path), RULES, Sources()))
    assert document["schema_version"] == 1
    assert list(document["rules"]) == ["IOM101", "IOM102", "IOM201"]
    assert document["rules"]["IOM101"]["by"] == "partly"
    assert document["findings"][2] == {
        "place": {"path": f"{tmp_path}/server.py", "line": 8, "column": 15, "end_line": 8, "end_column": 30},
        "rule": "IOM201",
        "text": "the count of send is lost",
        "confidence": "likely",
        "unit": "",
    }


def test_every_member_of_the_json_is_described(tmp_path: Path) -> None:
    document = json.loads(json_output.render(server(tmp_path), RULES, Sources()))
    described = set(re.findall(r"\w+", json_output.__doc__ or ""))
    members = set(document)
    for one in (*document["findings"], *document["units"], *document["skipped"], *document["rules"].values()):
        members |= set(one)
    assert members <= described


def broken(**changes: Any) -> str:
    return json.dumps({**json.loads(json_output.render(scan([finding("a.py", 1)]), RULES, Sources())), **changes})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Expecting property name"),
        ("[]", "'schema_version' is missing or no int"),
        (broken(schema_version=2), "its schema_version is 2, not 1"),
        (broken(findings=3), "'findings' is missing or no list"),
        (broken(findings=[{}]), "'rule' is missing or no str"),
        (broken(findings=[{"rule": "", "text": "", "confidence": "sure", "unit": "", "place": {}}]), "missing or no"),
        (broken(ignored={"comment": "x"}), "'comment' is missing or no int"),
        (broken(units=[3]), "'name' is missing or no str"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_json_that_is_no_scan_is_refused_in_one_line(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^not the JSON of a scan: .*{re.escape(why)}[^\n]*$"):
        read(text)


def test_statistics_as_json() -> None:
    findings = [finding("a.py", 1), finding("b.py", 1), finding("b.py", 2), finding("a.py", 1, "IOM201")]
    document = json.loads(statistics_json.render(scan(findings), RULES, Sources()))
    assert document["findings"] == 4
    assert [(each["code"], each["findings"], each["files"]) for each in document["rules"]] == [
        ("IOM102", 3, 2),
        ("IOM201", 1, 1),
    ]


def owed(log: dict[str, Any]) -> None:
    """What the schema of SARIF 2.1.0 requires of the objects that are used here: section 3 of the standard, by object."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        assert driver["name"]
        for rule in driver["rules"]:
            assert rule["id"]
            assert all(rule[text]["text"] for text in ("shortDescription", "fullDescription", "help"))
            assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
        assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
        notices = [each for one in run["invocations"] for each in one["toolExecutionNotifications"]]
        assert all(isinstance(one["executionSuccessful"], bool) for one in run["invocations"])
        for result in (*run["results"], *notices):
            assert result["message"]["text"]
            for location in result["locations"]:
                where = location["physicalLocation"]
                assert re.fullmatch(r"[\w.~/:%+@-]+", where["artifactLocation"]["uri"], re.ASCII)
                assert all(number >= 1 for number in where.get("region", {}).values())
        for result in run["results"]:
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
            assert all(isinstance(each, str) for each in result["partialFingerprints"].values())


def test_sarif_has_what_its_schema_requires(tmp_path: Path) -> None:
    log = json.loads(sarif.render(server(tmp_path), RULES, Sources()))
    owed(log)
    run = log["runs"][0]
    assert [result["ruleId"] for result in run["results"]] == ["IOM101", "IOM102", "IOM201"]
    assert [result["level"] for result in run["results"]] == ["note", "note", "warning"]
    assert run["results"][1]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 5,
        "startColumn": 13,
        "endLine": 5,
        "endColumn": 59,
    }
    assert run["results"][1]["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "Server"}]
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 2
    owed(json.loads(sarif.render(scan(), RULES, Sources())))


def test_sarif_names_files_as_references() -> None:
    log = json.loads(sarif.render(scan([finding("sub dir/é\udcff#.py", 1), finding("/a b.py", 1)]), RULES, Sources()))
    owed(log)
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in log["runs"][0]["results"]]
    assert places == ["sub%20dir/%C3%A9%FF%23.py", "file:///a%20b.py"]


def test_a_fingerprint_stays_when_lines_move_and_no_two_are_alike(tmp_path: Path) -> None:
    def prints(source: str, lines: list[int]) -> list[str]:
        path = tmp_path / "server.py"
        path.write_text(source)
        log = json.loads(sarif.render(scan([finding(path, line) for line in lines]), RULES, Sources()))
        return [result["partialFingerprints"]["iomodels/v1"] for result in log["runs"][0]["results"]]

    first = prints("send(a)\nsend(a)\nsend(b)\n", [1, 2, 3])
    assert len(set(first)) == 3
    assert prints("\n\n  send(a)\n\nsend(a)\nsend(b)\n", [3, 5, 6]) == first
    assert prints("send(a)\nsend(a)\nsend(c)\n", [1, 2, 3])[2] not in first


def test_github_annotates_each_finding() -> None:
    several = finding("dir,1/a.py", 3, "IOM301", column=5, end=(6, 2))
    findings = [finding("a.py", 1), Finding(several.place, "IOM301", "100% of it", Confidence.POSSIBLE)]
    after = "asyncio: start_server(serve) | trio: serve_tcp(serve, port) | anyio: listener.serve(serve)"
    assert github.render(scan(findings), RULES, Sources()).splitlines() == [
        f"::notice title=IOM102 accept-thread,file=a.py,line=1,col=1,endColumn=2::it has accept-thread%0Aautomatic; {after}",
        f"::error title=IOM301 recv-in-async,file=dir%2C1/a.py,line=3,endLine=6::100%25 of it (possible)%0Aautomatic; {after}",
        "Found 2 findings in 2 files: 2 automatic.",
    ]


def test_junit_has_a_suite_for_each_file_and_a_case_for_each_finding(tmp_path: Path) -> None:
    suites = list(ET.fromstring(junit.render(server(tmp_path), RULES, Sources())))
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("skipped")) for suite in suites] == [
        (f"{tmp_path}/server.py", "3", "3", "0"),
        ("not read", "2", "0", "2"),
    ]
    assert [case.get("name") for case in suites[0]] == [
        "IOM101 accept-loop 3:9",
        "IOM102 accept-thread 5:13",
        "IOM201 unchecked-send 8:15",
    ]
    failure = suites[0][1].find("failure")
    assert failure is not None
    assert "Thread(target=self.talk" in (failure.text or "")
    assert [len(case.findall("skipped")) for case in suites[1]] == [1, 1]


def test_junit_of_nothing_has_one_case_that_passed() -> None:
    (suite,) = ET.fromstring(junit.render(scan(), RULES, Sources()))
    assert (suite.get("tests"), suite.get("failures"), [len(case) for case in suite]) == ("1", "0", [0])
