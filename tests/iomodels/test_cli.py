import json
import os
import pty
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import psutil
import pytest

from iomodels.catalogue import variants
from iomodels.contract.case import all_cases
from iomodels.contract.server import free_port
from tests.iomodels.running import ROOT, command_of, environment, iomodels, says_so

ONE = ("--only", "half-close/flushes-then-fin")


# What it lists.


def test_list_has_every_variant_in_every_format(tmp_path: Path) -> None:
    names = [variant.name for variant in variants()]
    assert [line.split()[0] for line in iomodels("list", cwd=tmp_path).output.splitlines()] == names
    document = json.loads(iomodels("list", "--format", "json", cwd=tmp_path).output)
    assert document["schema_version"] == 1
    assert [variant["name"] for variant in document["variants"]] == names
    assert iomodels("list", "--format", "md", cwd=tmp_path).output.count("\n| sockets/") == sum("sockets/" in n for n in names)


def test_list_probe_starts_each_that_is_chosen(tmp_path: Path) -> None:
    chosen = ("--variant", "sockets/select", "--variant", "trio/p*")
    document = json.loads(iomodels("list", "--probe", *chosen, "--format", "json", cwd=tmp_path).output)
    assert {variant["name"]: variant["unavailable"] for variant in document["variants"]} == dict.fromkeys(
        ("sockets/select", "trio/poll", "trio/prefork")
    )


def test_list_names_the_nearest_of_a_variant_that_is_none(tmp_path: Path) -> None:
    ended = iomodels("list", "--variant", "trio/pol", cwd=tmp_path)
    assert (ended.status, ended.output) == (2, "")
    assert "did you mean trio/poll?" in ended.errors


def test_cases_has_every_case_with_its_sentence_and_reference(tmp_path: Path) -> None:
    document = json.loads(iomodels("cases", "--format", "json", cwd=tmp_path).output)
    assert [entry["id"] for entry in document["cases"]] == [case.id for case in all_cases()]
    assert all(entry["says"] and entry["reference"] for entry in document["cases"])
    assert "half-close/flushes-then-fin\n  Every reply" in iomodels("cases", *ONE, cwd=tmp_path).output


def test_help_costs_no_server_and_ends_well(tmp_path: Path) -> None:
    names = [path.stem.replace("_", "-") for path in (ROOT / "iomodels/cli/commands").glob("[!_]*.py")]
    assert "bench-compare" in names
    for command in ([], *([name] for name in names)):
        ended = iomodels(*command, "--help", cwd=tmp_path)
        assert (ended.status, ended.errors) == (0, "")


# Checking a server.


def test_check_starts_a_server_by_command_and_prints_counts(tmp_path: Path) -> None:
    ended = iomodels("check", "--cmd", command_of("upper"), "--only", "half-close", cwd=tmp_path)
    assert (ended.status, ended.errors) == (0, "")
    assert ended.output.splitlines()[-1].endswith("not applicable")
    assert "passed" in ended.output.splitlines()[-1]


def test_check_takes_an_address(tmp_path: Path) -> None:
    server = says_so("upper").start()
    try:
        ended = iomodels("check", f"localhost:{server.port}", *ONE, cwd=tmp_path)
    finally:
        server.stop()
    assert (ended.status, ended.output.splitlines()[-1]) == (0, "1 passed")


@pytest.mark.parametrize("form", ["text", "json", "md", "junit", "github"])
def test_check_fails_with_status_1_and_the_reference_in_every_format(tmp_path: Path, form: str) -> None:
    ended = iomodels("check", "--cmd", command_of("lower"), *ONE, "--format", form, "--junit", "j.xml", cwd=tmp_path)
    assert (ended.status, ended.errors) == (1, "")
    assert "half-close/flushes-then-fin" in ended.output.replace('half-close" name="', "half-close/")
    suite = ET.fromstring((tmp_path / "j.xml").read_text())[0]
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("1", "1")
    if form == "json":
        assert json.loads(ended.output)["totals"]["fail"] == 1
    elif form == "junit":
        assert ET.fromstring(ended.output).tag == "testsuites"
    else:
        assert "1 failed" in ended.output


def test_a_server_that_dies_fails_its_case_with_its_last_words_and_the_rest_is_not_run(tmp_path: Path) -> None:
    ended = iomodels("check", "--cmd", f"{says_so('dies').text}", "--only", "half-close", cwd=tmp_path)
    assert ended.status == 1
    assert "the server ended: exit status 1" in ended.output
    assert "RuntimeError: I have had enough" in ended.output
    assert "not run:\n  the server had ended\n" in ended.output


# What was asked for wrongly: one line, status 2.

WRONG = {
    "iomodels: no command is called 'chek'; did you mean check?": ["chek"],
    "iomodels check: No such option '--servce'. Did you mean '--service'?": ["check", "--servce", "upper"],
    "did you mean upper?": ["check", "127.0.0.1:1", "--service", "uper"],
    "no case is called 'half-clos'; did you mean half-close?": ["check", "127.0.0.1:1", "--only", "half-clos"],
    "no case is called 'stopp'; did you mean stop?": ["matrix", "--skip", "stopp"],
    "no variant is called 'sockets/epol'; did you mean sockets/epoll?": ["matrix", "--variant", "sockets/epol"],
    "no variant is called 'selekt'; did you mean select?": ["serve", "selekt"],
    "no format is called 'jsn'; did you mean json?": ["list", "--format", "jsn"],
    "give HOST:PORT or --cmd COMMAND, one of them": ["check"],
    "give HOST:PORT or --cmd COMMAND, one of them ": ["check", "127.0.0.1:1", "--cmd", "x"],
    "'8080' is not an address": ["check", "8080"],
    "cannot start 'no-such-program'": ["check", "--cmd", "no-such-program {port}"],
    "No closing quotation": ["check", "--cmd", "'python"],
    "the command is empty": ["check", "--cmd", ""],
    "cannot read absent.toml": ["check", "127.0.0.1:1", "--profile", "absent.toml"],
    "half.json is not valid JSON": ["check", "127.0.0.1:1", "--profile", "half.json"],
    "cannot write nowhere/j.xml": ["check", "127.0.0.1:1", "--junit", "nowhere/j.xml"],
    "cannot write nowhere/r.md": ["matrix", "--output", "nowhere/r.md"],
    "r.pdf ends in none of .txt, .md, .json, .xml": ["matrix", "--output", "r.pdf"],
    "'soon' is not a valid float": ["check", "127.0.0.1:1", "--wait", "soon"],
}


@pytest.mark.parametrize("words", WRONG, ids=lambda words: words.strip().replace("/", "-"))
def test_a_wrong_question_gets_one_line_and_status_2(tmp_path: Path, words: str) -> None:
    (tmp_path / "half.json").write_text('{"capacity": 1, "not_')
    ended = iomodels(*WRONG[words], cwd=tmp_path)
    assert (ended.status, ended.output) == (2, "")
    assert len(ended.errors.splitlines()) == 1
    assert words.strip() in ended.errors


def test_a_closed_port_is_told_within_the_time_to_wait(tmp_path: Path) -> None:
    port = free_port()
    began = time.monotonic()
    ended = iomodels("check", f"127.0.0.1:{port}", "--wait", "0.5", cwd=tmp_path)
    assert (ended.status, ended.output) == (2, "")
    assert ended.errors == f"iomodels: nothing listens on 127.0.0.1:{port} (tried for 0.5 s)\n"
    assert time.monotonic() - began < 20


def test_a_command_that_ends_at_once_is_told_with_its_last_lines(tmp_path: Path) -> None:
    ended = iomodels("check", "--cmd", f"{sys.executable} -c 'raise SystemExit(\"no config\")' {{port}}", cwd=tmp_path)
    assert ended.status == 2
    assert "exit status 1" in ended.errors
    assert "no config" in ended.errors
    assert "Traceback" not in ended.errors


# Settings.


def test_settings_come_from_the_nearest_pyproject_and_the_command_line_wins(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.iomodels.cases]\nonly = ["half-close/at-once"]\nformat = "json"\n')
    (tmp_path / "deep").mkdir()
    document = json.loads(iomodels("cases", cwd=tmp_path / "deep").output)
    assert [entry["id"] for entry in document["cases"]] == ["half-close/at-once"]
    assert iomodels("cases", "--format", "text", cwd=tmp_path).output.startswith("half-close/at-once\n")


def test_a_path_in_the_settings_is_relative_to_their_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.iomodels.check]\nprofile = "ours.toml"\n')
    (tmp_path / "ours.toml").write_text('[not_applicable]\n"half-close/*" = "we never half-close"\n')
    (tmp_path / "deep").mkdir()
    ended = iomodels("check", "--cmd", command_of("upper"), *ONE, cwd=tmp_path / "deep")
    assert (ended.status, "we never half-close" in ended.output) == (0, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.iomodels.chek]\n", "no command is called [tool.iomodels.chek]; did you mean check?"),
        ("[tool.iomodels]\ncheck = 3\n", "no command is called [tool.iomodels.check]"),
        ("[tool.iomodels.check]\nservce = 'upper'\n", "has no option 'servce'; did you mean service?"),
        ("[tool.iomodels.check]\nservice = ['upper']\n", "service is not a value"),
        ("[tool.iomodels.check]\nonly = {a = 1}\n", "only is not a list of values"),
        ("[tool.iomodels.check]\nservice = 'uper'\n", "did you mean upper?"),
        ("[tool.iomodels.check\n", "pyproject.toml cannot be read"),
        ("tool = 3\n", "no settings"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    ended = iomodels("check", "127.0.0.1:1", "--wait", "0", cwd=tmp_path)
    assert ended.status == 2
    assert len(ended.errors.splitlines()) == 1
    if words != "no settings":
        assert words in ended.errors


# The matrix.


def test_the_matrix_prints_a_grid_and_ends_with_0_when_all_is_well(tmp_path: Path) -> None:
    ended = iomodels(
        "matrix", "--variant", "sockets/select", "--variant", "sockets/blocking", "--only", "half-close", cwd=tmp_path
    )
    assert (ended.status, ended.errors) == (0, "")
    assert "  1  sockets/blocking" in ended.output
    assert "  2  sockets/select" in ended.output


def test_a_report_in_a_file_has_the_format_that_its_suffix_says(tmp_path: Path) -> None:
    for name, beginning in {"r.md": "1 passed\n", "r.json": "{", "r.xml": "<?xml", "r.txt": "sockets/select\n"}.items():
        ended = iomodels("matrix", "--variant", "sockets/select", *ONE, "--output", name, cwd=tmp_path)
        assert ended.output.startswith("sockets/select\n")
        assert (tmp_path / name).read_text().startswith(beginning)


def test_the_matrix_gives_the_same_results_with_any_number_of_jobs(tmp_path: Path) -> None:
    shown = []
    for jobs in ("1", "3"):
        options = ("--variant", "[bs]*/[bs]elect*", "--only", "half-close", "--format", "json", "-j", jobs)
        document = json.loads(iomodels("matrix", *options, cwd=tmp_path).output)
        shown.append([(row["server"], row["case"], row["verdict"]) for row in document["results"]])
    assert shown[0] == shown[1]


# Interrupted.


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["check", "matrix"])
def test_interrupted_it_ends_every_server_and_says_so_by_its_status(
    tmp_path: Path, command: str, number: signal.Signals
) -> None:
    what = ["matrix", "-j", "2"] if command == "matrix" else ["check", "--cmd", command_of("upper")]
    process = subprocess.Popen(
        [sys.executable, "-m", "iomodels", *what],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    family = psutil.Process(process.pid)
    servers: list[psutil.Process] = []
    while not servers:
        assert process.poll() is None
        servers = [child for child in family.children(recursive=True) if _serves(child)]
    # Ctrl-C goes to the whole process group of the terminal, kill to the process alone; servers have sessions of their own.
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in errors
    assert not [server for server in servers if server.is_running() and server.status() != psutil.STATUS_ZOMBIE]


def _serves(process: psutil.Process) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    return any(word.startswith("models.") or word.endswith("servers/upper.py") for word in words)


# Where somebody looks.


def _on_a_terminal(tmp_path: Path, **more: str) -> str:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "iomodels", "check", "--cmd", command_of("lower"), *ONE]
    process = subprocess.Popen(words, cwd=tmp_path, env=environment(TERM="xterm", **more), stdout=theirs, stderr=theirs)
    os.close(theirs)
    came = b""
    try:
        while data := os.read(ours, 65536):
            came += data
    except OSError:  # EIO is a terminal's end of file
        pass
    os.close(ours)
    process.wait()
    return came.decode()


def test_a_terminal_gets_a_bar_and_colour(tmp_path: Path) -> None:
    came = _on_a_terminal(tmp_path)
    assert "1/1" in came
    assert "\x1b[31m" in came


def test_no_color_means_no_colour(tmp_path: Path) -> None:
    assert "\x1b[31m" not in _on_a_terminal(tmp_path, NO_COLOR="1", CI="1")


def test_a_file_gets_neither_but_for_force_color(tmp_path: Path) -> None:
    arguments = ("check", "--cmd", command_of("upper"), *ONE)
    plain, forced = iomodels(*arguments, cwd=tmp_path), iomodels(*arguments, cwd=tmp_path, more={"FORCE_COLOR": "1"})
    assert ("\x1b" in plain.output, plain.errors) == (False, "")
    assert "\x1b[32m" in forced.output


# Running a variant.


def test_serve_runs_a_variant_with_its_own_options(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "iomodels", "serve", "select", "--port", "0", "--service", "lines"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("listening on 127.0.0.1:")
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()
