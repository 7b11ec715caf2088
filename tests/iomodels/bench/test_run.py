"""A benchmark measures in turns, names whom it cannot measure, keeps what is done, and leaves no server behind."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from iomodels import catalogue
from iomodels.bench.results import Point, Results
from iomodels.bench.run import bench
from iomodels.bench.subjects import Subject, of_command, of_variant
from iomodels.contract.server import Launch
from iomodels.load.cluster import NoCluster
from iomodels.load.generator import Generator
from iomodels.load.outcome import Outcome
from iomodels.load.spec import Spec, VoidError
from tests.iomodels.running import SERVERS

FEW = Point(connections=2)
UPPER = Subject("upper", lambda _: Launch([sys.executable, f"{SERVERS}/upper.py", "0"]))
LOWER = Subject("lower", lambda _: Launch([sys.executable, f"{SERVERS}/lower.py", "0"]))


def short(*subjects: Subject, points: tuple[Point, ...] = (FEW,), rounds: int = 1, **more: object) -> Results:
    """A benchmark that hardly takes time."""
    return bench(subjects, points, rounds=rounds, seconds=0.02, warm_up=0, **{"calls": False, **more})  # type: ignore[arg-type]


def script(name: str, text: str) -> Subject:
    return Subject(name, lambda _: Launch([sys.executable, "-c", text]))


def children() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def test_each_round_begins_with_another_and_has_every_point() -> None:
    told: list[tuple[int, int, str]] = []
    other = Subject("other", UPPER.launch)
    points = (FEW, Point(connections=1))
    results = short(UPPER, other, points=points, rounds=2, progress=lambda *each: told.append(each))
    names = [what.rpartition(": ")[2] for _, _, what in told]
    assert names == ["upper", "other", "upper", "other", "other", "upper", "other", "upper", ""]
    assert [done for done, _, _ in told] == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert {total for _, total, _ in told} == {8}
    assert "round 2 of 2, upper, 1 connection, 64 bytes" in told[6][2]
    assert [(cell.subject, cell.point) for cell in results.cells] == [
        (name, at) for at in points for name in ("upper", "other")
    ]
    for cell in results.cells:
        assert [each.number for each in cell.rounds] == [1, 2]
        assert cell.latency.total_count == sum(each.requests for each in cell.rounds) > 0
        assert cell.cost > 0
        assert cell.rounds[0].latency["p50"] <= cell.rounds[0].latency["max"]
    assert results.metadata["python"] in sys.version or results.metadata["python"].split()[1] in sys.version


def test_who_cannot_run_here_is_skipped_with_the_reason() -> None:
    refuses = "import sys; print('refuses: no rings here', file=sys.stderr); sys.exit(3)"
    absent = Subject("absent", lambda _: Launch([sys.executable, "-c", refuses], flags=True))
    results = short(absent, UPPER, rounds=2)
    assert results.skipped == {"absent": "no rings here"}
    assert results.subjects == ["upper"]
    assert not results.failed


def test_who_holds_too_few_or_speaks_something_else_is_not_started() -> None:
    one = of_variant(catalogue.find("blocking"))
    upper = Subject("upper", UPPER.launch, services=("upper",))
    results = short(one, upper, points=(Point(connections=1), FEW, Point("lines", 1)))
    assert results.skipped == {
        "sockets/blocking (upper, 2 connections, 64 bytes)": "it serves 1 at once, and 2 connections are asked",
        "upper (lines, 1 connection, 64 bytes)": "it does not speak lines",
    }
    assert len(results.cells) == 4


def test_who_lies_has_failed_has_no_figures_and_is_measured_no_more() -> None:
    before = children()
    told: list[str] = []
    results = short(LOWER, UPPER, rounds=3, progress=lambda *each: told.append(each[2]))
    assert results.subjects == ["upper"]
    assert list(results.failed) == ["lower"]
    assert results.failed["lower"].startswith("upper, 2 connections, 64 bytes: ")
    assert "wrong at byte 0 of a reply" in results.failed["lower"]
    assert len([what for what in told if what.endswith(": lower")]) == 1
    assert children() == before


TWO_ALONE = """
import socket, select
listener = socket.create_server(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
clients = []
while True:
    for ready in select.select([listener, *clients], [], [])[0]:
        if ready is listener:
            clients.append(listener.accept()[0])
        elif data := ready.recv(100):
            ready.sendall(data.upper() if len(clients) < 3 else data)
        else:
            clients.remove(ready)
            ready.close()
"""


def test_who_fails_with_many_keeps_the_figures_with_few() -> None:
    results = short(script("two", TWO_ALONE), points=(Point(connections=3), FEW))
    assert [cell.point for cell in results.cells] == [FEW]
    assert results.failed["two"].startswith("upper, 3 connections, 64 bytes: ")


def test_who_does_not_start_has_failed() -> None:
    results = short(of_command("/nonexistent {port}", "mine"), script("silent", "print('hello')"))
    assert not results.cells
    assert results.failed["mine"] == "cannot start '/nonexistent': No such file or directory"
    assert results.failed["silent"].startswith("it ended before it was ready")


DIES = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
for _ in range(2):  # the first is greeted, the second is the load's
    client, _ = listener.accept()
    client.sendall(client.recv(100).upper())
sys.exit("out of paper")
"""


def test_who_ends_under_load_has_failed_with_its_last_words() -> None:
    results = short(script("dies", DIES), points=(Point(connections=1),))
    assert "the server ended: exit status 1; its last lines on standard error: out of paper" in results.failed["dies"]


INTERRUPTING = """
import os, signal, sys
open(sys.argv[1], "w").write(str(os.getpid()))
os.kill(os.getppid(), signal.SIGINT)
signal.pause()
"""


def test_ctrl_c_keeps_what_is_done_and_ends_the_server(tmp_path: Path) -> None:
    before = children()
    interrupts = Subject("interrupts", lambda _: Launch([sys.executable, "-c", INTERRUPTING, str(tmp_path / "pid")]))
    results = short(UPPER, interrupts)
    assert results.interrupted
    assert results.subjects == ["upper"]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert children() == before


def test_an_end_by_sigterm_leaves_no_server_either() -> None:
    before = children()

    def leave(done: int, *_: object) -> None:
        if done == 1:
            raise SystemExit(128 + signal.SIGTERM)

    with pytest.raises(SystemExit):
        short(UPPER, rounds=2, progress=leave)
    assert children() == before


def test_a_rate_is_asked_for() -> None:
    results = short(UPPER, points=(Point(connections=2, rate=200.0),))
    assert results.cells[0].rounds[0].rate < 400


def test_a_load_that_is_lost_is_no_servers_fault_and_keeps_what_is_done() -> None:
    loads = 0

    def load(spec: Spec) -> Generator:
        nonlocal loads
        loads += 1
        if loads > 2:
            raise NoCluster("all workers are gone")
        return Generator(spec)

    results = short(UPPER, rounds=5, load=load)
    assert results.failed == {"the load": "all workers are gone"}
    assert [len(cell.rounds) for cell in results.cells] == [2]


def test_a_round_whose_load_was_lost_in_part_is_a_remark_and_the_others_count() -> None:
    class Losing(Generator):
        def run(self, seconds: float, tick: Callable[[int], None] = lambda _: None) -> Outcome:  # noqa: ARG002
            raise VoidError("void: 2 of 3 workers")

    loads = iter([Generator, Losing, Generator])
    results = short(UPPER, rounds=3, load=lambda spec: next(loads)(spec))
    assert not results.failed
    assert [len(cell.rounds) for cell in results.cells] == [2]
    assert results.remarks == ["a round of upper was lost (upper, 2 connections, 64 bytes): void: 2 of 3 workers"]


def test_two_commands_of_one_name_do_not_mix() -> None:
    assert of_command("a b").name == "a b"
    assert of_command("a {service}").launch("lines").command == ["a", "lines"]
