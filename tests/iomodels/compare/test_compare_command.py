"""`iomodels compare`: what it prints and writes, how it ends, and what it refuses before it begins."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from iomodels.cli import main
from iomodels.cli.commands import compare as module
from iomodels.compare.findings import Findings
from iomodels.compare.plan import Plan
from iomodels.compare.words import quotable
from tests.iomodels.compare.samples import findings
from tests.iomodels.running import iomodels

Command = Callable[..., int]


@pytest.fixture
def asked() -> list[tuple[Plan, tuple[str, ...]]]:
    """What the command would have had made."""
    return []


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: list[tuple[Plan, tuple[str, ...]]]) -> Command:
    """Runs `iomodels compare` in this process, where it finds what it is given; the report is one line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr("iomodels.cli.end_orphans", lambda: None)  # it would end what other tests have started
    monkeypatch.setattr("iomodels.compare.report.render", lambda _: "<!doctype html>\n")

    def run(*arguments: str, found: Findings) -> int:
        def compare(plan: Plan, against: tuple[str, ...], _: object) -> Findings:
            asked.append((plan, against))
            return found

        monkeypatch.setattr(module, "compare", compare)
        return main(["compare", *arguments])

    return run


def test_it_ends_with_three_lines_and_the_reports_path(
    command: Command, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = findings(rival=False)
    found.ran = found.ran[:3]
    assert found.results is not None
    found.results.failed.clear()
    assert command(found=found) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [*quotable(found), "reports/compare.html"]
    assert shown.err == ""
    assert (tmp_path / "reports/compare.html").read_text() == "<!doctype html>\n"
    assert json.loads((tmp_path / "reports/compare.json").read_text())["lines"] == quotable(found)


def test_what_failed_is_a_status_and_so_is_an_interrupt(command: Command, tmp_path: Path) -> None:
    assert command("-o", "here.html", found=findings()) == 1
    assert (tmp_path / "here.json").exists()
    stopped = findings()
    stopped.interrupted = True
    assert command(found=stopped) == 130


def test_the_options_are_the_plan(command: Command, asked: list[tuple[Plan, tuple[str, ...]]]) -> None:
    found = findings()
    command(found=found)
    command(
        "--quick", "--variants", "trio/*", "--against", "a {port}", "--against", "b {port}", "--service", "http", found=found
    )
    command("--full", found=found)
    depths = [plan.depth.value for plan, _ in asked]
    assert depths == ["usual", "quick", "full"]
    plan, against = asked[1]
    assert {variant.runtime for variant in plan.checked} == {"trio"}
    assert (plan.service, against) == ("http", ("a {port}", "b {port}"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--variants", "trio/pol"), "no variant is called 'trio/pol'; did you mean trio/poll?"),
        (("-o", "report.pdf"), "report.pdf does not end in .html"),
        (("-o", "/proc/nowhere/report.html"), "cannot write /proc/nowhere"),
        (("--against", "python 'yours.py"), "cannot read the command"),
        (("--service", "upper-sb"), "no service is called 'upper-sb'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    ended = iomodels("compare", *arguments, cwd=tmp_path)
    assert (ended.status, ended.output, len(ended.errors.splitlines())) == (2, "", 1)
    assert says in ended.errors


def test_without_what_draws_it_says_what_to_install(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "matplotlib" else name)
    assert command(found=findings()) == 3
    assert "pip install 'iomodels[report]'" in capsys.readouterr().err
