"""The pytest plugin's fixture `differ`, in a suite of somebody's."""

import pytest

from tests.iomodels.differ.running import command
from tests.iomodels.running import ROOT


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite of the user's own, with this plugin and no other, installed or not."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p iomodels.pytest_plugin")
    return pytester


def test_it_passes_where_nothing_differs_and_fails_with_the_report_where_something_does(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        f"""
        def test_alike(differ):
            report = differ({command()!r}, {command()!r}, service="lines", kinds=["plain"])
            assert len(report.outcomes) == 2

        def test_different(differ):
            differ({command()!r}, {command("banner")!r}, service="lines", kinds=["plain"])

        def test_wrong(differ):
            differ({command()!r}, "/nowhere/server {{port}}", service="lines")

        def test_nothing(differ):
            differ({command()!r}, {command()!r})
        """
    )
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(["different: lines, plain*", "*pair 1.0 is here*|*pair 1.1 is here*", "*recorded in*"])
    result.stdout.fnmatch_lines(["cannot start '/nowhere/server'*", "nothing to ask*"])
    result.stdout.no_fnmatch_line("*Traceback*")
