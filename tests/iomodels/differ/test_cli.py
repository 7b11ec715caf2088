"""The command: what it prints, what it writes, and how it ends."""

import json
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.iomodels.differ.running import command
from tests.iomodels.running import environment, iomodels

PLAIN = ("--service", "lines", "--kind", "plain")


def test_alike_and_different_have_their_exit_status(tmp_path: Path) -> None:
    ran = iomodels("differ", "--old", command(), "--new", command(), *PLAIN, cwd=tmp_path)
    assert (ran.status, ran.output, ran.errors) == (0, "2 conversations alike\n", "")
    ran = iomodels("differ", "--old", command(), "--new", command("last-newline"), *PLAIN, cwd=tmp_path)
    assert ran.status == 1
    assert "BYE\\n" in ran.output
    assert ran.output.endswith("2 conversations: 1 different\n")
    assert ran.errors == ""


def test_a_difference_is_told_in_every_format_and_reproduced_by_its_recording(tmp_path: Path) -> None:
    outputs = [part for name in ("a.txt", "a.json", "a.xml", "a.html") for part in ("--output", name)]
    asked = ("differ", "--old", command(), "--new", command("error-reply"))
    ran = iomodels(*asked, "--service", "lines", "--kind", "mutated", "--format", "json", *outputs, cwd=tmp_path)
    assert ran.status == 1, ran.errors
    told = json.loads(ran.output)
    assert not told["alike"]
    (bad,) = [each for each in told["conversations"] if not each["alike"]]
    assert bad["differences"][0]["old"].endswith("ERROR not text\n")
    assert bad["differences"][0]["new"].endswith("ERROR bad text\n")
    assert json.loads((tmp_path / "a.json").read_text())["conversations"] == told["conversations"]
    assert "ERROR not text" in (tmp_path / "a.txt").read_text()
    (failure,) = ET.parse(tmp_path / "a.xml").getroot().iter("failure")
    assert "ERROR bad text" in (failure.text or "")
    page = (tmp_path / "a.html").read_text()
    assert "ERROR bad text" in page
    assert "http" not in page  # it asks nothing of the network
    assert "src=" not in page
    (recording,) = bad["recordings"]
    again = iomodels(*asked, recording, "--format", "json", cwd=tmp_path)
    assert again.status == 1
    (once,) = json.loads(again.output)["conversations"]
    assert once["differences"] == bad["shortest"]
    fixed = iomodels("differ", "--old", command(), "--new", command(), recording, cwd=tmp_path)
    assert (fixed.status, fixed.output) == (0, "1 conversation alike\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--new", f"{sys.executable} -c 'raise SystemExit(\"no such database\")'"), "no such database"),
        (("--new", "/nowhere/server {port}"), "cannot start"),
        (("--new", "'"), "--new: cannot read the command"),
        (("--new", command(), "none.jsonl"), "cannot read none.jsonl: No such file"),
        (("--new", command(), "--ignore", "("), "no regular expression"),
        (("--new", command(), "--watch", "none"), "not a folder"),
        (("--new", command(), "--keep", "--log"), "with --keep"),
        (("--new", command(), "--kind", "mutted"), "did you mean"),
    ],
)
def test_a_wrong_question_is_answered_in_one_line(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    ran = iomodels("differ", "--old", command(), "--service", "lines", *arguments, cwd=tmp_path)
    assert (ran.status, ran.output) == (2, "")
    assert words in ran.errors
    assert len(ran.errors.splitlines()) == 1


def test_nothing_to_ask_is_a_wrong_question(tmp_path: Path) -> None:
    ran = iomodels("differ", "--old", command(), "--new", command(), cwd=tmp_path)
    assert ran.status == 2
    assert "nothing to ask" in ran.errors


def test_servers_that_are_kept_are_asked_everything(tmp_path: Path) -> None:
    kinds = ("--service", "lines", "--kind", "plain", "--kind", "two", "--keep")
    ran = iomodels("differ", "--old", command(), "--new", command(), *kinds, cwd=tmp_path)
    assert (ran.status, ran.output) == (0, "4 conversations alike\n")
    ran = iomodels("differ", "--old", command(), "--new", command("serial"), *kinds, "--no-shrink", cwd=tmp_path)
    assert ran.status == 1
    assert "what client 2 has heard before step" in ran.output


def test_the_contracts_cases_are_compared(tmp_path: Path) -> None:
    cases = ("--contract", "--only", "half-close/flushes-then-fin", "--only", "lines/quit-any-case")
    ran = iomodels(
        "differ", "--old", "python -m models.threads", "--new", "python -m models.threads", *PLAIN, *cases, cwd=tmp_path
    )
    assert ran.status == 2  # it has no {port}, and prints no ready line in this folder
    old = f"{sys.executable} -m models.threads --service lines --port {{port}}"
    ran = iomodels(
        "differ", "--old", old, "--new", command("banner"), "--service", "lines", "--rounds", "0", *cases[:3], cwd=tmp_path
    )
    assert ran.status == 1
    assert "different: contract, half-close/flushes-then-fin" in ran.output
    assert ran.output.endswith("1 cases of the contract: 1 end otherwise\n")


def test_ctrl_c_ends_it_and_the_servers(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "iomodels", "differ", "--old", command(), "--new", command(), "--service", "lines"]
    with subprocess.Popen(
        [*words, "--rounds", "50"], cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        import psutil

        whole = psutil.Process(process.pid)
        while not (servers := whole.children()):
            pass
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.strip() == b""  # click ends the line in which `^C` stands
    psutil.wait_procs(servers, timeout=5)
    assert not any(server.is_running() for server in servers)
