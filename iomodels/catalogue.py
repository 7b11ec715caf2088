"""The catalogue: which variants there are, how to start each, what it may do differently, and whether it can run here.

Nothing is listed anywhere: a variant is a file with a `serve`, in `models/` or in a package of `async_models/`. Files are read,
never imported, so that looking costs nothing and a model that cannot run here is listed all the same. What a file tells:

- the first line of its docstring: what it is;
- `PROFILE = {"capacity": FD_SETSIZE}`: where it legitimately differs; literals, and constants made of literals;
- `def serve(...)`: that it is a server; importing a sibling's `serve` will do, and if it is run alike too, it is the sibling.

The two packages of models lie beside `iomodels` in a checkout and inside it in a wheel. They are put on the path of the
programs that are started, never on ours, so that a package called `models` of the user's own stays what it is.
"""

import ast
import functools
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from iomodels.choose import nearest
from iomodels.contract.profile import Profile, ProfileError
from iomodels.contract.server import Launch, Unavailable

__all__ = ["CatalogueError", "Variant", "find", "root", "variants"]

CLASSIC = "sockets"  # the runtime of models/; those of async_models/ are named as its packages


class CatalogueError(LookupError):
    """A model's file that the catalogue cannot read; its text says which and why."""


@dataclass(frozen=True)
class Variant:
    """One model on one runtime.

    module: what `python -m` starts. says: the first line of its docstring. profile: what it may do differently.
    """

    runtime: str
    model: str
    module: str
    says: str
    profile: Profile

    @property
    def name(self) -> str:
        return f"{self.runtime}/{self.model}"

    def command(self, *options: str) -> list[str]:
        """What to execute, with these options."""
        return [sys.executable, "-m", self.module, *options]

    def launch(self, service: str = "upper") -> Launch:
        """How to start it, on a free port of this machine."""
        options = ("--host", "127.0.0.1", "--port", "0", "--service", service)
        return Launch(self.command(*options), flags=True, environment=environment(here=":" in service))

    def unavailable(self) -> str | None:
        """Why it cannot run here, or None: found by starting it. Raises ServerError when it fails otherwise."""
        try:
            self.launch().start().stop()
        except Unavailable as error:
            return str(error)
        return None


def root() -> Path:
    """The folder in which the packages `models` and `async_models` lie."""
    here = Path(__file__).resolve().parent
    inside = here / "_variants"  # as the wheel has it
    return inside if inside.is_dir() else here.parent


def environment(*, here: bool) -> dict[str, str]:
    """The environment of a variant: its `models` is ours, wherever it is started.

    Without PYTHONSAFEPATH, `python -m` would look into the current directory first. With `here` it looks there as well,
    but last: for a service of the user's own (`package.module:factory`).
    """
    paths = [str(root()), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    if here:
        paths.append(str(Path.cwd()))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}


def variants() -> list[Variant]:
    """Every variant: the classic models, then runtime by runtime. Raises CatalogueError."""
    return [*_in_package("models", CLASSIC), *(variant for runtime in _runtimes() for variant in runtime)]


def find(name: str) -> Variant:
    """The variant called `runtime/model`, or the classic one called `model`.

    Raises LookupError, in a sentence for the user, when there is none.
    """
    known = {variant.name: variant for variant in variants()}
    for full in (name, f"{CLASSIC}/{name}"):
        if full in known:
            return known[full]
    models = {variant.model for variant in known.values()}
    raise LookupError(f"no variant is called {name!r}{nearest(name, sorted({*known, *models}))}")


def _runtimes() -> Iterator[Iterator[Variant]]:
    folder = root() / "async_models"
    if folder.is_dir():
        for package in sorted(folder.iterdir()):
            if (package / "__init__.py").is_file() and package.name != "ground" and not package.name.startswith("_"):
                yield _in_package(f"async_models.{package.name}", package.name)


def _in_package(package: str, runtime: str) -> Iterator[Variant]:
    for path in sorted(root().joinpath(*package.split(".")).glob("[!_]*.py")):
        if not isinstance(_defined(path, "serve")[0], ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        says = (ast.get_docstring(_tree(path)) or "").partition("\n")[0]
        sibling = _sibling(path)
        profile = replace(_profile(path), same_as=f"{runtime}/{sibling}" if sibling else None)
        yield Variant(runtime, path.stem, f"{package}.{path.stem}", says, profile)


def _sibling(path: Path) -> str | None:
    """The model whose `serve` this one imports, and runs in the same way."""
    _, where = _defined(path, "serve")
    return where.stem if where != path and _run(where) == _run(path) else None


def _run(path: Path) -> str:
    """The call of `run` at the end of a model's file."""
    calls = (node for node in ast.walk(_tree(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    return next((ast.unparse(call) for call in calls if call.func.id.startswith("run")), "")  # type: ignore[attr-defined]


def _profile(path: Path) -> Profile:
    try:
        return Profile.from_mapping(_literal(path, "PROFILE") if _defined(path, "PROFILE")[0] is not None else {})
    except (ValueError, TypeError, ProfileError) as error:
        raise CatalogueError(f"{path}: its PROFILE cannot be read: {error}") from error


@functools.cache
def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), str(path))
    except (OSError, SyntaxError, ValueError) as error:
        raise CatalogueError(f"{path} cannot be read: {error}") from error


def _defined(path: Path, name: str) -> tuple[ast.AST | None, Path]:
    """What `name` is in a module of ours: a function, the expression assigned to it, or None; and the file that says so."""
    for node in _tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return node, path
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == name for target in node.targets):
            return node.value, path
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            return node.value, path
        if isinstance(node, ast.ImportFrom) and node.module:
            source = root().joinpath(*node.module.split(".")).with_suffix(".py")
            for alias in node.names:
                if (alias.asname or alias.name) == name and source.is_file():
                    return _defined(source, alias.name)
    return None, path


def _literal(path: Path, name: str) -> Any:
    """The value of a constant that is a literal, or made of other constants and literals. Raises ValueError."""
    expression, where = _defined(path, name)
    if not isinstance(expression, ast.expr):
        raise ValueError(f"{name} is no constant of this file")

    class Resolve(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            return ast.copy_location(ast.Constant(_literal(where, node.id)), node)

    return ast.literal_eval(Resolve().visit(expression))
