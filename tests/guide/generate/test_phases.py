import re
from pathlib import Path

import pytest

from guide.generate import shown, traced
from iomodels.catalogue import variants

FIGURES = Path(__file__).resolve().parents[3] / "guide" / "figures"
MODELS = [variant.model for variant in variants() if variant.runtime == "sockets"]


@pytest.mark.parametrize("model", MODELS)
def test_a_models_figures_are_there_and_its_libraries_have_a_tab_each(model: str) -> None:
    text = traced(model)
    figures = re.findall(r"\(\.\./figures/(\S+)\)", text)
    assert [figure.split("/")[1] for figure in figures] == ["sockets", "asyncio", "trio", "anyio"]
    assert all((FIGURES / figure).is_file() for figure in figures)
    assert re.findall(r":sync: (\w+)", text) == ["asyncio", "trio", "anyio"]


def test_one_that_runs_a_siblings_code_says_whose_trace_it_shows() -> None:
    text = traced("poll")
    assert "`trio/poll` runs the code of `trio/select`.\n\n![" in text
    assert text.count("\n| `trio/select` |") == 1
    assert "runs the code of" not in traced("select")


def test_what_the_command_prints_is_shown_up_to_so_many_events() -> None:
    lines = shown("blocking", events=3).splitlines()
    assert lines[:3] == ["```text", "$ iomodels trace blocking", "sockets/blocking --service upper"]
    assert "accept4" in lines[6]
    assert "B waited until A left" in lines[-2]
    assert len(lines) == 12


def test_a_model_that_is_none_is_told_the_nearest() -> None:
    with pytest.raises(LookupError, match="did you mean"):
        traced("selekt")
