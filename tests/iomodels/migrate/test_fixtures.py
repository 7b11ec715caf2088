"""Each fixture: what its lines say is found, and nothing else of the rules that it is for."""

import re
from pathlib import Path

import pytest

from iomodels.migrate.module import analyse
from iomodels.migrate.rule import Rule, rule_called

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.py"))
FIRST = re.compile(r"# fixture: (IOM\d{3}(?: IOM\d{3})*)\n")
MARK = re.compile(r"#((?: IOM\d{3})+)$")


def rules_of(text: str) -> list[Rule]:
    """The rules that the first line names: `# fixture: IOM102`."""
    first = FIRST.match(text)
    assert first is not None, "the first line names no rule"
    return [rule_called(code) for code in first[1].split()]


def marked(text: str) -> set[tuple[int, str]]:
    """What the ends of the lines say: `# IOM102`, or `# IOM102 IOM105`."""
    marks = ((number, MARK.search(line)) for number, line in enumerate(text.splitlines()[1:], 2))
    return {(number, code) for number, mark in marks if mark is not None for code in mark[1].split()}


@pytest.mark.parametrize("path", FIXTURES, ids=[path.stem for path in FIXTURES])
def test_what_is_marked_is_found_and_nothing_else(path: Path) -> None:
    text = path.read_text("utf-8")
    rules = rules_of(text)
    module = analyse(text, str(path), name=path.stem)
    found = {(spot.node.lineno, rule.code) for rule in rules for spot in rule.check(module) if hasattr(spot.node, "lineno")}
    assert sorted(found) == sorted(marked(text))


@pytest.mark.parametrize("path", FIXTURES, ids=[path.stem for path in FIXTURES])
def test_a_fixture_has_a_hit_for_each_of_its_rules(path: Path) -> None:
    text = path.read_text("utf-8")
    assert {code for _, code in marked(text)} == {rule.code for rule in rules_of(text)}


@pytest.mark.parametrize("path", FIXTURES, ids=[path.stem for path in FIXTURES])
def test_a_rule_that_is_skipped_for_its_needs_has_nothing_to_find(path: Path) -> None:
    """`needs` saves time, and loses nothing: where something is found, the module makes one of those calls."""
    text = path.read_text("utf-8")
    module = analyse(text, str(path), name=path.stem)
    for rule in rules_of(text):
        assert not rule.needs or module.makes(rule.needs), rule.code
