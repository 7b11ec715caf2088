"""CPython's own tests of socketserver, of the installation that runs, pass with `bridge.serve` in the place of its loop."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.iomodels.bridge.handlers_libraries import LOOPS

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
TESTED = {
    "MyServer",
    "TCPServer",
    "BaseErrorTestServer",
    "ThreadingErrorTestServer",
}  # the suite's servers, but for its forking ones

if importlib.util.find_spec("test") is None or importlib.util.find_spec("test.test_socketserver") is None:
    pytest.skip("this Python comes without its tests", allow_module_level=True)


@pytest.mark.parametrize("loop", LOOPS)
def test_the_suite_of_cpython_passes(loop: str, tmp_path: Path) -> None:
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    program = HERE / "handlers_upstream.py"
    root = str(HERE.parents[2])
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys, runpy; sys.path.insert(0, {root!r}); runpy.run_path({str(program)!r}, None, '__main__')",
            loop,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["passed"], done.stderr[-3000:]
    assert result["run"] - len(result["skipped"]) >= 20
    assert set(result["bridged"]) == TESTED
