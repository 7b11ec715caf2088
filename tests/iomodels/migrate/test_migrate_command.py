"""`iomodels migrate` as it is used: a diff, the files changed, or the reasons why not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.iomodels.migrate.test_scan_command import SERVER
from tests.iomodels.running import Ran, iomodels

REFUSED = SERVER.replace("client.close()", "somebody.elses(client)")
TARGETS = ("asyncio", "trio", "anyio")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a server, one that cannot be moved, and a file that has nothing to do with either."""
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "refused.py").write_text(f"import somebody\n{REFUSED}")
    (tmp_path / "other.py").write_bytes(b"# -*- coding: latin-1 -*-\r\nprint ( '\xe9' )\r\n")
    return tmp_path


def migrate(folder: Path, *arguments: str) -> Ran:
    """Run it there."""
    return iomodels("migrate", *arguments, cwd=folder)


@pytest.mark.parametrize("target", TARGETS)
def test_the_diff_is_one_that_git_applies(project: Path, target: str) -> None:
    ran = migrate(project, "server.py", "--to", target)
    assert ran.status == 1
    assert (project / "server.py").read_text() == SERVER
    subprocess.run(["git", "apply", "-"], cwd=project, input=ran.output, text=True, check=True)
    by_diff = (project / "server.py").read_text()
    (project / "server.py").write_text(SERVER)
    assert migrate(project, "server.py", "--to", target, "--write").status == 0
    assert (project / "server.py").read_text() == by_diff
    assert f"import {target}" in by_diff
    again = migrate(project, "server.py", "--to", target)
    assert (again.status, again.output, again.errors) == (0, "", "Nothing to rewrite.\n")


def test_what_is_left_alone_is_said_and_stays_as_it_is(project: Path) -> None:
    before = (project / "refused.py").read_bytes()
    ran = migrate(project, "refused.py", "--to", "trio", "--write")
    assert (ran.status, ran.output) == (1, "")
    assert "refused.py:9: IOM9" in ran.errors
    assert "by hand: " in ran.errors
    assert (project / "refused.py").read_bytes() == before


def test_a_folder_is_walked_and_what_has_nothing_is_not_touched(project: Path) -> None:
    before = (project / "other.py").read_bytes()
    ran = migrate(project, ".", "--to", "asyncio", "--write")
    assert ran.status == 1  # one is refused
    assert "Moved what can be proven in 1 file to asyncio; 1 unit left alone, each with its reason." in ran.errors
    assert (project / "other.py").read_bytes() == before
    assert "asyncio.run" in (project / "server.py").read_text()


def test_line_ends_encoding_and_mark_are_kept(tmp_path: Path) -> None:
    old = b"\xef\xbb\xbf# \xc3\xa9\r\n" + SERVER.replace("\n", "\r\n").encode()
    (tmp_path / "server.py").write_bytes(old)
    assert migrate(tmp_path, "server.py", "--to", "trio", "--write").status == 0
    new = (tmp_path / "server.py").read_bytes()
    assert new.startswith(b"\xef\xbb\xbf# \xc3\xa9\r\n")
    assert new.count(b"\n") == new.count(b"\r\n")
    subprocess.run([sys.executable, "-m", "py_compile", "server.py"], cwd=tmp_path, check=True)


def test_json(project: Path) -> None:
    document = json.loads(migrate(project, ".", "--to", "anyio", "--format", "json").output)
    assert (document["schema_version"], document["target"], document["written"]) == (1, "anyio", False)
    by_name = {Path(each["path"]).name: each for each in document["files"]}
    assert by_name.keys() == {"server.py", "refused.py"}
    assert by_name["server.py"]["changes"][0]["rule"] == "IOM102"
    assert by_name["refused.py"]["refusals"][0]["code"].startswith("IOM9")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("server.py",), "--to"),
        (("server.py", "--to", "curio"), "no library is called 'curio'"),
        (("--to", "trio"), "PATH"),
        (("nowhere.py", "--to", "trio"), "nowhere.py: no such file or folder"),
    ],
)
def test_a_wrong_question_is_one_line_and_2(project: Path, arguments: tuple[str, ...], says: str) -> None:
    ran = migrate(project, *arguments)
    assert (ran.status, ran.output, len(ran.errors.splitlines())) == (2, "", 1)
    assert says in ran.errors


def test_a_file_that_is_no_python_3_is_named(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("import socket\nprint 'x'\n")
    ran = migrate(tmp_path, ".", "--to", "trio")
    assert (ran.status, ran.output) == (1, "")
    assert ran.errors.startswith("old.py:2: python 2: ")


UDP = "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.connect(('127.0.0.1', 9))\ns.send(b'hi')\n"
NUMBERED = "import socket\ns = socket.socket()\nif s.connect_ex(('127.0.0.1', 9)):\n    raise SystemExit(1)\ns.sendall(b'hi')\n"


@pytest.mark.parametrize(("text", "line"), [(UDP, 4), (NUMBERED, 3)])
def test_a_client_of_no_known_form_is_not_passed_over_in_silence(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "client.py").write_text(text)
    ran = migrate(tmp_path, "client.py", "--to", "anyio", "--write")
    assert (ran.status, ran.output) == (1, "")
    assert f"client.py:{line}: IOM916" in ran.errors
    assert (tmp_path / "client.py").read_text() == text


def test_a_client_beside_a_server_that_moves_is_not_passed_over_either(tmp_path: Path) -> None:
    ask = "".join(f"    {line}\n" for line in UDP.splitlines()[1:])
    (tmp_path / "both.py").write_text(SERVER.replace("import socket\n", f"import socket\n\n\ndef ask():\n{ask}\n\n", 1))
    ran = migrate(tmp_path, "both.py", "--to", "trio", "--write")
    assert ran.status == 1
    assert "Moved what can be proven in 1 file" in ran.errors
    assert "IOM916 left alone: send on a socket" in ran.errors
