import pytest

from iomodels.migrate.choice import choose_rules
from tests.iomodels.migrate.output.making import RULES

ALL = ["IOM101", "IOM102", "IOM201", "IOM301"]


def chosen(select: list[str], ignore: list[str]) -> list[str]:
    return [rule.code for rule in choose_rules(list(RULES.values()), select, ignore)]


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        ([], [], ALL),
        (["IOM102"], [], ["IOM102"]),
        (["iom102"], [], ["IOM102"]),
        (["iom1"], [], ["IOM101", "IOM102"]),
        (["IOM"], ["IOM10"], ["IOM201", "IOM301"]),
        (["IOM2,IOM301", "accept-thread"], [], ["IOM102", "IOM201", "IOM301"]),
        (["accept-*"], ["IOM102"], ["IOM101"]),
        ([], ["recv-in-async, IOM1"], ["IOM201"]),
    ],
)
def test_codes_beginnings_and_names_choose(select: list[str], ignore: list[str], codes: list[str]) -> None:
    assert chosen(select, ignore) == codes


@pytest.mark.parametrize(
    ("select", "ignore", "why"),
    [
        (["accept-tread"], [], r"no rule is called 'accept-tread'; did you mean accept-thread\?"),
        ([], ["IOM103"], r"no rule is called 'IOM103'; did you mean IOM10\d\?"),
        (["IOM7"], [], r"no rule is called 'IOM7\*'.*"),
        (["ASYNC100"], [], "no rule is called 'ASYNC100'"),
        (["accept"], [], r"no rule is called 'accept'; did you mean accept-loop\?"),
        (["IOM1"], ["IOM"], "no rule is left"),
    ],
)
def test_what_means_nothing_is_refused_with_the_nearest(select: list[str], ignore: list[str], why: str) -> None:
    with pytest.raises(LookupError, match=f"^{why}$"):
        chosen(select, ignore)
