"""The models, a line each: `python -m models` lists them, `python -m models NAME [options]` runs one.

Nothing is listed anywhere: a model is a file of this folder, and what it is, the first line of its docstring says. Files are
read, not imported, so that one that cannot run here is listed all the same.
"""

import ast
import inspect
import os
import runpy
import sys
from pathlib import Path

from models.ground.dial import FAILED
from models.ground.program import USAGE, fail, nearest

RUNTIMES = ("asyncio", "trio", "anyio")
HOW = """\
Run a pair:       python -m models select --on trio                       (--loop, --backend: on which loop)
Run one:          python -m models select --port 8080 --service lines     (--help: its options)
Talk to it:       python -m models client --port 8080                     (Ctrl-D to finish)"""


def main(words: list[str]) -> None:
    servers, others = models()
    names = sorted(servers | others)
    if not words or words[0] in ("-h", "--help"):
        usage = f"usage: python -m models [NAME [options]]\n\n{inspect.cleandoc(__doc__)}\n\n" if words else ""
        show(f"{usage}Servers:\n{table(servers)}\n\nBeside them:\n{table(others)}\n\n{grid(names)}\n{HOW}")
        return
    name = words[0]
    if name.startswith("-"):
        fail(f"unknown option {name}{nearest(name, ['--help'])}", USAGE)
    if name not in names:
        fail(f"no model is called {name!r}{nearest(name, names) or '; python -m models lists them'}", USAGE)
    sys.argv[1:] = words[1:]
    runpy.run_module(f"models.{name}", run_name="__main__", alter_sys=True)


def show(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:  # who was reading has seen enough: `python -m models | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more when it ends
        sys.exit(FAILED)


def models() -> tuple[dict[str, str], dict[str, str]]:
    """What each file says of itself, by name: those with a `serve`, and the others."""
    servers: dict[str, str] = {}
    others: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        tree = ast.parse(path.read_bytes(), str(path))
        serves = any(isinstance(node, ast.FunctionDef) and node.name == "serve" for node in tree.body)
        (servers if serves else others)[path.stem] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return servers, others


def grid(names: list[str]) -> str:
    """Models down, runtimes across: `yes`, or the sibling whose code it is; nothing where there is this package alone."""
    house = Path(__file__).parents[1] / "async_models"
    if not house.is_dir():
        return ""
    runtimes = [house / name for name in RUNTIMES]
    width = max(map(len, names)) + 2
    lines = [f"  {'':{width}}sockets   {''.join(f'{runtime.name:14}' for runtime in runtimes)}".rstrip()]
    for name in names:
        cells = "".join(f"{cell(runtime / f'{name}.py'):14}" for runtime in runtimes)
        lines.append(f"  {name:{width}}yes       {cells}".rstrip())
    return "On other runtimes:\n" + "\n".join(lines) + "\n"


def cell(path: Path) -> str:
    if not path.is_file():
        return "-"
    siblings = (
        node.module.rpartition(".")[2]
        for node in ast.parse(path.read_bytes(), str(path)).body
        if isinstance(node, ast.ImportFrom) and node.module and any(alias.name == "serve" for alias in node.names)
    )
    return next((f"as {sibling}" for sibling in siblings), "yes")


def table(described: dict[str, str]) -> str:
    width = max(map(len, described), default=0) + 2
    return "\n".join(f"  {name:{width}}{says}" for name, says in described.items())


if __name__ == "__main__":
    main(sys.argv[1:])
