"""The recorder beside a bare relay that records nothing: `python -m benchmarks.relays`.

Both are programs of Python that wait with epoll; the bare one is the shortest that hands bytes on, without half-close, reset
or a bound. They are given the same work in turns, round after round: a stream of bytes in one direction, and requests of many
connections at once, one in flight on each. Every byte is compared where it arrives, and once more in the recording. The
columns are the throughput of both, its ratio, the ratio of CPU time (the bare one's part of the recorder's), and what the
recorder's process held at the most (VmHWM, proc(5)).
"""

import argparse
import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import nan
from pathlib import Path
from statistics import median

import psutil

from iomodels.bench.ceiling import build_ceiling
from iomodels.contract.server import Launch, Unavailable
from iomodels.load.generator import Generator
from iomodels.load.limits import allow
from iomodels.load.spec import Spec
from iomodels.replay.recording import Kind, load

__all__ = ["main"]

LEAST = 0.5  # of the bare relay's throughput
MOST = 64  # MiB that the recorder may hold
MIB = 1024 * 1024
HERE = Path(__file__).resolve().parent
PAYLOADS = {"text": b"The quick brown fox jumps over the lazy dog, line by line.\r\n", "random": os.urandom(65521)}


@dataclass(frozen=True)
class Run:
    """What a relay did. rate: MiB or requests in a second. cpu: its CPU seconds for each of them. memory: MiB."""

    rate: float
    cpu: float
    memory: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say by the exit status whether it is as it should be."""
    parser = argparse.ArgumentParser(prog="relays", description="The recorder beside a bare relay.")
    parser.add_argument("--mib", type=int, default=100, help="Of the stream.")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="Of requests, in each round.")
    options = parser.parse_args(arguments)
    allow(3 * options.connections)
    loads: dict[str, Callable[[str], Run]] = {
        f"{options.mib} MiB of {name}": partial(stream, piece=piece, mib=options.mib) for name, piece in PAYLOADS.items()
    }
    loads[f"{options.connections} connections"] = partial(requests, connections=options.connections, seconds=options.seconds)
    print(f"{'':<20}{'bare':>12}{'recorder':>12}{'throughput':>12}{'CPU':>8}{'memory':>10}")
    good = True
    try:
        for name, run in loads.items():
            rounds = [(run("bare"), run("record")) for _ in range(options.rounds)]
            good = report(name, rounds) and good
    except Unavailable as error:
        print(f"relays: {error}", file=sys.stderr)
        return 3
    return 0 if good else 1


def report(name: str, rounds: Sequence[tuple[Run, Run]]) -> bool:
    """Print a row: medians, and of ratios the median of the rounds' own; whether they are as they should be."""
    ratio = median(recorder.rate / bare.rate for bare, recorder in rounds)
    cpu = median(bare.cpu / recorder.cpu if recorder.cpu else nan for bare, recorder in rounds)  # it is counted in ticks
    memory = max(recorder.memory for _, recorder in rounds)
    bare, recorder = (median(each[which].rate for each in rounds) for which in (0, 1))
    met = ratio >= LEAST and memory <= MOST
    print(
        f"{name:<20}{bare:>10,.0f}/s{recorder:>10,.0f}/s{ratio:>12.2f}{cpu:>8.2f}{memory:>6.0f} MiB"
        f"  throughput >= {LEAST}, memory <= {MOST} MiB: {'met' if met else 'NOT MET'}",
        flush=True,
    )
    return met


def stream(relay: str, piece: bytes, mib: int) -> Run:
    """So many MiB from a client to a server, in one connection."""
    block = piece * (MIB // len(piece) + 2)
    total = mib * MIB
    with (
        socket.create_server(("127.0.0.1", 0)) as upstream,
        relaying(relay, upstream.getsockname()[1], upstream) as (port, process, file),
    ):
        with socket.create_connection(("127.0.0.1", port)) as client, upstream.accept()[0] as server:
            before, began = sum(process.cpu_times()[:2]), time.monotonic()
            writer = threading.Thread(target=say, args=(client, block, len(piece), total))
            writer.start()
            buffer = memoryview(bytearray(MIB))
            got = 0
            while count := server.recv_into(buffer):
                start = got % len(piece)
                assert buffer[:count].tobytes() == block[start : start + count], f"wrong bytes after {got:,}"
                got += count
            seconds = time.monotonic() - began
            writer.join()
            assert got == total, f"{got:,} of {total:,} bytes came"
            used = sum(process.cpu_times()[:2]) - before
            memory = peak(process)
        if relay == "record":
            end(process)
            verify(file, block, len(piece), total)
    return Run(mib / seconds, used / mib, memory)


def say(client: socket.socket, block: bytes, period: int, total: int) -> None:
    """Send the period of `block` again and again, and end."""
    view = memoryview(block)
    sent = 0
    while sent < total:
        start = sent % period
        sent += client.send(view[start : start + min(MIB, total - sent)])
    client.shutdown(socket.SHUT_WR)


def verify(file: Path, block: bytes, period: int, total: int) -> None:
    """Every byte is in the recording."""
    got = 0
    for event in load(file).events:
        if event.kind is Kind.ASKED:
            start = got % period
            assert event.data == block[start : start + len(event.data)], f"wrong bytes recorded after {got:,}"
            got += len(event.data)
    assert got == total, f"{got:,} of {total:,} bytes are recorded"


def requests(relay: str, connections: int, seconds: float) -> Run:
    """Requests of 64 bytes by many connections, every reply compared by the load generator."""
    upstream = Launch([str(build_ceiling())]).start()
    try:
        with relaying(relay, upstream.port) as (port, process, file):
            with Generator(Spec("127.0.0.1", port, connections=connections)) as generator:
                before = sum(process.cpu_times()[:2])
                outcome = generator.run(seconds)
                used = sum(process.cpu_times()[:2]) - before
                memory = peak(process)
                generator.finish()
            if relay == "record":
                end(process)
                events = load(file).events
                sizes = {
                    kind: sum(len(event.data) for event in events if event.kind is kind) for kind in (Kind.ASKED, Kind.ANSWERED)
                }
                assert sizes[Kind.ASKED] == sizes[Kind.ANSWERED] >= outcome.requests * 64, f"{sizes} bytes are recorded"
    finally:
        upstream.stop()
    return Run(outcome.requests / outcome.seconds, used / outcome.requests, memory)


@contextlib.contextmanager
def relaying(relay: str, upstream: int, listener: socket.socket | None = None) -> Iterator[tuple[int, psutil.Process, Path]]:
    """A relay as a program: its port, its process, and its file. What the recorder asks at its start is taken off."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "talk.jsonl"
        words = {
            "bare": [sys.executable, str(HERE / "bare_relay.py"), str(upstream)],
            "record": [
                sys.executable,
                "-m",
                "iomodels",
                "record",
                "--listen",
                "0",
                "--upstream",
                f"127.0.0.1:{upstream}",
                "-o",
                str(file),
            ],
        }[relay]
        with subprocess.Popen(words, cwd=HERE.parent, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as started:
            assert started.stderr is not None
            ready = re.match(r"listening on .*:(\d+)", started.stderr.readline())
            assert ready is not None, "the relay did not start"
            if relay == "record" and listener is not None:
                listener.accept()[0].close()
            process = psutil.Process(started.pid)
            try:
                yield int(ready[1]), process, file
            finally:
                end(process)


def peak(process: psutil.Process) -> float:
    """MiB that it held at the most."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def end(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    sys.exit(main())
