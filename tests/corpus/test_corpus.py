"""The corpus itself: its headers, its records, and what its programs of an own protocol say."""

import json
import sys
from pathlib import Path

import pytest

from iomodels.contract.case import all_cases
from iomodels.migrate.finding import Kind, Model
from tests.corpus.header import HeaderError, Program, Unit, parse, programs
from tests.corpus.record import PASSES
from tests.corpus.talks import talks

PROGRAMS = {program.name: program for program in programs()}
SPEAKS = sorted(name for name, program in PROGRAMS.items() if program.service != "own")
HEADER = """# corpus
#   what: a server: in a test
#   service: upper
#   run: ANSWER=42 {file} -p{port}
#   unit: Server.Handler server and client threads
#   finds: IOM102 IOM104
# /corpus
"""


def test_a_header_is_read(tmp_path: Path) -> None:
    program = _written(tmp_path, HEADER)
    assert program.what == "a server: in a test"
    assert program.units == (Unit("Server.Handler", "server and client", "threads"),)
    assert program.finds == ("IOM102", "IOM104")
    assert program.command("python3") == f"env ANSWER=42 python3 {tmp_path}/made.py '-p{{port}}'"
    assert program.command("python3", "80") == f"env ANSWER=42 python3 {tmp_path}/made.py -p80"
    assert program.profile == {}
    assert program.runs_on((3, 14))


@pytest.mark.parametrize(
    ("line", "profile"),
    [
        ("#   unit: - server blocking", {"capacity": 1}),
        ("#   unit: main client blocking", {}),
        ("#   unit: serve server fork", {"isolation": "process"}),
        ("#   unit: serve server thread_pool\n#   capacity: 8", {"capacity": 8}),
    ],
)
def test_the_contract_is_told_what_the_header_says(tmp_path: Path, line: str, profile: dict[str, object]) -> None:
    header = HEADER.replace("#   unit: Server.Handler server and client threads", line)
    assert _written(tmp_path, header).profile == profile


def test_the_newest_version_of_python_is_heeded(tmp_path: Path) -> None:
    program = _written(tmp_path, HEADER.replace("# /corpus", "#   python: -3.11\n# /corpus"))
    assert program.runs_on((3, 11))
    assert not program.runs_on((3, 12))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("# corpus\n", "", "begins with a comment"),
        ("# /corpus", "", "begins with a comment"),
        ("#   finds: IOM102 IOM104\n", "", "lacks finds"),
        ("service: upper", "serves: upper", "not a line of a corpus header"),
        ("service: upper", "service: upper\n#   service: lines", "not for the first time"),
        ("Server.Handler server and client threads", "Server threads", "not a line of a corpus header"),
        ("# /corpus", "#   python: 3.11\n# /corpus", "newest version"),
        ("# /corpus", "#   capacity: none\n# /corpus", "number of 1 or more"),
    ],
)
def test_a_bad_header_is_refused_in_one_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in HEADER
    with pytest.raises(HeaderError, match=says) as refusal:
        _written(tmp_path, HEADER.replace(old, new))
    assert "\n" not in str(refusal.value)
    assert "made.py" in str(refusal.value)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_units_are_of_kinds_and_models_that_there_are(program: Program) -> None:
    assert {unit.kind for unit in program.units} <= {*Kind}
    assert {unit.model for unit in program.units} <= {*Model}


@pytest.mark.parametrize("name", SPEAKS)
def test_each_program_that_speaks_a_service_has_a_record_of_what_it_passes(name: str) -> None:
    record = json.loads((PASSES / f"{name}.json").read_text())
    assert (record["service"], record["profile"]) == (PROGRAMS[name].service, PROGRAMS[name].profile)
    of_its_service = {case.id for case in all_cases() if record["service"] in case.services}
    assert set(record["passes"]) <= of_its_service
    assert "segmentation/byte-by-byte" in record["passes"]


def test_no_record_is_left_of_a_program_that_has_gone() -> None:
    assert {path.stem for path in PASSES.iterdir()} <= set(SPEAKS)


@pytest.mark.parametrize("name", talks())
def test_a_program_of_its_own_protocol_says_what_its_conversation_expects(name: str) -> None:
    program = PROGRAMS[name]
    if not program.runs_on(sys.version_info[:2]):
        pytest.skip("it imports what this version of Python has no more")
    talks()[name](program, sys.executable)


def _written(folder: Path, header: str) -> Program:
    path = folder / "made.py"
    path.write_text(header)
    return parse(path)
