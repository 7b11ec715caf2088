"""CPython's own tests of select.select, with the awaited one in its place."""

import select as standard
import unittest
from types import SimpleNamespace
from typing import Any

import pytest

from iomodels.bridge.readiness import select
from tests.iomodels.bridge.readiness_blocking import each_home, module, passes

pytestmark = pytest.mark.long

NAMES = "test_error_conditions", "test_errno", "test_returned_list_identity", "test_select"
OTHERS = {
    "test_disallow_instantiation",  # of poll, and of C
    "test_select_mutated",  # a list that changes under select's own hands: the bridge copies it first
}


@each_home
@pytest.mark.parametrize("name", NAMES)
def test_upstream(name: str, home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = module("test_select")
    with home() as loop:
        blocking = SimpleNamespace(**{**vars(standard), "select": lambda *args: loop.wait(select, *args)})
        monkeypatch.setattr(upstream, "select", blocking)
        passes(upstream.SelectTestCase, name)


def test_all_of_them_are_run() -> None:
    assert set(unittest.defaultTestLoader.getTestCaseNames(module("test_select").SelectTestCase)) <= {*NAMES, *OTHERS}
