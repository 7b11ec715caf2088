import subprocess
import sys

import pytest

from iomodels.contract.server import free_port
from tests.iomodels.running import ROOT, command_of, environment, says_so

ONE = ("-k", "flushes-then-fin")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite of the user's own, with this plugin and no other, installed or not."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p iomodels.pytest_plugin")
    return pytester


def test_an_item_for_each_case_without_any_file(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("--server-cmd", command_of("upper"), "-k", "half-close", "-v", "-rs")
    result.stdout.fnmatch_lines(["contract::half-close/flushes-then-fin PASSED*", "SKIPPED*the server speaks upper*"])
    assert result.ret == 0


def test_a_failure_says_what_must_hold_what_came_and_where_it_is_written(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("--server-cmd", command_of("lower"), *ONE)
    result.stdout.fnmatch_lines(["fail: Every reply to what was sent*", "first difference at byte*", "reference: RFC 9293*"])
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*Traceback*")


def test_several_servers_are_told_apart(suite: pytest.Pytester) -> None:
    server = says_so("upper").start()
    try:
        address = f"127.0.0.1:{server.port}"
        result = suite.runpytest_subprocess("--server", address, "--server-cmd", command_of("lower"), *ONE, "-v")
    finally:
        server.stop()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"contract[[]{address}[]]::half-close/flushes-then-fin PASSED*"])


def test_the_tests_of_the_suite_run_beside_it(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_mine(iomodels_server): assert iomodels_server")
    result = suite.runpytest_subprocess(
        "--server-cmd", command_of("upper"), "-k", "flushes-then-fin or mine", "-p", "xdist", "-n", "2"
    )
    result.assert_outcomes(passed=2)


def test_a_fixture_of_the_suite_gives_the_server(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        f"""
        import pytest
        from iomodels.contract.profile import Profile
        from iomodels.contract.server import Launch
        from iomodels.pytest_plugin import test_contract  # noqa: F401

        @pytest.fixture(params=["address", "pair", "launch"])
        def iomodels_server(request):
            launch = Launch([{sys.executable!r}, {str(ROOT / "tests/iomodels/servers/upper.py")!r}, "0"])
            if request.param == "launch":
                yield launch
                return
            server = launch.start()
            yield f"127.0.0.1:{{server.port}}" if request.param == "address" else ("127.0.0.1", server.port)
            server.stop()

        @pytest.fixture
        def iomodels_profile():
            return Profile(not_applicable={{"half-close/at-once": "we never do"}})
        """
    )
    result = suite.runpytest_subprocess("-k", "half-close/flushes-then-fin or half-close/at-once", "-rs")
    result.assert_outcomes(passed=3, skipped=3)
    result.stdout.fnmatch_lines(["*we never do*"])


def test_without_a_server_the_fixture_says_what_to_do(suite: pytest.Pytester) -> None:
    suite.makepyfile("from iomodels.pytest_plugin import test_contract")
    result = suite.runpytest_subprocess(*ONE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*define a fixture iomodels_server, or give one --server or --server-cmd*"])


def test_a_server_that_dies_fails_its_case_and_the_rest_is_skipped_as_not_run(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("--server-cmd", says_so("dies").text, "-k", "integrity", "-rs")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*RuntimeError: I have had enough*", "SKIPPED*not run: the server had ended*"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--server", "8080"], "'8080' is not an address"),
        (["--server", "h:1", "--server-service", "uper"], "no service is called 'uper'; did you mean upper?"),
        (["--server", "h:1", "--server-profile", "absent.toml"], "cannot read absent.toml"),
        (["--server-cmd", "'x"], "No closing quotation"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_runs(
    suite: pytest.Pytester, options: list[str], words: str
) -> None:
    result = suite.runpytest_subprocess(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{words.replace('[', '[[]')}*"])


def test_a_closed_port_fails_once(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("--server", f"127.0.0.1:{free_port()}", "--server-wait", "0.2", "-k", "integrity")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["the server did not start: nothing listens on*"])


def test_unused_it_adds_no_item_and_imports_nothing(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import sys
        def test_mine():
            assert not [name for name in sys.modules if name.startswith(("iomodels.contract", "psutil", "h11"))]
        """
    )
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=1)


def test_importing_it_costs_pytest_alone() -> None:
    program = "import pytest, sys; n = set(sys.modules); import iomodels.pytest_plugin; print(*sorted(set(sys.modules) - n))"
    ended = subprocess.run([sys.executable, "-c", program], env=environment(), capture_output=True, text=True, timeout=60)
    assert ended.stdout.split() == ["iomodels", "iomodels.pytest_plugin"]
