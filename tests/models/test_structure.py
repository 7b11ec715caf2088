"""Models are written to be laid side by side: what they have in common is held here, what they say is theirs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEPS = ["listen", "wait", "accept", "read", "reply", "close"]
MOST_LINES = 110
RUNS = re.compile(r'\n\n\nif __name__ == "__main__":\n    run\(serve[^\n]*\)\n\Z')
OUTSIDE = {"io_uring": {"liburing"}}  # what a model may import beside the standard library and the ground floor

FILES = sorted(
    path for path in (ROOT / "models").glob("*.py") if re.search(r"^(async )?def serve\(", path.read_text(), re.MULTILINE)
)
each_model = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text())) or ""


def test_every_file_is_a_model_or_says_that_it_is_none() -> None:
    assert len(FILES) >= 15
    others = {path.stem for path in (ROOT / "models").glob("*.py")} - {path.stem for path in FILES}
    assert others <= {"__init__", "__main__", "client", "client_pool", "calls"}


@each_model
def test_each_of_the_six_steps_is_a_comment_exactly_once(path: Path) -> None:
    comments = re.findall(r"^ *# (\w+)(?::.*)?$", path.read_text(), re.MULTILINE)
    assert sorted(comment for comment in comments if comment in STEPS) == sorted(STEPS)


@each_model
def test_it_fits_on_two_screens(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


@each_model
def test_its_docstring_says_how_it_waits_and_what_it_is_elsewhere(path: Path) -> None:
    text = docstring(path)
    first, _, rest = text.partition("\n")
    assert first.endswith("."), "the first line is a sentence"
    assert rest.startswith("\n"), "a blank line follows it"
    assert "\nGood for: " in text
    assert "\nCosts: " in text
    last = text.split("\n\n")[-1]
    assert last.startswith("On asyncio"), "the last paragraph names its counterparts"
    assert "trio" in last
    assert "anyio" in last


def test_no_two_models_say_the_same_of_themselves() -> None:
    firsts = [docstring(path).partition("\n")[0] for path in FILES]
    assert len(set(firsts)) == len(firsts)


@each_model
def test_it_imports_the_standard_library_and_the_ground_floor_alone(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            assert node.module is not None
            imported.add(node.module)
    strange = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name for name in strange if not name.startswith("models.ground.")} <= OUTSIDE.get(path.stem, set())


@each_model
def test_it_has_a_serve_and_ends_with_the_two_lines_that_run_it(path: Path) -> None:
    text = path.read_text()
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == "serve"]
    (serve,) = functions
    assert [(each.arg, ast.unparse(each.annotation or each)) for each in serve.args.args] == [
        ("listener", "Listener"),
        ("service", "Service"),
    ]
    assert not serve.args.defaults, "options of its own are keyword-only"
    assert len([default for default in serve.args.kw_defaults if default is not None]) == len(serve.args.kwonlyargs)
    assert RUNS.search(text)


@each_model
def test_its_help_works(path: Path) -> None:
    command = [sys.executable, "-m", f"models.{path.stem}", "--help"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    if ended.returncode == 3:
        pytest.skip(ended.stderr.strip())
    assert (ended.returncode, ended.stderr) == (0, "")
    assert docstring(path) in ended.stdout
    assert ended.stdout.startswith(f"usage: models.{path.stem} ")
