"""What the whole suite shares."""

import re
import signal

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]

pytest_plugins = ["pytester"]

# In a background job SIGINT is ignored, and so it would be by all that is started here (POSIX shell, 2.12).
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says how busy the machine is, and nothing of what is tested.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

IN_THE_GUIDE = ("tests/guide/test_browser.py", "tests/guide/test_build.py")
CELL = re.compile(r"::test_contract\[([^/]+/[^-]+)-")  # an item of the matrix, and its variant


class OneWorkerPerVariant(LoadGroupScheduling):  # type: ignore[misc]
    """`--dist loadgroup`, where the cells of a variant are a group: they share its servers. So are those that read the built
    guide, and share a browser.

    The mark `xdist_group` would say so, but pytest 9.2 forgets it without a word (pytest-xdist#1386): the id tells as well.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(IN_THE_GUIDE):
            return "guide"
        cell = CELL.search(nodeid)
        scope: str = cell[1] if cell else super()._split_scope(nodeid)
        return scope


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is long and on one worker begins first, so that at the end no worker waits for another."""
    items.sort(key=lambda item: not (CELL.search(item.nodeid) or item.nodeid.startswith(IN_THE_GUIDE)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadGroupScheduling | None:
    return OneWorkerPerVariant(config, log) if config.getoption("dist") == "loadgroup" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many cells of the variants that were tested are excused, and with `-rs` why."""
    reports = (report for reports in terminalreporter.stats.values() for report in reports)
    ids = (report.nodeid for report in reports if isinstance(report, pytest.TestReport))
    tested = {cell[1] for cell in map(CELL.search, ids) if cell}
    if not tested:
        return
    from tests.matrix.cells import excuses

    found = excuses(tested)
    if terminalreporter.hasopt("s"):
        for (variant, reason), count in found.items():
            terminalreporter.line(f"EXCUSED [{count}] {variant}: {reason}")
    terminalreporter.line(f"{found.total():,} cells of the variants tested are excused; -rs says why")
