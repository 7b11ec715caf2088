"""Tests before and after: all four suites pass, with the same tests, and each fails when its server has a defect."""

import re
import subprocess
import sys
from collections import defaultdict

import pytest

from tests.guide.recipes._running import VERSIONS
from tests.guide.recipes._talking import altered

CAPITALS = "test_what_is_said_comes_back_in_capitals"
BYE = "test_who_says_nothing_is_told_bye"
NOBODY = "test_who_is_silent_or_vanishes_costs_nobody_else"
PATIENCE = 100.0  # seconds for a run of pytest over all of them

pytestmark = pytest.mark.xdist_group("testing")  # one run of pytest for all

Outcomes = dict[str, dict[str, dict[str, set[str]]]]

# What is planted in the server of each suite.
STUMBLES = {  # it answers, and then falls over its own feet
    "before": {"        except TimeoutError:": "            raise LookupError\n        except TimeoutError:"},
    "on_asyncio": {"                break": "                raise LookupError"},
    "on_trio": {"                        break": "                        raise LookupError"},
    "on_anyio": {"                pass": "                raise LookupError"},
}
DEFECTS = {
    "does_not_shout": {version: {"data.upper()": "data"} for version in VERSIONS},
    "leaves_without_a_word": {
        "before": {'self.request.sendall(b"BYE\\n")': "pass"},
        "on_asyncio": {'writer.write(b"BYE\\n")': "pass"},
        "on_trio": {'await stream.send_all(b"BYE\\n")': "pass"},
        "on_anyio": {'await stream.send(b"BYE\\n")': "pass"},
    },
    "takes_no_reset": {
        "before": {"except ConnectionError": "except LookupError"},
        "on_asyncio": {"except ConnectionError": "except LookupError"},
        "on_trio": {"suppress(trio.BrokenResourceError)": "suppress(LookupError)"},
        "on_anyio": {"suppress(anyio.BrokenResourceError)": "suppress(LookupError)"},
    },
    "stumbles": STUMBLES,
    "stumbles_unwatched": {  # and nobody asks what became of the handlers
        "before": STUMBLES["before"] | {"    assert not server.failed\n": ""},
        "on_asyncio": STUMBLES["on_asyncio"] | {"start_server(attend": "start_server(lambda r, w: shout(r, w, idle)"},
    },
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """For each defect, and "sound", and each version: the tests that passed and those that failed, in pytest's words."""
    directory = tmp_path_factory.mktemp("suites")
    files = []
    sound: dict[str, dict[str, str]] = {version: {} for version in VERSIONS}
    for defect, changes in ({"sound": sound} | DEFECTS).items():
        (directory / defect).mkdir()
        files += [f"{altered(directory / defect, 'testing', version, changed)}.py" for version, changed in changes.items()]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", *files],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    found: Outcomes = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    said = re.findall(r"^(PASSED|FAILED|ERROR) (?:\S*/)?(\w+)/(\w+)\.py::(?:\w+::)?(\w+)", ran.stdout, re.MULTILINE)
    for word, defect, version, test in said:
        found[defect][version][word].add(test)
    assert set(found) == {"sound", *DEFECTS}, ran.stdout + ran.stderr
    return found


def failed(outcomes: Outcomes, defect: str) -> dict[str, set[str]]:
    return {version: tests["FAILED"] for version, tests in outcomes[defect].items()}


def test_all_pass_and_are_the_same_tests(outcomes: Outcomes) -> None:
    assert outcomes["sound"] == {version: {"PASSED": {CAPITALS, BYE, NOBODY}} for version in VERSIONS}


@pytest.mark.parametrize(
    ("defect", "noticed"),
    [("does_not_shout", {CAPITALS, NOBODY}), ("leaves_without_a_word", {BYE}), ("takes_no_reset", {NOBODY})],
)
def test_each_suite_notices_a_defect_with_the_test_that_is_meant_to(outcomes: Outcomes, defect: str, noticed: set[str]) -> None:
    assert failed(outcomes, defect) == dict.fromkeys(VERSIONS, noticed)


def test_an_exception_in_the_server_fails_the_test_although_every_reply_was_right(outcomes: Outcomes) -> None:
    noticed = {version for version, tests in failed(outcomes, "stumbles").items() if CAPITALS in tests}
    assert noticed == set(VERSIONS)


def test_before_and_on_asyncio_it_fails_none_where_nobody_asks_for_it(outcomes: Outcomes) -> None:
    assert outcomes["stumbles_unwatched"] == {
        version: {"PASSED": {CAPITALS, BYE, NOBODY}} for version in ("before", "on_asyncio")
    }
