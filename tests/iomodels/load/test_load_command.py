"""`iomodels load`: what it prints, how it ends, and what it says of bad input."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar, Self

import pytest

from iomodels import catalogue
from iomodels.cli import main
from iomodels.contract.server import Server, free_port
from iomodels.load.dask import NoCluster, Shared
from iomodels.load.outcome import Outcome, new_histogram
from iomodels.load.spec import Spec
from iomodels.load.summary import Summary
from tests.iomodels.load.serving import reading, serving
from tests.iomodels.running import environment

NO_LOAD = ["--seconds", "0.1", "--warm-up", "0"]


@pytest.fixture(scope="module")
def epoll() -> Iterator[Server]:
    server = catalogue.find("sockets/epoll").launch("upper").start()
    yield server
    server.stop()


def test_a_line_a_second_and_a_summary(epoll: Server, capsys: pytest.CaptureFixture[str]) -> None:
    address = f"127.0.0.1:{epoll.port}"
    assert (
        main(["load", address, "-c", "3", "--seconds", "1.1", "--rate", "200", "--core", f"{min(os.sched_getaffinity(0))}"])
        == 0
    )
    printed = capsys.readouterr()
    assert re.fullmatch(r" +1 s +\d+ requests/s\n", printed.err)
    heading, requests, latency, generator, server = printed.out.splitlines()[:5]
    assert heading.startswith(f"{address}, upper, 3 connections, 200 requests a second (constant), 64 bytes: 1.")
    assert re.fullmatch(r"requests   2\d\d, all replies checked: \d+/s of 200/s asked for", requests)
    assert re.fullmatch(r"latency    p50 \S+ ms  p90 \S+ ms  p99 \S+ ms  p99.9 \S+ ms  max \S+ ms", latency)
    assert re.fullmatch(r"generator  \S+ us of CPU per request, \d+% of a core, 1 process", generator)
    assert re.fullmatch(r"server     \S+ us of CPU per request, \d+% of a core", server)


def test_json_has_it_all(epoll: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "load.json"
    words = ["load", f"127.0.0.1:{epoll.port}", *NO_LOAD, "-c", "4", "--processes", "2", "--per-connection", "5"]
    assert main([*words, "--format", "json", "-o", str(file)]) == 0
    assert capsys.readouterr().out == ""
    told = json.loads(file.read_text())
    assert told["schema_version"] == 1
    assert (told["spec"]["connections"], told["generator"]["processes"], told["held"]) == (4, 2, True)
    assert 0 < told["connects"] <= told["requests"]
    assert 0 < told["latency"]["p50"] <= told["latency"]["max"]
    assert new_histogram().decode(told["histogram"]).get_total_count() == told["requests"]
    assert told["server"]["cpu"] >= 0


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["x"], 2, "iomodels load: 'x' is not an address: it is HOST:PORT, as in 127.0.0.1:8080"),
        (["h:1", "--rate", "0"], 2, "iomodels load: a rate of 0 a second is impossible"),
        (["h:1", "--rate", "1e9"], 2, "iomodels load: a rate of 1e+09 a second is impossible"),
        (["h:1", "--size", "0"], 2, "iomodels load: a payload of 0 bytes is impossible: 1 to 16,777,216"),
        (["h:1", "--seconds", "0"], 2, "iomodels load: 0 s are no time to load for: above 0 to 86,400"),
        (["h:1", "--seconds", "nan"], 2, "iomodels load: nan s are no time to load for: above 0 to 86,400"),
        (["h:1", "--service", "rep"], 2, "no service is called 'rep'; did you mean resp? (there are "),
        (["h:1", "--core", "4095"], 2, "iomodels load: core 4095 is not ours: there are "),
        (["h:1", "--processes", "101"], 2, "iomodels load: 101 processes cannot share 100 connections"),
        (["h:1", "--min-workers", "2"], 2, "iomodels load: --min-workers goes with --dask"),
        (["h:1", "--dask", "h:2", "--core", "0"], 2, "iomodels load: with --dask each worker is one process"),
        (["nobody.invalid:1"], 1, "iomodels: no host is called nobody.invalid: "),
        (["127.0.0.1:{free}"], 1, "iomodels: nothing is listening on 127.0.0.1:"),
    ],
)
def test_bad_input_is_one_line(words: list[str], status: int, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load", *(word.replace("{free}", str(free_port())) for word in words)]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert text in printed.err
    assert printed.err.count("\n") == 1


def test_a_wrong_server_is_one_line(epoll: Server, capsys: pytest.CaptureFixture[str]) -> None:
    def lower(connection: object) -> None:
        for data in reading(connection):  # type: ignore[arg-type]
            connection.sendall(data.lower())  # type: ignore[attr-defined]

    with serving(lower) as port:
        assert main(["load", f"127.0.0.1:{port}", *NO_LOAD]) == 1
    assert "does not answer as `upper` does: wrong at byte 0 of a reply: owed b'AA00" in capsys.readouterr().err
    assert main(["load", f"127.0.0.1:{epoll.port}", *NO_LOAD, "--service", "http"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_too_few_descriptors_end_with_the_command_that_allows_more(epoll: Server) -> None:
    """In a process of its own, with capabilities dropped: root may raise any limit."""
    words = [sys.executable, "-m", "iomodels", "load", f"127.0.0.1:{epoll.port}", "--idle", "5000", *NO_LOAD]
    unprivileged = ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource"] if os.geteuid() == 0 else []
    limited = ["prlimit", "--nofile=256:256", *unprivileged, *words]
    try:
        ended = subprocess.run(limited, env=environment(), capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("prlimit or setpriv is not here")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "`sudo prlimit --pid $$ --nofile=5132:5132`" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_ctrl_c_prints_what_was_counted(epoll: Server) -> None:
    words = [sys.executable, "-m", "iomodels", "load", f"127.0.0.1:{epoll.port}", "--rate", "100", "--seconds", "60"]
    with subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        output = process.stdout.read()
    assert process.returncode == 130
    assert first.split()[:2] == ["1", "s"]
    assert re.search(r" s, interrupted\nrequests   1\d\d, all replies checked", output)


class FakeFleet:
    """A load from three workers, of which one was lost."""

    remarks: ClassVar[list[str]] = []

    def __init__(self, address: str, spec: Spec, min_workers: int | None) -> None:
        outcome = Outcome(spec.connections, 1.0, 0.1)
        self.shared = Shared(outcome, ("a", "b", "c"), {"c": f"lost at {address}"}, 0.67, 0.001, min_workers or 3)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, seconds: float, tick: Callable[[int], None]) -> Outcome:  # noqa: ARG002
        tick(42)
        return self.shared.outcome

    def finish(self) -> None:
        pass


@pytest.mark.parametrize(("least", "status"), [("2", 0), ("3", 1)])
def test_a_load_of_many_machines_says_what_was_lost(
    least: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("iomodels.cli.commands.load.Fleet", FakeFleet)
    words = ["load", "h.invalid:1", "--dask", "h:2", "--min-workers", least]
    assert main(words) == status
    printed = capsys.readouterr()
    assert printed.err == "   1 s         42 requests/s\n"
    assert "2 of 3 workers, 67 % of the intended load, started within 1.0 ms; lost: c (lost at h:2)\n" in printed.out
    assert main([*words, "--format", "json"]) == status
    assert json.loads(capsys.readouterr().out)["workers"]["lost"] == {"c": "lost at h:2"}


def test_no_scheduler_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> None:
        raise NoCluster("there is no Dask scheduler")

    monkeypatch.setattr("iomodels.cli.commands.load.Fleet", nobody)
    assert main(["load", "h:1", "--dask", "h:2"]) == 3
    assert capsys.readouterr().err == "iomodels: there is no Dask scheduler\n"


# What it warns of.


def summary(*, cpu: float, server: float | None, processes: int = 1, late: int = 0) -> Summary:
    outcome = Outcome(1000, 1.0, cpu, new_histogram(), 1000.0 if late else None, late, processes=processes)
    return Summary(Spec("h", 1), outcome, [], server)


def test_it_says_when_the_generator_was_the_limit() -> None:
    assert summary(cpu=0.98, server=0.5).warnings == [
        "the generator was the limit: its core was full, the server's 50% busy: add --processes"
    ]
    assert summary(cpu=0.98, server=0.95).warnings == []
    assert summary(cpu=0.9, server=0.5).warnings == []
    assert summary(cpu=1.5, server=0.5, processes=2).warnings == []
    assert "cannot be seen from here" in summary(cpu=0.98, server=None).warnings[0]


def test_it_says_when_the_rate_was_not_held() -> None:
    assert summary(cpu=0.1, server=None, late=10).warnings == []
    (warning,) = summary(cpu=0.1, server=None, late=250).warnings
    assert warning == (
        "the rate was not held: 1,000 a second were asked for and 1,000 answered; 250 requests were due and never sent"
    )


def test_a_load_that_was_answered_nothing_has_no_latency() -> None:
    nothing = Summary(Spec("h", 1), Outcome(0, 1.0, 0.1), ["a remark"])
    assert nothing.text().splitlines()[1:] == ["a remark", "requests   0, all replies checked: 0/s"]
    assert json.loads(nothing.json())["latency"] is None
