"""Pairs are laid side by side: the same names in every package, the same six steps, and each says what it is the pair of."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from iomodels.catalogue import variants

ROOT = Path(__file__).resolve().parents[2]
RUNTIMES = ["asyncio", "trio", "anyio"]
STEPS = {"listen", "wait", "accept", "read", "reply", "close"}
CALLERS_STEPS = {"connect", "wait", "read", "send", "type", "close"}
MOST_LINES = 90
MOST_LINES_OF_CALLS = 110  # a row each for what is called
RUNS = re.compile(r'\n\n\n?if __name__ == "__main__":\n    run(_workers)?\(serve[^\n]*\)\n\Z')
PAIRED = re.compile(r"(?:A literal|An idiomatic) counterpart of models/(\w+)\.py")
SIBLING = re.compile(r"the same as async_models/(\w+)/(\w+)\.py")

# The ground floor's files that a library's models may use: those that carry its name, and those that carry none's.
OWN_FLOOR = {own: re.compile(rf"async_models\.ground\.(?!\w*({'|'.join(set(RUNTIMES) - {own})}))\w+") for own in RUNTIMES}

FILES = [path for runtime in RUNTIMES for path in sorted((ROOT / "async_models" / runtime).glob("[!_]*.py"))]
NAMES = {path.stem for path in (ROOT / "models").glob("[!_]*.py")}
SERVERS = {variant.model for variant in variants() if variant.runtime == "sockets"}
NAMED = [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in FILES]
each_file = pytest.mark.parametrize("path", NAMED)
each_server = pytest.mark.parametrize("path", [named for named, path in zip(NAMED, FILES, strict=True) if path.stem in SERVERS])
each_caller = pytest.mark.parametrize(
    "path", [named for named, path in zip(NAMED, FILES, strict=True) if "client" in path.stem]
)


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text())) or ""


def sibling(path: Path) -> Path | None:
    """The file whose `serve` this one imports."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module and any(alias.name == "serve" for alias in node.names):
            return ROOT.joinpath(*node.module.split(".")).with_suffix(".py")
    return None


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_file_of_models_has_a_pair_of_the_same_name_and_there_is_no_other(runtime: str) -> None:
    assert {path.stem for path in FILES if path.parent.name == runtime} == NAMES
    assert {variant.model for variant in variants() if variant.runtime == runtime} == SERVERS


def steps(path: Path, known: set[str]) -> list[str]:
    comments = re.findall(r"^ *# (\w+)(?::.*)?$", path.read_text(), re.MULTILINE)
    return sorted(comment for comment in comments if comment in known)


@each_server
def test_each_of_the_six_steps_is_a_comment_exactly_once_where_the_code_is(path: Path) -> None:
    assert steps(path, STEPS) == ([] if sibling(path) else sorted(STEPS))


@each_caller
def test_each_step_of_a_client_is_a_comment_as_often_as_in_the_classic_one(path: Path) -> None:
    assert steps(path, CALLERS_STEPS) == steps(ROOT / "models" / path.name, CALLERS_STEPS)


@each_file
def test_it_fits_on_two_screens(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= (MOST_LINES_OF_CALLS if path.stem == "calls" else MOST_LINES)


@each_file
def test_its_docstring_says_how_it_waits_and_names_its_counterparts(path: Path) -> None:
    text = docstring(path)
    first, _, rest = text.partition("\n")
    assert first.endswith("."), "the first line is a sentence"
    assert rest.startswith("\n"), "a blank line follows it"
    assert "\nGood for: " in text
    assert "\nCosts: " in text
    assert re.search(r"\nTraps?: ", text)
    last = " ".join(text.split("\n\n")[-1].split())
    pair = PAIRED.match(last)
    assert pair, "the last paragraph says whether the pair is literal or idiomatic"
    assert pair[1] == path.stem
    elsewhere = last.partition("On ")[2]
    assert all(runtime in elsewhere for runtime in RUNTIMES if runtime != path.parent.name), "and what it is on the others"


@each_server
def test_one_that_has_its_code_from_a_sibling_says_so_and_of_which(path: Path) -> None:
    source = sibling(path)
    named = SIBLING.search(" ".join(docstring(path).split()))
    assert (named and named.groups()) == (source and (source.parent.name, source.stem))
    if source is not None:
        assert source.parent == path.parent
        assert sibling(source) is None, "the code is there, not further on"


def test_no_two_of_a_package_say_the_same_of_themselves() -> None:
    firsts = [(path.parent.name, docstring(path).partition("\n")[0]) for path in FILES]
    assert len(set(firsts)) == len(firsts)


@each_file
def test_it_imports_the_standard_library_its_own_and_the_ground_floors_alone(path: Path) -> None:
    source = sibling(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            top = name.partition(".")[0]
            assert (
                top in {*sys.stdlib_module_names, path.parent.name}
                or name.startswith("models.ground.")
                or name == f"async_models.{path.parent.name}"
                or OWN_FLOOR[path.parent.name].fullmatch(name)
                or (source is not None and name == f"async_models.{source.parent.name}.{source.stem}")
            )


@each_server
def test_it_ends_with_the_two_lines_that_run_it(path: Path) -> None:
    assert RUNS.search(path.read_text())


@each_server
def test_its_serve_takes_what_every_serve_takes(path: Path) -> None:
    tree = ast.parse((sibling(path) or path).read_text())
    (serve,) = (node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name == "serve")
    assert [(each.arg, ast.unparse(each.annotation or each)) for each in serve.args.args] == [
        ("listener", "Listener"),
        ("service", "Service"),
    ]
    assert len([default for default in serve.args.kw_defaults if default is not None]) == len(serve.args.kwonlyargs)


@each_file
def test_its_help_works(path: Path) -> None:
    command = [sys.executable, "-m", f"async_models.{path.parent.name}.{path.stem}", "--help"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    if ended.returncode == 3:
        pytest.skip(ended.stderr.strip())
    assert (ended.returncode, ended.stderr) == (0, "")
    assert docstring(path) in ended.stdout
