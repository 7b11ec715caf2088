"""CPython's own tests of the selectors module, with `bridge.Selector` in place of a selector."""

import selectors
import socket
import unittest
from typing import Any

import pytest

from iomodels.bridge.selector import Selector
from tests.iomodels.bridge.readiness_blocking import Blocking, each_home, module, passes

pytestmark = pytest.mark.long

NAMES = (
    "test_above_fd_setsize",
    "test_close",
    "test_context_manager",
    "test_empty_select",
    "test_fileno",
    "test_get_key",
    "test_get_map",
    "test_modify",
    "test_register",
    "test_register_file",
    "test_select",
    "test_select_interrupt_exc",
    "test_select_interrupt_noraise",
    "test_select_read_write",
    "test_selector",
    "test_timeout",
    "test_unregister",
    "test_unregister_after_fd_close",
    "test_unregister_after_fd_close_and_reuse",
    "test_unregister_after_socket_close",
)
OTHERS = {"test_modify_unregister"}  # looks inside the standard selector; test_selector.py has its own


def case(home: Any) -> type[unittest.TestCase]:
    upstream = module("test_selectors").EpollSelectorTestCase
    made: dict[str, Any] = {"SELECTOR": staticmethod(lambda: Blocking(home, Selector(), "select"))}
    return type("Upstream", (upstream,), made)


@each_home
@pytest.mark.parametrize("name", NAMES)
def test_upstream(name: str, home: Any) -> None:
    with home() as loop:
        found = case(loop)
        if not hasattr(found, name):
            pytest.skip("another version of Python has this test")
        passes(found, name)


def test_all_of_them_are_run() -> None:
    assert set(unittest.defaultTestLoader.getTestCaseNames(case(None))) <= {*NAMES, *OTHERS}


def test_keys_are_the_standard_ones() -> None:
    near, far = socket.socketpair()
    with near, far, Selector() as selector:
        assert isinstance(selector.register(near, selectors.EVENT_READ), selectors.SelectorKey)
