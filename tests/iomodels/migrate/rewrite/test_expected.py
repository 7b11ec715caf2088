"""Each file of `inputs/`, rewritten for each library, is the one in `expected/`; `# refused: CODE` in a line is heeded."""

import re
from pathlib import Path

import pytest

from iomodels.migrate.rewrite import REFUSALS, Target, rewrite

HERE = Path(__file__).parent
INPUTS = sorted((HERE / "inputs").glob("*.py"))
EXPECTED = sorted((HERE / "expected").glob("*.py"))


@pytest.fixture(params=Target)
def target(request: pytest.FixtureRequest) -> Target:
    assert isinstance(request.param, Target)
    return request.param


def refused_in(text: str, target: Target) -> set[tuple[int, str]]:
    """What a file says of itself: `# refused: IOM903`, `# refused by asyncio: IOM907`, several with commas."""
    lines = [re.findall(r"refused(?: by (\w+))?: (IOM\d+)", line) for line in text.splitlines()]
    return {(number, code) for number, found in enumerate(lines, 1) for library, code in found if library in {"", target.value}}


@pytest.mark.parametrize("file", INPUTS, ids=lambda file: file.stem)
def test_a_file_becomes_what_is_expected(file: Path, target: Target) -> None:
    text = file.read_text()
    expected = HERE / "expected" / f"{file.stem}.{target.value}.py"
    done = rewrite(text, str(file), target)
    assert {(refusal.line, refusal.code) for refusal in done.refusals} == refused_in(text, target)
    assert done.text == (expected.read_text() if expected.exists() else text)
    assert bool(done.changes) == (done.text != text) == expected.exists()


@pytest.mark.parametrize("file", EXPECTED, ids=lambda file: file.stem)
def test_a_second_run_changes_nothing(file: Path) -> None:
    text = file.read_text()  # what a first run gives, says the test above
    again = rewrite(text, str(file), Target(file.stem.rpartition(".")[2]))
    assert again.text == text
    assert not again.changes


def test_no_expectation_is_without_its_input() -> None:
    names = {file.stem.rpartition(".")[0] for file in EXPECTED}
    assert names <= {file.stem for file in INPUTS}


def test_codes_and_names_of_refusals_are_unique() -> None:
    assert len({reason.code for reason in REFUSALS.values()}) == len(REFUSALS)
    assert all(re.fullmatch(r"IOM9\d\d", reason.code) for reason in REFUSALS.values())
    assert all((HERE.parents[3] / "guide" / reason.guide).exists() for reason in REFUSALS.values())


@pytest.mark.parametrize("name", ["named_threads", "pool_executor", "socketserver_textbook"])
def test_that_ctrl_c_no_longer_waits_for_clients_is_said(name: str, target: Target) -> None:
    done = rewrite((HERE / "inputs" / f"{name}.py").read_text(), f"{name}.py", target)
    assert any("Ctrl-C ends those too that are being served" in change.text for change in done.changes)


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("socketserver_setup_finish", "", True),  # it has a `finish`
        ("thread_function", "", False),
        ("thread_function", "        finally:\n            print('bye')\n", True),
        ("thread_function", "        finally:\n            conn.close()\n", False),
    ],
)
def test_that_daemons_do_at_ctrl_c_what_they_never_did_is_said(name: str, more: str, said: bool, target: Target) -> None:
    lost = 'print("lost", e)\n'
    text = (HERE / "inputs" / f"{name}.py").read_text().replace(lost, lost + more)
    done = rewrite(text, f"{name}.py", target)
    assert any("as in daemon threads it was not" in change.text for change in done.changes) == said
