"""The standard library as a test: what defines the removed API, what only waits, and event loops, which give nothing."""

import asyncio
import selectors
import sysconfig
from pathlib import Path

import pytest

from iomodels.migrate.finding import Kind, Scan
from iomodels.migrate.scan import scan

LIBRARY = Path(sysconfig.get_path("stdlib"))


def scanned(*names: str) -> Scan:
    """A scan of these modules; skipped where this version of Python has none of them any more."""
    paths = [str(path) for name in names if (path := LIBRARY / name).exists()]
    if not paths:
        pytest.skip(f"this Python has no {', '.join(names)}")
    return scan(paths, jobs=1)[0]


@pytest.mark.parametrize(
    ("name", "unit"), [("asyncore.py", "dispatcher"), ("asynchat.py", "async_chat"), ("smtpd.py", "SMTPServer")]
)
def test_what_defines_the_removed_api_is_said_to(name: str, unit: str) -> None:
    found = scanned(name)
    (one,) = found.units
    assert (one.name, one.kind) == (unit, Kind.FRAMEWORK)
    assert "defines the removed API" in one.reasons[0]
    assert not found.findings


@pytest.mark.parametrize("name", ["subprocess.py", "telnetlib.py", "multiprocessing", "socket.py", "concurrent", "queue.py"])
def test_what_only_waits_is_no_server(name: str) -> None:
    assert not {unit.name for unit in scanned(name).units if unit.kind in (Kind.SERVER, Kind.BOTH)}


@pytest.mark.parametrize("path", [Path(asyncio.__file__).parent, Path(selectors.__file__)], ids=["asyncio", "selectors"])
def test_event_loops_give_nothing(path: Path) -> None:
    found = scan([str(path)], jobs=1)[0]
    assert (list(found.findings), list(found.units), list(found.skipped)) == ([], [], [])


def test_the_family_of_socketserver() -> None:
    found = scanned("socketserver.py", "http/server.py", "xmlrpc/server.py", "wsgiref/simple_server.py", "pydoc.py")
    models = {(Path(unit.place.path).name, str(unit.model)) for unit in found.units if unit.kind is not Kind.CLIENT}
    assert {("server.py", "socketserver"), ("simple_server.py", "socketserver"), ("socketserver.py", "socketserver")} <= models
    assert ("pydoc.py", "socketserver") in models


def test_the_whole_library_is_read_and_nothing_fails() -> None:
    found, _ = scan([str(LIBRARY)])
    assert found.files > 1000
    assert {skipped.reason for skipped in found.skipped} <= {"broken", "python 2"}  # files that are so on purpose
    assert len(found.skipped) < 20
