"""A case on a variant: `sockets/select-half-close/flushes-then-fin`. `iomodels matrix` runs the same, on all of them.

A cell that is excused is no test: there are some thousands of them, and to skip as many costs half a minute. How many there
are is said at the end of a run, and with `-rs` why.
"""

from collections.abc import Iterator

import pytest

from iomodels.catalogue import Variant, variants
from iomodels.contract.case import Case, all_cases
from iomodels.contract.runner import Verdict
from iomodels.matrix import Servers
from tests.matrix.cells import BY_MATRIX, CELLS, TELLING, excuses

ASKED = [pytest.param(cell.variant, cell.case, id=cell.id) for cell in CELLS if cell.excuse is None]


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """A variant's servers: started when first needed, watched for leaks over the whole run, ended after its last case."""
    assert isinstance(request.param, Variant)
    with Servers(request.param) as servers:
        yield servers


@pytest.mark.parametrize(("servers", "case"), ASKED, indirect=["servers"], scope="module")
def test_contract(servers: Servers, case: Case) -> None:
    result = servers.run(case)
    if result.verdict is Verdict.NOT_APPLICABLE:
        pytest.skip(result.detail)
    if result.verdict is not Verdict.PASS:
        pytest.fail(result.text, pytrace=False)


def test_each_case_is_asked_of_each_variant_or_there_is_a_reason_why_not() -> None:
    asked = {str(cell.id) for cell in ASKED}
    reasons = {cell.id: cell.excuse for cell in CELLS if cell.excuse is not None}
    assert not asked & set(reasons)
    assert asked | set(reasons) == {f"{variant.name}-{case.id}" for variant in variants() for case in all_cases()}
    assert all(reasons.values())


def test_no_reason_is_left_out_of_those_that_are_printed() -> None:
    printed = excuses({variant.name for variant in variants()})
    excused = [(cell.variant.name, cell.excuse) for cell in CELLS if cell.excuse is not None]
    assert set(printed) == set(excused)
    assert printed.total() == len(excused)


def test_each_runtime_has_models_that_tell_and_what_they_are_asked_nobody_is_spared() -> None:
    for runtime in {variant.runtime for variant in variants()}:
        asked = {cell.variant.model for cell in CELLS if cell.excuse is None and cell.variant.runtime == runtime}
        assert asked & TELLING.keys(), f"nobody tells of {runtime}"
    left = [cell.variant for cell in CELLS if cell.excuse == BY_MATRIX]
    assert left
    assert all(variant.model not in TELLING or "+" in variant.runtime for variant in left)
