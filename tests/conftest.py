"""What the whole suite shares."""

import re
import signal

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]

pytest_plugins = ["pytester"]

# In a background job SIGINT is ignored, and so it would be by all that is started here (POSIX shell, 2.12).
signal.signal(signal.SIGINT, signal.default_int_handler)


class OneWorkerPerVariant(LoadGroupScheduling):  # type: ignore[misc]
    """`--dist loadgroup`, where the cells of a variant are a group: they share its servers. So are those that read the built
    guide, and share a browser.

    The mark `xdist_group` would say so, but pytest 9.2 forgets it without a word (pytest-xdist#1386): the id tells as well.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(("tests/guide/test_browser.py", "tests/guide/test_build.py")):
            return "guide"
        cell = re.search(r"::test_contract\[([^/]+/[^-]+)-", nodeid)
        scope: str = cell[1] if cell else super()._split_scope(nodeid)
        return scope


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadGroupScheduling | None:
    return OneWorkerPerVariant(config, log) if config.getoption("dist") == "loadgroup" else None
