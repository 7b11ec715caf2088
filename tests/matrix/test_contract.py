"""Every case on every variant: `sockets/select-half-close/flushes-then-fin`. `iomodels matrix` runs the same."""

from collections.abc import Iterator

import pytest

from iomodels.catalogue import Variant, variants
from iomodels.contract.case import Case, all_cases
from iomodels.contract.runner import Verdict
from iomodels.matrix import Servers

each_case = pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in all_cases()])
each_variant = pytest.mark.parametrize(
    "servers", [pytest.param(variant, id=variant.name) for variant in variants()], indirect=True, scope="module"
)


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """A variant's servers: started when first needed, watched for leaks over the whole run, ended after its last case."""
    assert isinstance(request.param, Variant)
    with Servers(request.param) as servers:
        yield servers


@each_case
@each_variant
def test_contract(servers: Servers, case: Case) -> None:
    result = servers.run(case)
    if result.verdict is Verdict.NOT_APPLICABLE:
        pytest.skip(result.detail)
    if result.verdict is not Verdict.PASS:
        pytest.fail(result.text, pytrace=False)
