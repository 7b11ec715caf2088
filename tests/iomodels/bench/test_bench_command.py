"""`iomodels bench` and `iomodels bench-compare`, from end to end."""

import json
import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from iomodels.bench.document import dump, load
from iomodels.cli import main
from iomodels.cli.commands import bench as bench_command
from iomodels.load.dask import NoCluster
from tests.iomodels.bench.samples import results_of
from tests.iomodels.running import SERVERS, command_of, environment, iomodels

SHORT = ("--connections", "2", "--rounds", "1", "--seconds", "0.02", "--warm-up", "0", "--no-calls", "--no-ceiling")
UPPER = f"upper={command_of('upper')}"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of its own for the command line in this process; signals stay as they are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)


in_this_process = pytest.mark.usefixtures("here")


def test_variants_and_a_server_of_ones_own_stand_beside_each_other_and_are_saved(tmp_path: Path) -> None:
    ended = iomodels("bench", "epoll", "--cmd", UPPER, *SHORT, "--reference", "upper", "--save", "a.json", cwd=tmp_path)
    assert (ended.status, ended.errors) == (0, "")
    assert {line.split()[0] for line in ended.output.splitlines()[2:4]} == {"sockets/epoll", "upper"}
    assert "x upper" in ended.output.splitlines()[1]
    results = load((tmp_path / "a.json").read_text())
    assert (results.reference, results.subjects) == ("upper", ["sockets/epoll", "upper"])
    ratio = results.ratio(results.cells[0])
    assert ratio == pytest.approx(results.cells[0].cost / results.cells[1].cost, rel=1e-4)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler: `cc` is not on the path")
def test_the_ceiling_joins_and_is_the_reference(tmp_path: Path) -> None:
    options = [option for option in SHORT if option != "--no-ceiling"]
    ended = iomodels("bench", "--cmd", UPPER, *options, "--format", "json", cwd=tmp_path)
    assert (ended.status, ended.errors) == (0, "")
    results = load(ended.output)
    assert (results.reference, results.subjects) == ("ceiling", ["ceiling", "upper"])


def test_who_lies_costs_a_line_and_status_1_and_the_others_are_measured(tmp_path: Path) -> None:
    ended = iomodels("bench", "--cmd", UPPER, "--cmd", f"liar={command_of('lower')}", *SHORT, cwd=tmp_path)
    assert ended.status == 1
    assert ended.errors.startswith("liar failed: upper, 2 connections, 64 bytes: ")
    assert "wrong at byte 0 of a reply" in ended.errors
    assert ended.errors.count("\n") == 1
    assert "\nupper " in ended.output


def test_who_holds_too_few_is_named_and_nothing_is_left_to_measure(tmp_path: Path) -> None:
    ended = iomodels("bench", "blocking", *SHORT, cwd=tmp_path)
    assert (ended.status, ended.errors) == (3, "")
    assert ended.output == "skipped: sockets/blocking: it serves 1 at once, and 2 connections are asked\n"


def test_ctrl_c_shows_what_is_done_and_leaves_nobody_behind(tmp_path: Path) -> None:
    mine = f"mine={sys.executable} {tmp_path / 'server.py'} {{port}}"
    told = tmp_path / "told"
    text = (SERVERS / "upper.py").read_text()
    # Of the second server somebody is told: by then the first round is done.
    (tmp_path / "server.py").write_text(f"import os\nopen({str(told)!r}, 'a').write(f'{{os.getpid()}}\\n')\n{text}")
    os.mkfifo(told)
    words = [sys.executable, "-m", "iomodels", "bench", "--cmd", mine, *SHORT, "--rounds", "1000"]
    with subprocess.Popen(words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as bench:
        with os.fdopen(os.open(told, os.O_RDWR)) as pipe:  # to write as well: it never comes to an end then
            servers = [int(pipe.readline()) for _ in range(2)]
        bench.send_signal(signal.SIGINT)
        output, errors = bench.communicate(timeout=60)
    assert (bench.returncode, errors) == (130, b"")
    assert b"\nmine " in output
    assert b"interrupted" in output
    assert not any(psutil.pid_exists(pid) for pid in servers)


def test_somebody_who_looks_sees_what_is_measured_and_the_time_left(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "iomodels", "bench", "--cmd", UPPER, *SHORT, "--rounds", "2"]
    more = environment(TERM="xterm", COLUMNS="120")
    with subprocess.Popen(words, cwd=tmp_path, env=more, stdout=subprocess.DEVNULL, stderr=theirs) as bench:
        os.close(theirs)
        seen = b""
        while True:
            try:
                seen += os.read(ours, 65536)
            except OSError:  # the other end is closed (EIO)
                break
    os.close(ours)
    assert bench.returncode == 0
    assert b"left round 1 of 2, upper, 2 connections, 64 bytes: upper" in seen


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["epol"], "no variant is called 'epol'; did you mean epoll?"),
        (["--cmd", "'"], "--cmd: cannot read the command"),
        (["--cmd", "a {port}", "--cmd", "a {port}"], "two servers are called 'a {port}': name yours, NAME=COMMAND"),
        (["epoll", "--rounds", "0"], "0 is not in the range x>=1"),
        (["epoll", "--connections", "100,many"], "'many' is not a valid integer range"),
        (["epoll", "--seconds", "nan"], "nan"),
        (["epoll", "--service", "upper,htp"], "no service is called 'htp'; did you mean http?"),
        (["epoll", "--size", "100000000"], "a payload of 100,000,000 bytes is impossible"),
        (["epoll", "--rate", "10", "--pipeline", "2"], "in an open loop nobody sets how many requests are in flight"),
        (["epoll", "--reference", "selectr", "--no-ceiling"], "--reference: no server is called 'selectr'"),
        (["epoll", "--reference", "ceiling", "--no-ceiling"], "the C ceiling is not here"),
        (["epoll", "--save", "no/such/folder.json"], "cannot write no/such/folder.json"),
        (["epoll", "--format", "xml"], "no format is called 'xml'"),
        (["epoll", "--min-workers", "3"], "--min-workers and --host are for --dask"),
    ],
)
@in_this_process
def test_bad_input_gets_one_line_and_status_2(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *arguments]) == 2
    output, errors = capsys.readouterr()
    assert (output, errors.count("\n")) == ("", 1)
    assert told in errors


@in_this_process
def test_more_connections_than_there_can_be_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "epoll", "--connections", "2000000000"]) == 2
    assert capsys.readouterr() == ("", "iomodels bench: 2,000,000,000 connections are impossible: at most 1,000,000\n")


@in_this_process
def test_more_connections_than_descriptors_are_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: int, pair: tuple[int, int]) -> None:
        raise ValueError(pair)

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert main(["bench", "epoll", "--connections", "10000"]) == 3
    output, errors = capsys.readouterr()
    assert (output, errors.count("\n")) == ("", 1)
    assert "prlimit" in errors


@in_this_process
def test_a_scheduler_that_is_not_there_is_status_3(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def crew(address: str, _: object) -> None:
        raise NoCluster(f"no scheduler at {address}")

    monkeypatch.setattr(bench_command, "Crew", crew)
    assert main(["bench", "epoll", "--dask", "127.0.0.1:1"]) == 3
    assert capsys.readouterr() == ("", "iomodels: no scheduler at 127.0.0.1:1\n")


# bench-compare

STEADY = [10.0, 10.1, 10.2, 10.3, 10.4]


def write(name: str, costs: list[float]) -> str:
    Path(name).write_text(dump(results_of({"ceiling": [5.0, 5.1, 5.2, 5.3, 5.4][: len(costs)], "mine": costs})))
    return name


@in_this_process
def test_a_regression_is_status_1_and_noise_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    old = write("old.json", STEADY)
    assert main(["bench-compare", old, write("same.json", STEADY[::-1]), "--fail-on", "cpu>10%"]) == 0
    assert capsys.readouterr().out.count("no change found") == 3
    worse = write("worse.json", [cost + 20 for cost in STEADY])
    assert main(["bench-compare", old, worse, "--fail-on", "cpu>10%", "--fail-on", "p99>20%"]) == 1
    told = capsys.readouterr().out
    assert "mine, upper, 100 connections, 64 bytes: cpu is more than 10% worse\n" in told
    assert "p99, us\n" in told
    assert main(["bench-compare", old, worse, "--fail-on", "cpu>900%"]) == 0
    assert main(["bench-compare", old, worse]) == 0


@in_this_process
def test_a_figure_that_stands_for_itself_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for name, subjects in (("alone.json", {"mine": STEADY}), ("beside.json", {"ceiling": STEADY, "mine": STEADY})):
        Path(name).write_text(dump(results_of(subjects, reference=next(iter(subjects)))))
    assert main(["bench-compare", "alone.json", "alone.json"]) == 0
    assert "nothing was measured beside mine in both runs" in capsys.readouterr().out
    assert main(["bench-compare", "beside.json", "beside.json"]) == 0
    assert "nothing was measured beside" not in capsys.readouterr().out


@in_this_process
def test_changes_are_data_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    files = write("old.json", STEADY), write("new.json", [2 * cost for cost in STEADY])
    assert main(["bench-compare", *files, "--format", "json", "--fail-on", "cpu>10%"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["schema_version"] == 1
    assert [(each["subject"], each["verdict"]) for each in told["changes"]] == [
        ("ceiling", "no change found"),
        ("mine", "worse"),
    ]
    assert told["changes"][1]["exceeds"] == [{"figure": "cpu", "most": 0.1}]
    assert main(["bench-compare", *files, "--format", "md"]) == 0
    assert "| mine | upper, 100 connections, 64 bytes | 10.2 | 20.4 | +100.0% |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot read new.json: No such file or directory"),
        ("", "new.json: not JSON"),
        (dump(results_of({"mine": STEADY}))[:300], "new.json: not JSON"),
        ('{"schema_version": 0}', "new.json: its schema_version is 0, and this program reads 1"),
        (dump(results_of({"other": STEADY})), "the two files have no server and load in common"),
        (dump(results_of({"mine": STEADY[:3]})), "too few rounds to decide anything: 5 and 3, and 5 and 5 are needed"),
    ],
)
@in_this_process
def test_what_cannot_be_compared_gets_one_line_and_status_2(
    content: str | None, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write("old.json", STEADY)
    if content is not None:
        Path("new.json").write_text(content)
    assert main(["bench-compare", "old.json", "new.json"]) == 2
    output, errors = capsys.readouterr()
    assert (output, errors.count("\n")) == ("", 1)
    assert told in errors


@in_this_process
def test_a_limit_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench-compare", "a", "b", "--fail-on", "speed>1%"]) == 2
    assert "--fail-on: 'speed>1%' is no limit" in capsys.readouterr().err
