"""What is printed of an experiment: as text and as Markdown."""

import re

import click

from iomodels.experiments import markdown, text
from iomodels.experiments.run import Ran
from tests.iomodels.experiments.samples import RECORD, made_up

DONE = Ran(made_up("made-up"), RECORD)
ABSENT = Ran(made_up("absent"), missing="there is no such thing here")
BROKEN = Ran(made_up("broken"), failure="ZeroDivisionError: division by zero")


def test_claim_verdict_sentence_and_figures_stand_one_after_the_other() -> None:
    shown = text.render(DONE)
    order = [
        "made-up",
        "The claim of made-up.",
        "depends: it turns at 3",
        "One costs 2.5 us",
        "One of them has to",
        "server",
        "measured",
    ]
    assert [shown.index(each) for each in order] == sorted(shown.index(each) for each in order)
    assert max(map(len, shown.splitlines())) <= 100


def test_figures_stand_to_the_right_and_words_to_the_left() -> None:
    rows = [line for line in text.render(DONE).splitlines() if "sockets/" in line]
    assert rows == ["  sockets/one      2.5", "  sockets/another   14"]


def test_colour_is_only_where_it_is_asked_for() -> None:
    plain, coloured = text.render(DONE), text.render(DONE, colour=True)
    assert "\x1b" not in plain
    assert click.unstyle(coloured) == plain
    assert click.style("depends", fg="yellow", bold=True) in coloured


def test_a_reason_stands_in_the_place_of_figures() -> None:
    assert "cannot be made here\n  there is no such thing here\n" in text.render(ABSENT)
    assert "failed\n  ZeroDivisionError: division by zero\n" in text.render(BROKEN)


def test_the_summary_counts_every_end() -> None:
    assert text.summary([DONE, DONE, ABSENT, BROKEN]) == "2 depend, 1 cannot be made here, 1 failed"
    assert text.summary([DONE]) == "1 depends"
    assert text.summary([]) == "nothing was made"


def test_markdown_has_a_table() -> None:
    shown = markdown.render(DONE)
    assert shown.startswith("## made-up\n")
    assert "**Depends** (it turns at 3 connections). One costs" in shown
    assert re.search(r"^\| server \| us \|\n\| --- \| --- \|\n\| sockets/one \| 2.5 \|$", shown, re.MULTILINE)
    assert "**Cannot be made here**: there is no such thing here" in markdown.render(ABSENT)
