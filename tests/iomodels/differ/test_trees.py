"""Servers that run in copies of a folder: each start in one of its own, and what it writes is compared."""

import sys
from pathlib import Path

import pytest

from iomodels.differ.asking import Plan, ask
from iomodels.differ.conversations import Conversation, Script
from iomodels.differ.played import Pace
from iomodels.differ.report import Report
from iomodels.differ.trees import changed, copied
from iomodels.replay.recording import Kind

SERVER = """\
import os, socket, sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    client, _ = listener.accept()
    data = client.recv(100)
    with open("said", "ab") as file:
        file.write(data + b"{more}" + os.getcwd().encode())
    client.sendall(os.path.abspath(__file__).encode())
    client.close()
"""


def test_what_is_otherwise_in_a_copy_is_found(tmp_path: Path) -> None:
    for name in ("kept", "written", "gone", "touched", "sub/deep"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("kept")
    with copied(tmp_path) as tree:
        assert tree is not None
        assert changed(tmp_path, tree) == {}
        (tree / "written").write_text("WRITTEN")
        (tree / "sub" / "deep").write_text("deeper")
        (tree / "gone").unlink()
        (tree / "touched").touch()
        (tree / "link").unlink()
        (tree / "link").symlink_to("touched")
        (tree / "new").write_bytes(b"\x00")
        (tree / "empty").mkdir()
        (tree / "__pycache__").mkdir()
        (tree / "__pycache__" / "server.pyc").touch()
        assert changed(tmp_path, tree) == {
            "gone": None,
            "written": b"WRITTEN",
            "sub/deep": b"deeper",
            "link": b"-> touched",
            "new": b"\x00",
            "empty/": b"",
        }
    assert not tree.exists()
    assert (tmp_path / "written").read_text() == "written"


def compared(trees: tuple[Path, Path], conversation: Conversation, order: bool = True) -> Report:
    command = f"{sys.executable} {{tree}}/server.py {{port}}"
    plan = Plan(command, command, limits=None, trees=trees, order=order, pace=Pace(patience=1.0))
    return ask(plan, [conversation])


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders with the same server."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "server.py").write_text(SERVER.format(more=""))
    return tmp_path / "old", tmp_path / "new"


def test_each_start_has_a_copy_and_what_it_writes_is_compared(trees: tuple[Path, Path]) -> None:
    once = Script().do(1, Kind.OPEN).pause().do(1, b"hello").pause().do(1, Kind.CLOSE).named("once")
    report = compared(trees, once)
    assert report.alike  # where each runs, which it tells, is not compared
    assert not report.outcomes[0].unstable
    assert not report.outcomes[0].learned  # what one start has written, the next has not found
    assert [path.name for path in trees[0].iterdir()] == ["server.py"]
    (trees[1] / "server.py").write_text(SERVER.format(more="!"))
    (difference,) = compared(trees, once).outcomes[0].differences
    # The first to come only looks whether the server is there.
    found = difference.aspect, difference.old, difference.new
    assert found == (("file", "said"), b"{tree}hello{tree}", b"!{tree}hello!{tree}")


def test_who_waits_for_whom_can_be_left_out(trees: tuple[Path, Path]) -> None:
    for tree, serve in zip(trees, ("serve(listener)", "threading.Thread(target=serve, args=(listener,)).start()"), strict=True):
        (tree / "server.py").write_text(
            "import socket, sys, threading\n\n\ndef serve(listener):\n    client, _ = listener.accept()\n"
            "    client.sendall(client.recv(100))\n    client.close()\n\n\n"
            'listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))\n'
            f"client, _ = listener.accept()\nclient.close()\nfor _ in range(2):\n    {serve}\nthreading.Event().wait()\n"
        )
    script = Script().do(1, Kind.OPEN).pause().do(2, Kind.OPEN, b"two").pause().do(1, b"one").pause()
    both = script.do(1, Kind.CLOSE).do(2, Kind.CLOSE).named("two clients")
    (found,) = compared(trees, both).outcomes
    assert {each.aspect[0] for each in found.differences} == {"waits"}
    assert compared(trees, both, order=False).alike
