"""The floors answer, each on every loop it is measured on, and stay what they are called: the shortest that one would write."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.servers import FLOOR_OF, TARGETS, TEN_LINES, floors, subjects
from iomodels.bench.subjects import Subject
from iomodels.catalogue import variants
from iomodels.contract.server import Server, ServerError
from iomodels.load.generator import Generator
from iomodels.load.spec import Spec

ROOT = Path(__file__).resolve().parents[2]
KNOWN = subjects()
FLOORS = {subject.name: subject for subject in floors()}
VARIANTS = {variant.name: variant for variant in variants()}
FILES = sorted((ROOT / "benchmarks" / "floor").glob("[!_]*.py"))


def start(subject: Subject) -> Server:
    """The server; the test is skipped where its library is absent."""
    try:
        return subject.launch("upper").start()
    except ServerError as error:
        if "is not installed" in str(error):
            pytest.skip(str(error))
        raise


@pytest.mark.parametrize("name", [*FLOORS, TEN_LINES])
def test_a_floor_answers_and_sees_the_end_of_input(name: str) -> None:
    server = start(KNOWN[name])
    try:
        with Generator(Spec(server.host, server.port, connections=3, warm_up=0)) as generator:
            assert generator.run(0).requests == 3
            generator.finish()
    finally:
        server.stop()


def test_every_file_of_floor_is_measured() -> None:
    assert {path.stem for path in FILES} == {name.removeprefix("floor/").partition("+")[0] for name in FLOORS}


# What every floor has, whatever its style.
FRAME = re.compile(r"import |from |async def serve\(|    +listening\(|on_\w+\(serve\)")


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_floor_is_five_to_ten_lines_beside_its_frame(path: Path) -> None:
    code = path.read_text().split('"""')[2].splitlines()
    assert 5 <= len([line for line in code if line.strip() and not FRAME.match(line)]) <= 10


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_floor_says_whose_style_it_is_and_what_it_leaves_out(path: Path) -> None:
    says = ast.get_docstring(ast.parse(path.read_text())) or ""
    library = path.stem.partition("_")[0]
    assert says.startswith(f"{library}'s ")
    assert "leave out: " in says or "leaves out: " in says


def test_a_variant_runs_on_the_loop_of_its_floor() -> None:
    for variant, floor in FLOOR_OF.items():
        runtime, _, loop = variant.partition("/")[0].partition("+")
        assert floor.partition("+")[2] == loop
        assert floor.startswith(f"floor/{runtime}_")
        assert FLOORS[floor].launch("upper").command[-1] == (loop or {"trio": "0"}.get(runtime, "asyncio"))
        assert loop in VARIANTS[variant].options or not loop


def test_every_number_to_reach_is_one_of_a_variant_beside_what_is_measured() -> None:
    for variant, reference in TARGETS:
        assert variant in VARIANTS
        assert {variant, reference} <= KNOWN.keys() | {"ceiling"}
    assert {variant.partition("/")[0] for variant in FLOOR_OF} >= {"asyncio", "asyncio+uvloop", "trio", "anyio", "anyio+trio"}
    assert all(TARGETS[pair] == {100: 1.1, 1000: 1.1} for pair in FLOOR_OF.items())


def run_floor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.floor.asyncio_streams", *arguments]
    environment = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=20)


def test_a_loop_that_a_floor_does_not_know_is_told() -> None:
    done = run_floor("0", "gevent")
    assert (done.returncode, done.stdout) == (2, "")
    assert "invalid choice: 'gevent'" in done.stderr


def test_a_library_that_is_not_installed_costs_one_line_and_status_3(tmp_path: Path) -> None:
    (tmp_path / "uvloop.py").write_text("raise ModuleNotFoundError('not here')")
    done = run_floor("0", "uvloop", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "uvloop is not installed: not here\n"
