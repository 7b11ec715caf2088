import importlib.util
import json
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from iomodels.contract.case import all_cases
from iomodels.migrate.explain import all_refusals, explain, text
from iomodels.migrate.rule import all_rules, rule_called
from tests.iomodels.running import iomodels


def test_without_a_code_all_rules_and_refusals_are_listed_in_every_format(tmp_path: Path) -> None:
    codes = [each.code for each in all_rules()] + [each.code for each in all_refusals()]
    listed = iomodels("rule", cwd=tmp_path)
    assert (listed.status, listed.errors) == (0, "")
    assert [line.split()[0] for line in listed.output.splitlines() if line.startswith("  IOM")] == codes
    assert "  IOM105  send " in listed.output
    document = json.loads(iomodels("rule", "--format", "json", cwd=tmp_path).output)
    assert document["schema_version"] == 1
    assert [each["code"] for each in document["rules"] + document["refusals"]] == codes
    page = iomodels("rule", "--format", "md", cwd=tmp_path).output
    assert [line.split()[1] for line in page.splitlines() if line.startswith("| IOM")] == codes


@pytest.mark.parametrize("code", ["IOM102", "iom102", "accept-thread"])
def test_a_rule_is_explained_by_its_code_and_by_its_name(tmp_path: Path, code: str) -> None:
    ended = iomodels("rule", code, cwd=tmp_path)
    assert (ended.status, ended.errors) == (0, "")
    lines = ended.output.splitlines()
    assert lines[0] == "IOM102 accept-thread: an accept loop that starts a thread for each connection"
    line = lines.index("  13 |     client, address = listener.accept()")
    assert lines[line + 1].startswith("     |                       ^^^^^^^^^^^^^^^^^ a thread for each connection")
    assert {"asyncio", "trio", "anyio", "by", "trap", "case", "guide"} <= {each.split(" ")[0] for each in lines}
    says = next(case.says for case in all_cases() if case.id == "limits/handler-raises")
    assert says in " ".join(ended.output.split())
    assert lines[-1] == "guide     guide/recipes/thread_per_connection.md"


def test_a_rule_as_json_says_where_its_example_is_found(tmp_path: Path) -> None:
    document = json.loads(iomodels("rule", "IOM301", "--format", "json", cwd=tmp_path).output)
    (rule,) = document["rules"]
    (mark,) = rule["marks"]
    line = rule["example"].splitlines()[mark["line"] - 1]
    assert line[mark["column"] - 1 : mark["end_column"] - 1] == "sock.recv(4096)"
    assert (rule["case"], bool(rule["case_says"])) == ("integrity/silent-client", True)
    assert document["refusals"] == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_rule_is_explained_with_a_line_underlined(rule: object) -> None:
    assert rule in all_rules()
    told = explain(rule_called(getattr(rule, "code", "")))
    shown = text.one_rule(told, colour=False)
    assert shown.count("     | ") == len(told.marks)
    assert "\x1b" not in shown
    assert "\x1b[31m^" in text.one_rule(told, colour=True)


@pytest.mark.parametrize("code", ["IOM904", "iom904", "may-block"])
def test_a_refusal_is_explained_in_every_format(tmp_path: Path, code: str) -> None:
    reason = next(each for each in all_refusals() if each.code == "IOM904")
    for form in ("text", "md", "json"):
        ended = iomodels("rule", code, "--format", form, cwd=tmp_path)
        assert (ended.status, ended.errors) == (0, "")
        assert all(word in ended.output for word in (reason.code, reason.name, reason.by_hand, reason.guide))


@pytest.mark.parametrize(("code", "near"), [("IOM119x", "IOM119"), ("iom9044", "IOM904"), ("acept-thread", "accept-thread")])
def test_a_code_that_is_none_is_told_the_nearest(tmp_path: Path, code: str, near: str) -> None:
    ended = iomodels("rule", code, cwd=tmp_path)
    assert (ended.status, ended.output) == (2, "")
    assert ended.errors == f"iomodels rule: no rule is called '{code}'; did you mean {near}?\n"


def test_without_libcst_there_are_no_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "libcst" else find_spec(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    assert all_refusals() == ()
    assert "IOM101" in text.table(all_rules(), all_refusals(), colour=False)
