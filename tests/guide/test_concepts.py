"""The concept map is complete, and names nothing that is not there."""

import ast
import importlib
import inspect
import re
import select
import sys
import textwrap
import types
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from guide.generate.concepts import LIBRARIES, MODULES, Row, concepts, concepts_count, documentation, importable, sections
from iomodels.contract.case import all_cases

ROOT = Path(__file__).resolve().parents[2]
ROWS = [row for module in MODULES for section in sections(module) for row in section.rows]
KINDS = {"function", "class", "method", "constant", "attribute", "exception"}
NAME = re.compile(r"(?:asyncio|trio|anyio|loop)(?:\.\w+)+")
CALLED = re.compile(rf"`({NAME.pattern})(?:\(.*?\))?`")
MANUALS = re.compile(
    r"https://(docs\.python\.org/3(\.11)?/library|trio\.readthedocs\.io/en/stable|anyio\.readthedocs\.io/en/stable)/[\w-]+\.html#[\w.-]+"
)


def rows(module: str) -> list[Row]:
    return [row for row in ROWS if row.module == module]


def known(module: str) -> set[str]:
    return {name for row in rows(module) for name in row.names}


def imported(name: str) -> types.ModuleType:
    """A classic module; skips where this Python has it no longer and no package brings it back."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        module: types.ModuleType = pytest.importorskip(
            name, reason=f"{name} left the standard library in Python 3.12; pip install py{name}"
        )
        return module


def public(module: types.ModuleType) -> dict[str, object]:
    """What a module defines under names without underscore; not what it has imported. Of `socket`, whose constants are by the
    hundred, what can be called or raised."""
    own = (module.__name__, f"_{module.__name__}", "builtins", None)
    found = {name: value for name, value in vars(module).items() if not name.startswith("_") and not inspect.ismodule(value)}
    if module.__name__ == "socket":
        found = {name: value for name, value in found.items() if callable(value)}
    return {name: value for name, value in found.items() if not callable(value) or getattr(value, "__module__", None) in own}


def classes(module: types.ModuleType) -> dict[str, type]:
    """Its public classes of its own, and the one of `select.poll`, which goes by no name."""
    found = {name: value for name, value in public(module).items() if isinstance(value, type) and value is not OSError}
    if module is select and hasattr(select, "poll"):
        found["poll"] = type(select.poll())
    return {name: value for name, value in found.items() if not issubclass(value, BaseException | int | str)}


def members(module: types.ModuleType, name: str, of: type) -> Iterator[set[str]]:
    """For each public attribute of a class, those set on `self` included, the names under which a row may have it."""
    ours = [each for each in of.__mro__ if each.__module__ in (module.__name__, f"_{module.__name__}")]
    found = {attribute for each in ours for attribute in [*vars(each), *set_on_self(each)] if not attribute.startswith("_")}
    for attribute in sorted(found):
        yield {f"{name}.{attribute}", *(f"{each.__name__}.{attribute}" for each in ours)}


@cache
def set_on_self(of: type) -> set[str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(of)))
    except (OSError, TypeError):  # a class of C, or a namedtuple
        return set()
    targets = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
    return {node.attr for node in targets if isinstance(node.value, ast.Name) and node.value.id == "self"}


@cache
def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def resolve(name: str) -> object:
    """What a dotted name stands for; modules on the way are imported."""
    first, *rest = importable(name).split(".")
    found: object = importlib.import_module(first)
    path = first
    for part in rest:
        path = f"{path}.{part}"
        if isinstance(found, types.ModuleType) and not hasattr(found, part):
            importlib.import_module(path)
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_has_a_row(name: str, record_property: Callable[[str, object], None]) -> None:
    module = imported(name)
    wanted = [{each} for each in public(module)]
    wanted += [names for own, of in classes(module).items() for names in members(module, own, of)]
    missing = {min(names, key=len) for names in wanted if not names & known(name)}
    record_property("public names", len(wanted))
    print(f"{name}: {len(wanted)} public names on this system, {len(known(name))} in the map")
    assert not missing
    assert wanted


@pytest.mark.parametrize("name", MODULES)
def test_a_row_for_what_this_system_has_not_says_where_it_is(name: str) -> None:
    module = imported(name)
    there = set(vars(module))
    there |= {each for own, of in classes(module).items() for names in members(module, own, of) for each in names}
    there |= {f"{own}.{attribute}" for own, of in classes(module).items() for attribute in dir(of)}
    nowhere = [row.anchor for row in rows(name) if not row.platform and not row.since and not set(row.names) <= there]
    assert not nowhere


def test_no_name_has_two_rows() -> None:
    names = [f"{row.module}.{name}" for row in ROWS for name in row.names]
    assert len(names) == len(set(names))


def test_no_two_rows_of_a_page_have_one_anchor() -> None:
    for module in MODULES:
        anchors = [row.anchor for row in rows(module)]
        assert len(anchors) == len(set(anchors))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.anchor)
def test_a_row_is_whole(row: Row) -> None:
    assert row.kind in KINDS
    for text in (row.meaning, row.changes):
        assert text.endswith((".", '"', ")")), text
    for library in LIBRARIES:
        counterpart = row.counterparts[library]
        assert counterpart.names or counterpart.text, f"{library}: neither a counterpart nor why there is none"
        assert all(
            name.startswith((f"{library}.", "loop." if library == "asyncio" else f"{library}.")) for name in counterpart.names
        )


@pytest.mark.parametrize("name", sorted(documentation().urls))
def test_a_counterpart_is_there(name: str) -> None:
    since, platform = documentation().since.get(name), documentation().only_on.get(name)
    if since and sys.version_info < tuple(map(int, since.split("."))):
        pytest.skip(f"from Python {since} on")
    if platform and sys.platform != platform:
        pytest.skip(f"on {platform} only")
    resolve(name)


def test_a_counterpart_that_is_not_there_is_found() -> None:
    with pytest.raises(AttributeError):
        resolve("trio.SocketStream.recv")
    with pytest.raises(AttributeError):
        resolve("loop.add_listener")


def test_the_counterparts_are_those_that_are_documented() -> None:
    named = {name for row in ROWS for counterpart in row.counterparts.values() for name in counterpart.names}
    assert named == set(documentation().urls)


def test_a_name_in_the_text_is_there_as_well() -> None:
    texts = [text for row in ROWS for text in (row.meaning, row.changes, *(each.text for each in row.counterparts.values()))]
    names = {name for text in texts for name in CALLED.findall(text)} - set(documentation().since)
    assert len(names) > 50
    for name in names:
        resolve(name)


def test_a_link_goes_to_a_place_in_a_manual() -> None:
    links = [row.docs for row in ROWS] + list(documentation().urls.values())
    assert [link for link in links if not MANUALS.fullmatch(link)] == []


def test_asyncore_and_asynchat_are_linked_to_the_last_manual_that_has_them() -> None:
    for row in ROWS:
        assert ("/3.11/" in row.docs) == (row.module in ("asyncore", "asynchat"))


@pytest.mark.parametrize("row", [row for row in ROWS if row.same_behaviour], ids=lambda row: row.anchor)
def test_who_claims_the_same_behaviour_names_what_shows_it(row: Row) -> None:
    assert row.shown_by


def test_what_shows_it_exists() -> None:
    cases = {case.id for case in all_cases()}
    for by in {by for row in ROWS for by in row.shown_by}:
        path, _, test = by.partition("::")
        if not test:
            assert by in cases
        else:
            assert test in functions(path), by


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_a_page_with_a_heading_for_each_row(module: str) -> None:
    page = (ROOT / "guide" / "concepts" / f"{module}.md").read_text(encoding="utf-8")
    assert page.count("\n### ") == len(rows(module))
    for row in rows(module):
        assert f"\n### `{module}.{row.names[0]}`\n" in page


def test_the_index_links_to_each_page_and_shows_the_count() -> None:
    page = (ROOT / "guide" / "concepts" / "index.md").read_text(encoding="utf-8")
    assert concepts_count() in page
    for module in MODULES:
        assert f"({module}.md)" in page


def test_what_was_said_of_every_name_is_in_its_page() -> None:
    for row in ROWS:
        assert row.changes in concepts(row.module)
