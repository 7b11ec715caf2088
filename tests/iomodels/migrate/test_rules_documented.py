"""Whether what is told of rules and refusals is true: the names in it exist, the pages and tables have them all."""

import asyncio
import importlib
import re
from pathlib import Path

import pytest

from guide.generate import recognised
from iomodels.migrate.explain import LIBRARIES, Explanation, all_refusals, clauses, explain, grouped
from iomodels.migrate.rule import Rule, all_rules

ROOT = Path(__file__).parents[3]
NAME = re.compile(r"(?<![\w.])(?:(?:asyncio|trio|anyio|loop|reader|writer)\.)[A-Za-z_][\w.]*\*?")
each_rule = pytest.mark.parametrize("rule", all_rules(), ids=[rule.code for rule in all_rules()])

STANDS_FOR = {"loop": asyncio.AbstractEventLoop, "reader": asyncio.StreamReader, "writer": asyncio.StreamWriter}


def has(name: str) -> bool:
    """Whether the library has it. `loop.sock_*` stands for all names that begin so."""
    first, *rest, last = name.rstrip(".").split(".")
    found: object = STANDS_FOR.get(first) or importlib.import_module(first)
    for part in rest:
        try:
            found = getattr(found, part)
        except AttributeError:
            return False
    return any(each.startswith(last[:-1]) for each in dir(found)) if last.endswith("*") else hasattr(found, last)


@each_rule
@pytest.mark.parametrize("library", LIBRARIES)
def test_what_a_rule_becomes_names_only_what_its_library_has(rule: Rule, library: str) -> None:
    text = getattr(rule, library)
    names = NAME.findall(text)
    assert [name for name in names if not has(name)] == []
    assert [name for name in names if name.partition(".")[0] in set(LIBRARIES) - {library}] == []


@each_rule
def test_a_trap_names_only_what_there_is(rule: Rule) -> None:
    assert [name for name in NAME.findall(rule.trap) if not has(name)] == []


def test_a_name_that_is_not_there_is_seen() -> None:
    assert NAME.findall("await trio.lowlevel.wait_readable(sock), then loop.sock_recv; asyncio's own, xtrio.y") == [
        "trio.lowlevel.wait_readable",
        "loop.sock_recv",
    ]
    assert has("trio.lowlevel.wait_readable")
    assert not has("trio.lowlevel.wait_writeable")
    assert not has("loop.sock_receive")
    assert (has("loop.sock_*"), has("loop.socks_*")) == (True, False)


@each_rule
def test_an_explanation_shows_where_the_example_is_found_and_the_case(rule: Rule) -> None:
    told = explain(rule)
    lines = rule.example.splitlines()
    assert told.marks
    assert all(lines[mark.place.line - 1][mark.place.column - 1 :].strip() for mark in told.marks)
    assert {mark.rule for mark in told.marks} == {rule.code}
    assert set(told.beside) <= {each.code for each in all_rules()} - {rule.code}
    assert ("" if told.case is None else told.case.id) == rule.case
    assert len(told.matches) > len("Each call.")


@each_rule
def test_an_example_is_found_in_few_of_its_places(rule: Rule) -> None:
    """An example is short, and its rule does not find every line of it."""
    told = explain(rule)
    assert len(marked_lines(told)) <= 3


def marked_lines(told: Explanation) -> set[int]:
    return {mark.place.line for mark in told.marks}


def test_each_rule_is_in_one_group() -> None:
    assert [rule for _, members in grouped(all_rules()) for rule in members] == list(all_rules())


def test_what_something_becomes_is_cut_at_its_semicolons() -> None:
    assert clauses("await a(); else: b\nlast\n") == ["await a()", "else: b", "last"]


def test_refusals_have_codes_and_names_of_their_own_and_say_what_to_do() -> None:
    refusals = all_refusals()
    assert refusals
    assert all(re.fullmatch(r"IOM9\d\d", each.code) for each in refusals)
    assert len({each.code for each in refusals}) == len({each.name for each in refusals}) == len(refusals)
    for each in refusals:
        assert each.by_hand.endswith("."), each.code
        assert each.summary, each.code
        assert not each.summary.endswith("."), each.code
        assert (ROOT / "guide" / each.guide.partition("#")[0]).is_file(), each.code


def test_the_readme_has_the_table_of_what_is_recognised() -> None:
    assert recognised() in (ROOT / "README.md").read_text("utf-8"), f"it is now:\n{recognised()}"
