"""The catalogue: which variants there are, how to start each, what it may do differently, and whether it can run here.

Nothing is listed anywhere: a variant is a file with a `serve`, in `models/` or in a package of `async_models/`. Files are read,
never imported, so that looking costs nothing and a model that cannot run here is listed all the same. What a file tells:

- the first line of its docstring: what it is;
- `PROFILE = {"capacity": FD_SETSIZE}`: where it legitimately differs; literals, and constants made of literals;
- `def serve(...)`: that it is a server; importing a sibling's `serve` will do, and if it is run alike too, it is the sibling.

And what a runtime's package tells: `LOOPS = {"asyncio": [], "uvloop": [("select poll", "http/*", "why")]}`, that there is more
than one loop to run each model on (the first is its own), which cases do not apply on one, to which models, and why; and
`OPTION = "--loop"`, how to ask for another.

The two packages of models lie beside `iomodels` in a checkout and inside it in a wheel. They are put on the path of the
programs that are started, never on ours, so that a package called `models` of the user's own stays what it is.
"""

import ast
import fnmatch
import functools
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from iomodels.choose import nearest
from iomodels.contract.fork_server import ForkServer
from iomodels.contract.profile import Profile, ProfileError
from iomodels.contract.server import Launch, Unavailable

__all__ = ["BEFORE_A_LOOP", "CLASSIC", "CatalogueError", "Variant", "find", "root", "variants"]

# Cases in which the program says why it does not start, before it has made a loop: decided by `run`, not by the model.
BEFORE_A_LOOP = ("start/bad-arguments", "start/port-in-use", "start/privileged-port", "start/unresolvable-host")
WAYS_TO_POLL = ("selector", "needs")  # keywords of `run` that mean nothing to other loops than the runtime's own
CLASSIC = "sockets"  # the runtime of models/; those of async_models/ are named as its packages


class CatalogueError(LookupError):
    """A model's file that the catalogue cannot read; its text says which and why."""


@dataclass(frozen=True)
class Variant:
    """One model on one runtime.

    runtime: with the loop, if it is not the runtime's own: `asyncio+uvloop`.
    module: what `python -m` starts, with these options.
    says: the first line of its docstring.
    profile: what it may do differently.
    """

    runtime: str
    model: str
    module: str
    says: str
    profile: Profile
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.runtime}/{self.model}"

    def command(self, *options: str) -> list[str]:
        """What to execute, with these options."""
        return [sys.executable, "-m", self.module, *self.options, *options]

    def launch(self, service: str = "upper") -> Launch:
        """How to start it, on a free port of this machine."""
        options = ("--host", "127.0.0.1", "--port", "0", "--service", service)
        return Launch(self.command(*options), flags=True, environment=environment(here=":" in service))

    def fork_server(self) -> ForkServer:
        """What starts it again and again, having imported once what it needs."""
        library, _, loop = self.runtime.partition("+")
        backend = f"anyio._backends._{'trio' if loop == 'trio' else 'asyncio'}"
        libraries = [name for name in (library, loop) if name and name != CLASSIC]
        return ForkServer([self.module, *libraries, *([backend] if library == "anyio" else [])], environment(here=False))

    def unavailable(self) -> str | None:
        """Why it cannot run here, or None: found by starting it. Raises ServerError when it fails otherwise."""
        try:
            self.launch().start().stop()
        except Unavailable as error:
            return str(error)
        return None


@functools.cache
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
    return [*_in_package("models", Loop(CLASSIC)), *(variant for runtime in _runtimes() for variant in runtime)]


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


@dataclass(frozen=True)
class Loop:
    """What drives a package's models: the name of the runtime that they then are on, how to ask for it, and where it fails.

    exceptions: patterns of models, separated by blanks, a pattern of cases, and the reason.
    """

    runtime: str
    options: tuple[str, ...] = ()
    exceptions: Sequence[tuple[str, str, str]] = ()

    @property
    def is_the_runtimes_own(self) -> bool:
        return not self.options

    def not_applicable(self, model: str, first: str) -> dict[str, str]:
        """The cases that do not apply to a model on it, and why.

        first: the model that is asked what happens before a loop runs, for all that are run by the same call.
        """
        asked = f"{self.runtime.partition('+')[0]}/{first}"
        reason = f"no loop runs yet: {asked} is asked this"
        before = {} if asked == f"{self.runtime}/{model}" else dict.fromkeys(BEFORE_A_LOOP, reason)
        return before | {
            cases: reason
            for models, cases, reason in self.exceptions
            if any(fnmatch.fnmatchcase(model, pattern) for pattern in models.split())
        }


def _runtimes() -> Iterator[Iterator[Variant]]:
    folder = root() / "async_models"
    if folder.is_dir():
        for package in sorted(folder.iterdir()):
            about = package / "__init__.py"
            if about.is_file() and package.name != "ground" and not package.name.startswith("_"):
                yield from (_in_package(f"async_models.{package.name}", loop) for loop in _loops(about, package.name))


def _loops(about: Path, runtime: str) -> Iterator[Loop]:
    yield Loop(runtime)
    if _defined(about, "LOOPS")[0] is None:
        return
    try:
        option, (_, *others) = _literal(about, "OPTION"), _literal(about, "LOOPS").items()
        loops = [
            Loop(f"{runtime}+{name}", (option, name), [(models, cases, reason) for models, cases, reason in exceptions])
            for name, exceptions in others
        ]
    except (ValueError, TypeError, AttributeError) as error:
        raise CatalogueError(f"{about}: its LOOPS cannot be read: {error}") from error
    yield from loops


def _in_package(package: str, loop: Loop) -> Iterator[Variant]:
    firsts: dict[str, str] = {}
    for path in sorted(root().joinpath(*package.split(".")).glob("[!_]*.py")):
        serve, where = _defined(path, "serve")
        if not isinstance(serve, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        call = _run(path, *WAYS_TO_POLL)
        first = firsts.setdefault(call, path.stem) if where == path else firsts.get(call, path.stem)
        if loop.runtime == CLASSIC:  # the reference: each is asked everything
            first = path.stem
        says = (ast.get_docstring(_tree(path)) or "").partition("\n")[0]
        sibling = _sibling(path, loop)
        profile = _profile(path)
        profile = replace(
            profile,
            same_as=f"{loop.runtime}/{sibling}" if sibling else None,
            not_applicable={**profile.not_applicable, **loop.not_applicable(path.stem, first)},
        )
        yield Variant(loop.runtime, path.stem, f"{package}.{path.stem}", says, profile, loop.options)


def _sibling(path: Path, loop: Loop) -> str | None:
    """The model whose `serve` this one imports, and runs in the same way."""
    _, where = _defined(path, "serve")
    ways = () if loop.is_the_runtimes_own else WAYS_TO_POLL
    return where.stem if where != path and _run(where, *ways) == _run(path, *ways) else None


@functools.cache
def _run(path: Path, *ignored: str) -> str:
    """The call of `run` at the end of a model's file, without the keywords that are `ignored`."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("run"):
            return ast.unparse(ast.Call(node.func, node.args, [each for each in node.keywords if each.arg not in ignored]))
    return ""


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


@functools.cache
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
