"""Whether the rules, their fixtures, examples, guide pages and cases fit together."""

import ast
import re
from pathlib import Path

import pytest

from iomodels.contract.case import all_cases
from iomodels.migrate.content import worth_parsing
from iomodels.migrate.module import analyse
from iomodels.migrate.rule import By, Group, Rule, all_rules, rule_called
from tests.iomodels.migrate.test_fixtures import FIXTURES, rules_of

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "iomodels" / "migrate" / "rules"
GROUPS = {"1": Group.SHAPE, "2": Group.HAZARD, "3": Group.BLOCKING}
NAMES = {
    "IOM101": "accept-loop",
    "IOM102": "accept-thread",
    "IOM103": "accept-fork",
    "IOM104": "recv-loop",
    "IOM105": "send",
    "IOM106": "makefile-lines",
    "IOM107": "connect",
    "IOM108": "socket-timeout",
    "IOM109": "select-one-socket",
    "IOM110": "select-relay",
    "IOM111": "select-loop",
    "IOM112": "selectors-callbacks",
    "IOM113": "socketserver-handler",
    "IOM114": "udp-loop",
    "IOM115": "asyncore-dispatcher",
    "IOM116": "asynchat-terminator",
    "IOM117": "smtpd-server",
    "IOM118": "signal-self-pipe",
    "IOM119": "nonblocking-polling",
    "IOM120": "sleep-polling",
    "IOM121": "accept-pool",
    "IOM201": "unchecked-send",
    "IOM202": "recv-as-message",
    "IOM203": "no-end-of-input",
    "IOM204": "close-before-unregister",
    "IOM205": "bare-except-round-io",
    "IOM206": "blocking-socket-under-select",
    "IOM207": "shared-state-without-lock",
    "IOM208": "socket-options",
    "IOM209": "peer-check",
    "IOM210": "eintr-retry",
    "IOM211": "removed-module",
    "IOM301": "recv-in-async",
    "IOM302": "accept-in-async",
    "IOM303": "send-in-async",
    "IOM304": "connect-in-async",
    "IOM305": "dns-in-async",
    "IOM306": "select-in-async",
    "IOM307": "serve-forever-in-async",
    "IOM308": "sleep-in-async",
    "IOM309": "subprocess-in-async",
    "IOM310": "join-in-async",
    "IOM311": "queue-in-async",
    "IOM312": "lock-in-async",
}

each_rule = pytest.mark.parametrize("rule", all_rules(), ids=[rule.code for rule in all_rules()])


def test_the_rules_are_those_that_are_known_by_these_codes() -> None:
    assert {rule.code: rule.name for rule in all_rules()} == NAMES


def test_no_two_rules_have_the_same_code() -> None:
    assert len(all_rules()) == len(NAMES)


def test_each_file_of_rules_has_the_rule_that_it_is_named_after() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert files == {rule.name.replace("-", "_") for rule in all_rules()}


def test_each_rule_has_a_fixture_named_after_it() -> None:
    for rule in all_rules():
        path = Path(__file__).parent / "fixtures" / f"{rule.name.replace('-', '_')}.py"
        assert path in FIXTURES, rule.code
        assert rule in rules_of(path.read_text("utf-8")), rule.code


@each_rule
def test_the_group_is_told_by_the_hundreds(rule: Rule) -> None:
    assert rule.group is GROUPS[rule.code[3]]


@each_rule
def test_the_example_is_a_program_in_which_the_rule_finds_something(rule: Rule) -> None:
    assert worth_parsing(rule.example.encode())
    module = analyse(rule.example, "example.py", name="example")
    spots = list(rule.check(module))
    assert spots
    assert all(isinstance(spot.node, ast.expr | ast.stmt | ast.excepthandler | ast.arg) for spot in spots)
    assert not rule.needs or module.makes(rule.needs)


@each_rule
def test_the_guide_page_exists_and_has_the_anchor(rule: Rule) -> None:
    page, _, anchor = rule.guide.partition("#")
    text = (ROOT / "guide" / page).read_text("utf-8")
    headings = [line.lstrip("# ").lower() for line in text.splitlines() if line.startswith("#")]
    anchors = {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}
    assert not anchor or anchor in anchors


@each_rule
def test_the_case_exists(rule: Rule) -> None:
    assert not rule.case or rule.case in {case.id for case in all_cases()}


@each_rule
def test_all_that_is_to_be_said_is_said(rule: Rule) -> None:
    for text in (rule.summary, rule.asyncio, rule.trio, rule.anyio, rule.trap, rule.example):
        assert text.strip()
    assert "\n" not in rule.summary
    assert not rule.summary[0].isupper() or rule.summary.split()[0].isupper()
    assert not rule.summary.endswith(".")
    assert rule.trap.endswith(".")
    assert isinstance(rule.by, By)


@each_rule
def test_a_text_of_a_spot_is_one_line(rule: Rule) -> None:
    for spot in rule.check(analyse(rule.example, "example.py", name="example")):
        assert "\n" not in spot.text


def test_a_rule_is_found_by_its_code_and_by_its_name() -> None:
    assert rule_called("iom102") is rule_called("IOM102") is rule_called("accept-thread")
    with pytest.raises(LookupError):
        rule_called("IOM999")
