"""`iomodels scan` as it is used: in a folder of somebody's, from the command line."""

import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.iomodels.running import Ran, iomodels

SERVER = """\
import socket
import threading


def handle(client):
    while data := client.recv(4096):
        client.sendall(data.upper())
    client.close()


listener = socket.create_server(("127.0.0.1", 8080))
while True:
    client, address = listener.accept()
    threading.Thread(target=handle, args=(client,)).start()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with one server in it."""
    (tmp_path / "server.py").write_text(SERVER)
    return tmp_path


def scan(folder: Path, *arguments: str) -> Ran:
    """Run it there, with a cache of the test's own."""
    return iomodels("scan", *arguments, cwd=folder, more={"XDG_CACHE_HOME": str(folder / "cache")})


def test_it_says_what_is_there_and_ends_with_1(project: Path) -> None:
    ran = scan(project)
    assert (ran.status, ran.errors) == (1, "")
    assert "server.py:13:23: IOM102" in ran.output
    assert "module (line 1): server, threads" in ran.output
    assert "Found 3 findings in 1 file" in ran.output
    assert scan(project).output.splitlines()[:-1] == ran.output.splitlines()[:-1]  # from the cache; the last line has a time
    assert any((project / "cache" / "iomodels").iterdir())


def test_nothing_found_ends_with_0(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print(1)\n")
    ran = scan(tmp_path)
    assert (ran.status, ran.errors) == (0, "")
    assert "Found nothing in 1 file" in ran.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere",), "nowhere: no such file or folder"),
        (("--select", "IOM1O2"), "no rule is called 'IOM1O2'; did you mean IOM"),
        (("--ignore", "accept-tread"), "accept-thread"),
        (("--format", "xml"), "no format is called 'xml'"),
        (("--statistics", "--format", "sarif"), "--statistics"),
        (("--baseline", "nowhere.json"), "nowhere.json"),
        (("--diff-base", "HEAD"), "repository"),
        (("--write-baseline", "no/folder.json"), "cannot write"),
        (("--jobs", "0"), "--jobs"),
    ],
)
def test_a_wrong_question_is_one_line_and_2(project: Path, arguments: tuple[str, ...], says: str) -> None:
    ran = scan(project, *arguments)
    assert (ran.status, ran.output, len(ran.errors.splitlines())) == (2, "", 1)
    assert says in ran.errors


def test_select_and_ignore(project: Path) -> None:
    codes = {
        line.split()[1] for line in scan(project, "--format", "concise", "--select", "IOM1").output.splitlines() if ":" in line
    }
    assert "IOM102" in codes
    assert scan(project, "--select", "IOM3").status == 0
    assert "IOM102" not in scan(project, "--ignore", "accept-thread").output


def test_every_format_is_what_it_says(project: Path) -> None:
    document = json.loads(scan(project, "--format", "json").output)
    assert document["schema_version"] == 1
    assert json.loads(scan(project, "--format", "sarif").output)["version"] == "2.1.0"
    assert ET.fromstring(scan(project, "--format", "junit").output).tag == "testsuites"
    assert scan(project, "--format", "github").output.startswith("::")
    assert "\n## Rules\n" in scan(project, "--format", "md").output
    assert scan(project, "--statistics").output.split()[1].startswith("IOM")
    written = scan(project, "--format", "json", "--output", "found.json")
    assert (written.status, written.output) == (1, "")
    assert json.loads((project / "found.json").read_text())["findings"] == document["findings"]


def test_a_comment_takes_a_finding_out_and_one_that_takes_out_nothing_is_told_of(project: Path) -> None:
    text = SERVER.replace("listener.accept()", "listener.accept()  # iomodels: ignore[IOM102] as it should be")
    (project / "server.py").write_text(text.replace("client.close()", "client.close()  # iomodels: ignore[IOM101]"))
    ran = scan(project)
    assert "IOM102" not in ran.output
    assert "1 by comments" in ran.output
    assert ran.errors.startswith("warning: server.py:8")


def test_a_baseline_leaves_what_is_known(project: Path) -> None:
    written = scan(project, "--write-baseline", "known.json")
    assert (written.status, written.output, written.errors) == (0, "", "known.json: a baseline of 3 findings\n")
    assert scan(project, "--baseline", "known.json").status == 0
    (project / "server.py").write_text(
        "# moved\n" + SERVER.replace("client.close()", "client.sendall(b'bye')\n    client.close()")
    )
    ran = scan(project, "--baseline", "known.json", "--format", "concise")
    assert [line.split()[1] for line in ran.output.splitlines() if line.startswith("server.py")] == ["IOM105"]


def test_the_difference_to_a_revision(project: Path) -> None:
    for arguments in (("init", "-q"), ("add", "."), ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")):
        subprocess.run(["git", *arguments], cwd=project, check=True)
    assert scan(project, "--diff-base", "HEAD").status == 0
    (project / "server.py").write_text(SERVER.replace("client.close()", "client.sendall(b'bye')\n    client.close()"))
    (project / "new.py").write_text(SERVER)
    lines = scan(project, "--diff-base", "HEAD", "--format", "concise").output.splitlines()
    assert (
        [line for line in lines if line.startswith("server.py")]
        == [line for line in lines if line.startswith("server.py:8:")]
        != []
    )
    assert sum(line.startswith("new.py") for line in lines) == 3


def test_settings_stand_in_pyproject(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.iomodels.scan]\nselect = ["IOM3"]\n')
    assert scan(project).status == 0
    (project / "pyproject.toml").write_text('[tool.iomodels.scan]\nexclude = ["server.py"]\n')
    assert "Found nothing in 0 files" in scan(project).output


def test_exit_zero(project: Path) -> None:
    assert scan(project, "--exit-zero").status == 0


def test_without_a_cache_nothing_is_kept(project: Path) -> None:
    scan(project, "--no-cache")
    assert not (project / "cache").exists()
