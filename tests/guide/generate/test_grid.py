import re
from pathlib import Path

import pytest

from guide.generate.grid import RUNTIMES, grid, page_of
from iomodels.catalogue import variants

ROOT = Path(__file__).resolve().parents[3]


def rows() -> dict[str, list[str]]:
    """The cells behind each model's name."""
    found = re.findall(r"^\| \[(\w+)\]\(models/\w+\.md\) \| (.+) \|$", grid(), re.MULTILINE)
    return {model: cells.split(" | ") for model, cells in found}


def test_every_model_has_a_row_and_there_is_no_other() -> None:
    assert set(rows()) == {variant.model for variant in variants()}


def test_a_cell_is_a_number_of_cases_or_the_model_whose_code_it_runs() -> None:
    for variant in variants():
        if "+" not in variant.runtime:
            cell = rows()[variant.model][1 + RUNTIMES.index(variant.runtime)]
            if variant.profile.same_as:
                assert f"{variant.runtime}/{cell.removeprefix('as ')}" == variant.profile.same_as
            else:
                assert re.fullmatch(rf"\[\d+\]\(side_by_side/{variant.model}\.md\)", cell)


def test_who_serves_one_client_is_asked_less_than_who_serves_many() -> None:
    (one,), (many,) = (re.findall(r"\[(\d+)\]", rows()[model][1]) for model in ("blocking", "threads"))
    assert int(one) < int(many) <= 112


def test_it_counts_all_variants() -> None:
    assert f"{len(variants())} variants in all" in grid()


@pytest.mark.parametrize("model", sorted({variant.model for variant in variants()}))
def test_its_page_is_there(model: str) -> None:
    assert (ROOT / "guide" / "models" / f"{page_of(model)}.md").is_file()
