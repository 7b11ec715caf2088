"""A scan of files and trees: what is read, what files know of each other, and what is kept."""

import os
import pickle
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from iomodels.migrate import scan as scan_module
from iomodels.migrate import store as store_module
from iomodels.migrate.content import bases, worth_parsing
from iomodels.migrate.examine import examine
from iomodels.migrate.finding import Finding, Scan
from iomodels.migrate.scan import scan
from iomodels.migrate.store import Store

SERVER = """\
import socket, threading
def handle(c):
    while data := c.recv(100):
        c.sendall(data)
s = socket.create_server(("", 1))
while True:
    c, a = s.accept()
    threading.Thread(target=handle, args=(c,)).start()
"""
DISPATCHER = "import asyncore\nclass Base(asyncore.dispatcher):\n    def handle_read(self):\n        self.recv(1)\n"

Files = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Make files, each below the folder of the test, which is the working directory."""
    monkeypatch.chdir(tmp_path)

    def make(**texts: str) -> Path:
        for name, text in texts.items():
            path = tmp_path / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


def rules(found: Scan) -> list[tuple[str, str, int]]:
    """The findings, shortly."""
    return [(each.rule, Path(each.place.path).name, each.place.line) for each in found.findings]


def test_findings_come_in_the_order_of_files_and_lines(tree: Files) -> None:
    tree(b=SERVER, a=SERVER)
    found, _ = scan(["."])
    assert [name for _, name, _ in rules(found)] == sorted(name for _, name, _ in rules(found))
    assert {("IOM102", "a.py", 7), ("IOM104", "a.py", 3), ("IOM105", "b.py", 4)} <= set(rules(found))
    assert (found.files, found.lines, found.parsed) == (2, 16, 2)


def test_a_file_without_classic_io_is_not_parsed(tree: Files) -> None:
    tree(a="print('socket')\n", b="def f(:\n")
    found, _ = scan(["."])
    assert (found.files, found.parsed, found.skipped) == (2, 0, [])


def test_files_that_cannot_be_read_are_named_and_end_nothing(tree: Files) -> None:
    tree(old="import socket\nprint 'hello'\n", broken="import socket\ndef f(:\n", good=SERVER)
    with socket.socket(socket.AF_UNIX) as there:
        there.bind("locked.py")  # nobody can open it, not even root
    found, _ = scan([".", "locked.py"])
    assert [(Path(each.path).name, each.reason) for each in found.skipped] == [
        ("broken.py", "broken"),
        ("old.py", "python 2"),
        ("locked.py", "unreadable"),
    ]
    assert rules(found)


def test_columns_count_characters_and_lines_end_as_python_says(tree: Files) -> None:
    tree(a='import socket\ns = socket.socket()\nx = "\N{GREEK SMALL LETTER ALPHA}\f", s.sendall(b"")\n')
    found, _ = scan(["."])
    place = next(each.place for each in found.findings if each.rule == "IOM105")
    assert (place.line, place.column, place.end_column) == (3, 11, 25)


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        scan(["/nowhere"])


# Classes that come from another file


@pytest.mark.parametrize(
    "texts",
    [
        {"base": DISPATCHER, "main": "from base import Base\nclass Mine(Base):\n    def handle_close(self):\n        pass\n"},
        {"p/base": DISPATCHER, "p/__init__": "", "p/main": "from .base import Base\nclass Mine(Base):\n    pass\n"},
        {"p/base": DISPATCHER, "p/__init__": "", "p/main": "from p import base as b\nclass Mine(b.Base):\n    pass\n"},
        {
            "p/base": DISPATCHER,
            "p/__init__": "from .base import Base\n",
            "p/main": "import p\nclass Mine(p.Base):\n    pass\n",
        },
        {
            "base": DISPATCHER,
            "middle": "import base\nclass Middle(base.Base):\n    pass\n",
            "main": "import middle\nclass Mine(middle.Middle):\n    pass\n",
        },
    ],
    ids=["module", "relative", "alias", "exported again", "two files away"],
)
def test_a_subclass_in_another_file_is_found(tree: Files, texts: dict[str, str]) -> None:
    tree(**texts)
    found, _ = scan(["."])
    assert {("IOM115", "main.py")} <= {(rule, name) for rule, name, _ in rules(found)}
    assert {"Base", "Mine"} <= {unit.name for unit in found.units}


def test_a_class_of_the_same_name_elsewhere_is_not_taken_for_it(tree: Files) -> None:
    tree(base=DISPATCHER, main="from other import Base\nclass Mine(Base):\n    pass\n")
    found, _ = scan(["."])
    assert {name for _, name, _ in rules(found)} == {"base.py"}


# Processes and what is kept


def test_processes_find_what_one_alone_finds(tree: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(**{f"d{number}/f{number}": SERVER if number % 3 else DISPATCHER for number in range(40)})
    alone, _ = scan(["."], jobs=1)
    monkeypatch.setattr(scan_module, "ALONE", 2)
    monkeypatch.setattr(scan_module, "AT_ONCE", 3)
    together, _ = scan(["."], jobs=2)
    assert list(together.findings) == list(alone.findings)
    assert list(together.units) == list(alone.units)


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were looked at, and not looked up."""
    seen: list[str] = []
    real = examine

    def watch(path: str, *args: object, **keywords: object) -> object:
        seen.append(Path(path).name)
        return real(path, *args, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(scan_module, "examine", watch)
    return seen


def test_what_has_not_changed_is_looked_up(tree: Files, examined: list[str], tmp_path: Path) -> None:
    tree(a=SERVER, b=SERVER)
    store = Store(tmp_path / "cache", ["."])
    first, _ = scan(["."], store=store, jobs=1)
    assert sorted(examined) == ["a.py", "b.py"]
    examined.clear()
    second, _ = scan(["."], store=Store(tmp_path / "cache", ["."]), jobs=1)
    assert examined == []
    assert list(second.findings) == list(first.findings)
    tree(b=SERVER + "\n")
    third, _ = scan(["."], store=store, jobs=1)
    assert examined == ["b.py"]
    assert third.lines == first.lines + 1


def test_a_base_that_changes_in_another_file_is_noticed(tree: Files, tmp_path: Path) -> None:
    tree(base=DISPATCHER, main="from base import Base\nclass Mine(Base):\n    pass\n")
    store = Store(tmp_path / "cache", ["."])
    assert {unit.name for unit in scan(["."], store=store)[0].units} == {"Base", "Mine"}
    tree(base="class Base:\n    pass\n")
    assert scan(["."], store=store)[0].units == []
    tree(base=DISPATCHER)
    assert {unit.name for unit in scan(["."], store=store)[0].units} == {"Base", "Mine"}


@pytest.mark.parametrize("content", [b"", b"rubbish", pickle.dumps(1), pickle.dumps((1,)) + pickle.dumps([1])])
def test_a_broken_store_is_as_good_as_none(tree: Files, tmp_path: Path, content: bytes) -> None:
    tree(a=SERVER)
    store = Store(tmp_path / "cache", ["."])
    whole, _ = scan(["."], store=store)
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(content)
    assert list(scan(["."], store=store)[0].findings) == list(whole.findings)


def test_a_store_of_another_version_is_not_used(
    tree: Files, examined: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(a=SERVER)
    scan(["."], store=Store(tmp_path / "cache", ["."]), jobs=1)
    examined.clear()
    monkeypatch.setattr(store_module, "FORMAT", -1)
    scan(["."], store=Store(tmp_path / "cache", ["."]), jobs=1)
    assert examined == ["a.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_store_that_cannot_be_written_fails_nothing(tree: Files, tmp_path: Path) -> None:
    tree(a=SERVER)
    (tmp_path / "cache").mkdir(mode=0o500)
    assert scan(["."], store=Store(tmp_path / "cache", ["."]))[0].findings


# What is worth parsing


@pytest.mark.parametrize(
    "text",
    [
        b"import socket\n",
        b"import os, socket\n",
        b"if 1:\n    import select as s\n",
        b"from socket import socket\n",
        b"from six.moves import socketserver\n",
        b"from six.moves import (\n    queue,\n    socketserver,\n)\n",
        b"from six.moves import select\nselect.select([], [], [])\n",
        b"from six.moves import select as s\n",
        b"from http.server import HTTPServer\n",
        b"from http import server\n",
        b"import asyncore\n",
        b"import time\nasync def f():\n    time.sleep(1)\n",
        b"from time import sleep\nasync def f():\n    sleep(1)\n",
    ],
)
def test_worth_parsing(text: bytes) -> None:
    assert worth_parsing(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"# a socket\n",
        b"db.select('x')\n",
        b"import selection\n",
        b"from sqlalchemy import select\nselect(users)\n",
        b"from numpy.lib import (\n    piecewise,\n    select,\n)\n",
        b"import websocket\n",
        b"def f():\n    time.sleep(1)\n",
        b"async def f():\n    await asyncio.sleep(1)\n",
    ],
)
def test_not_worth_parsing(text: bytes) -> None:
    assert not worth_parsing(text)


def test_bases() -> None:
    assert bases(b"class A(x.B, C):\n    class D(E): pass\n    s = 'class F(G)'\n") == {b"x", b"B", b"C", b"E"}


def test_a_finding_belongs_to_the_outermost_class(tree: Files) -> None:
    inner = "class A:\n    class B:\n        def f(self):\n            socket.socket().sendall(b'')\n"
    tree(a=f"import socket\n{inner}socket.socket().sendall(b'')\n")
    found: list[Finding] = list(scan(["."])[0].findings)
    assert {each.place.line: each.unit for each in found if each.rule == "IOM105"} == {5: "A", 6: ""}
