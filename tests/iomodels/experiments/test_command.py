"""`iomodels experiments`: what it prints and keeps, how it ends, and what it refuses."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from iomodels.cli import main
from iomodels.cli.commands import experiments
from iomodels.experiments import document
from iomodels.experiments.experiment import Experiment
from tests.iomodels.experiments.samples import RECORD, breaks, is_absent, made_up, never_ends
from tests.iomodels.running import environment, iomodels

Command = Callable[..., int]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `iomodels experiments` in this process, where there are these experiments alone."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr("iomodels.cli.end_orphans", lambda: None)  # it would end what other tests have started

    def run(*arguments: str, there: Sequence[Experiment] = (made_up("made-up"), made_up("other"))) -> int:
        monkeypatch.setattr(experiments, "all_experiments", lambda: there)
        return main(["experiments", *arguments])

    return run


def test_each_is_shown_and_then_counted(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--quick") == 0
    shown = capsys.readouterr()
    assert shown.out.index("made-up") < shown.out.index("other")
    assert shown.out.endswith("\n2 depend\n")
    assert shown.err == ""


def test_a_pattern_chooses(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("oth*") == 0
    assert "made-up" not in capsys.readouterr().out


def test_a_list_makes_none(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--list", there=[made_up("breaks", breaks), made_up("b")]) == 0
    assert capsys.readouterr().out == "breaks  The claim of breaks.\nb       The claim of b.\n"


def test_json_is_one_document_with_every_end(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    there = [made_up("made-up"), made_up("absent", is_absent), made_up("broken", breaks)]
    assert command("--format", "json", there=there) == 1
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert told["schema_version"] == document.SCHEMA_VERSION
    assert [document.record_of(each).name for each in told["experiments"]] == ["made-up"]
    assert told["missing"] == {"absent": "there is no such thing here"}
    assert told["failed"] == {"broken": "ZeroDivisionError: division by zero"}
    assert shown.err == "broken failed: ZeroDivisionError: division by zero\n"


def test_markdown(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("made-up", "--format", "md") == 0
    assert capsys.readouterr().out.startswith("## made-up\n")


def test_the_exit_status_tells_a_failure_and_that_nothing_could_be_made(command: Command) -> None:
    assert command(there=[made_up("absent", is_absent), made_up("b")]) == 0
    assert command(there=[made_up("absent", is_absent)]) == 3
    assert command(there=[made_up("broken", breaks), made_up("b")]) == 1


def test_data_and_figures_are_written_and_drawn_again_alike(command: Command, tmp_path: Path) -> None:
    data, figures, again = tmp_path / "data", tmp_path / "figures", tmp_path / "again"
    assert command("made-up", "--data", str(data), "--figures", str(figures)) == 0
    assert document.load((data / "made-up.json").read_text()).name == "made-up"
    assert command("--redraw", "--data", str(data), "--figures", str(again)) == 0
    drawn = {path.name: path.read_bytes() for path in figures.iterdir()}
    assert sorted(drawn) == ["made-up-2.svg", "made-up.svg"]
    assert {path.name: path.read_bytes() for path in again.iterdir()} == drawn


def test_ctrl_c_keeps_what_is_done(command: Command, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    there = [made_up("made-up"), made_up("endless", never_ends), made_up("third", breaks)]
    assert command("--data", str(tmp_path), there=there) == 130
    assert capsys.readouterr().out.endswith("1 depends\n")
    assert [path.name for path in tmp_path.iterdir()] == ["made-up.json"]
    assert command("--format", "json", there=there) == 130
    assert [each["name"] for each in json.loads(capsys.readouterr().out)["experiments"]] == ["made-up"]


def test_ctrl_c_ends_the_servers(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "iomodels", "experiments", "silent-client-stops-blocking"]
    with subprocess.Popen(words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        tree = psutil.Process(running.pid)
        while not (servers := tree.children(recursive=True)) and running.poll() is None:
            pass  # a process that starts another is no event to those who watch it
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 130
        assert b"Traceback" not in (running.stderr.read() if running.stderr else b"")
    assert servers
    assert not any(server.is_running() for server in servers)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["mad-up"], "no experiment is called 'mad-up'; did you mean made-up?"),
        (["--redraw"], "--redraw needs --data and --figures"),
        (["--redraw", "--data", ".", "--figures", "."], "there are no experiments in ."),
        (["--format", "xml"], "no format is called 'xml'"),
        (["made-up", "--data", "/dev/null/data"], "cannot write /dev/null/data: Not a directory"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_line(
    command: Command, capsys: pytest.CaptureFixture[str], arguments: Sequence[str], says: str
) -> None:
    assert command(*arguments) == 2
    errors = capsys.readouterr().err
    assert says in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (document.dump(RECORD)[:200], "not JSON"),
        (document.dump(RECORD).replace('"schema_version": 1', '"schema_version": 99'), "its schema_version is 99"),
    ],
)
def test_a_document_that_is_none_is_named(
    command: Command, capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str, says: str
) -> None:
    (tmp_path / "made-up.json").write_text(content)
    assert command("--redraw", "--data", str(tmp_path), "--figures", str(tmp_path)) == 2
    errors = capsys.readouterr().err
    assert f"{tmp_path / 'made-up.json'}: " in errors
    assert says in errors
    assert errors.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_made(command: Command) -> None:
    assert command("--figures", "/dev/null/figures", there=[made_up("broken", breaks)]) == 2


def test_figures_without_matplotlib_are_refused_before_anything_is_made(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(experiments, "find_spec", lambda _: None)
    assert command("--figures", "figures", there=[made_up("broken", breaks)]) == 3
    assert "pip install 'iomodels[report]'" in capsys.readouterr().err


def test_a_real_one_in_a_process_of_its_own(tmp_path: Path) -> None:
    ran = iomodels("experiments", "--quick", "default-selector", "--format", "json", cwd=tmp_path)
    assert (ran.status, ran.errors) == (0, "")
    (told,) = json.loads(ran.output)["experiments"]
    assert told["name"] == "default-selector"
