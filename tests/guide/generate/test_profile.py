import re

import pytest

from guide.generate import profile
from guide.generate.profile import reasons
from iomodels.catalogue import find, variants
from iomodels.contract.case import all_cases
from iomodels.contract.runner import Verdict
from iomodels.matrix import Servers

MODELS = sorted({variant.model for variant in variants()})


@pytest.mark.parametrize("model", MODELS)
def test_each_model_has_a_row_for_each_runtime(model: str) -> None:
    names = [row[0] for row in rows(profile(model))]
    assert [name for name in names if "+" not in name] == ["sockets", "asyncio", "trio", "anyio"]


@pytest.mark.parametrize("model", MODELS)
def test_every_link_leads_to_a_case(model: str) -> None:
    links = re.findall(r"\[([^]]+)\]\(\.\./contract\.md#([^)]+)\)", profile(model))
    assert links
    known = {case.id for case in all_cases()}
    for text, anchor in links:
        assert text in known
        assert anchor == re.sub(r"[^a-z0-9-]", "", text)


@pytest.mark.parametrize("name", ["sockets/blocking", "sockets/prefork", "sockets/nonblocking"])
def test_what_is_not_asked_is_what_the_contract_does_not_ask(name: str) -> None:
    variant = find(name)
    told = reasons(variant.profile)
    with Servers(variant) as servers:
        asked = {case.id: servers.run(case) for case in all_cases() if case.id in told}
    assert {case_id: result.detail for case_id, result in asked.items()} == told
    assert {result.verdict for result in asked.values()} == {Verdict.NOT_APPLICABLE}


def test_a_case_that_needs_room_is_asked_of_those_alone_that_have_it() -> None:
    assert "integrity/two-interleaved" in reasons(find("blocking").profile)
    assert "integrity/two-interleaved" not in reasons(find("prefork").profile)
    assert "integrity/one-byte" not in reasons(find("blocking").profile)


def test_what_holds_for_one_runtime_names_it() -> None:
    table = profile("prefork")
    assert rows(table)[0] == ["sockets", "4", "one each", "not shared", "4", "4"]
    assert rows(table)[1][:2] == ["asyncio", "any number"]
    assert "(sockets): needs 10 conversations at once, and the model holds 4" in table


def test_a_loop_has_a_row_where_it_has_exceptions_of_its_own() -> None:
    table = profile("threads")
    names = [row[0] for row in rows(table)]
    assert "asyncio+rloop" in names
    assert "asyncio+uvloop" not in names
    assert "every case (asyncio+rloop): rloop" in table
    assert "no loop runs yet" not in table


def test_who_runs_anothers_code_is_asked_as_the_other() -> None:
    table = profile("poll", "epoll")
    assert ["trio/epoll", "asked as trio/select"] in [[row[0], row[-1]] for row in rows(table)]
    assert "under another name" not in table


def test_a_model_that_is_none_is_named() -> None:
    with pytest.raises(LookupError, match="selekt"):
        profile("selekt")


def rows(table: str) -> list[list[str]]:
    """The cells of a table's body."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
