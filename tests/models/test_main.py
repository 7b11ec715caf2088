import ast
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from iomodels.catalogue import variants
from iomodels.contract.server import Launch
from tests.models.ground.meeting import ROOT


def run(*words: str, house: Path = ROOT) -> tuple[int, str, str]:
    environment = {**os.environ, "PYTHONPATH": str(house)}
    command = [sys.executable, "-m", "models", *words]
    ended = subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True, timeout=30, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def listed(output: str) -> tuple[dict[str, str], dict[str, str]]:
    """The servers and the others, each with what it says."""
    servers, others = re.fullmatch(r"(?s).*Servers:\n(.*)\n\nBeside them:\n(.*?)\n\n(?:On|Run) .*", output).groups()  # type: ignore[union-attr]
    return dict(map(pair, servers.splitlines())), dict(map(pair, others.splitlines()))


def pair(line: str) -> tuple[str, str]:
    name, says = line.split(maxsplit=1)
    return name, says


def first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


def test_without_a_name_it_lists_every_model_with_the_first_line_of_its_docstring() -> None:
    status, output, errors = run()
    assert (status, errors) == (0, "")
    servers, others = listed(output)
    assert servers | others == {path.stem: first_line(path) for path in (ROOT / "models").glob("[!_]*.py")}
    assert list(servers) == sorted(servers)
    assert list(servers) == [variant.model for variant in variants() if variant.runtime == "sockets"]
    assert list(others) == ["calls", "client", "client_pool"]


def test_it_says_how_to_run_one_and_what_it_says_works() -> None:
    _, output, _ = run()
    hints = re.findall(r"python -m models (.*?)  ", output)
    assert len(hints) == 3
    for hint in hints:
        status, shown, errors = run(hint.split()[0], *hint.split()[1:], "--help")
        assert (status, errors) == (0, "")
        assert all(option in shown for option in hint.split() if option.startswith("--") and option != "--on")


def test_the_readme_shows_the_grid_as_it_is() -> None:
    _, output, _ = run()
    grid = output[output.index("On other runtimes:") :].rstrip()
    assert grid in (ROOT / "README.md").read_text()


def test_the_grid_shows_every_model_on_every_runtime_and_whose_code_it_is() -> None:
    _, output, _ = run()
    head, *rows = re.search(r"(?s)On other runtimes:\n(.*?)\n\n", output)[1].splitlines()  # type: ignore[index]
    runtimes = head.split()
    assert runtimes == ["sockets", "asyncio", "trio", "anyio"]
    told: dict[str, str] = {}
    for row in rows:
        name, *cells = re.split(r"  +", row.strip())
        told |= {f"{runtime}/{name}": says for runtime, says in zip(runtimes, cells, strict=True)}
    for variant in (each for each in variants() if not each.options):  # on another loop it is the same program
        same_as = variant.profile.same_as
        assert told[variant.name].startswith("as " if same_as else "yes") or variant.name == "asyncio/epoll"
        assert same_as is None or told[variant.name] == f"as {same_as.partition('/')[2]}"


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_says_what_it_is_and_lists_them_as_well(option: str) -> None:
    status, output, errors = run(option)
    assert (status, errors) == (0, "")
    assert output.startswith("usage: python -m models [NAME [options]]\n\n" + first_line(ROOT / "models" / "__main__.py"))
    assert output.endswith(run()[1])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["selekt"], "no model is called 'selekt'; did you mean select?"),
        (["thread-pool"], "no model is called 'thread-pool'; did you mean thread_pool?"),
        (["zzz", "--port", "80"], "no model is called 'zzz'; python -m models lists them"),
        (["ground"], "no model is called 'ground'; python -m models lists them"),
        (["__main__"], "no model is called '__main__'; python -m models lists them"),
        ([""], "no model is called ''; python -m models lists them"),
        (["--hepl"], "unknown option --hepl; did you mean --help?"),
        (["--port", "80"], "unknown option --port"),
    ],
)
def test_what_it_does_not_know_costs_one_line(words: list[str], line: str) -> None:
    assert run(*words) == (2, "", f"models: {line}\n")


def test_a_model_that_cannot_be_imported_is_listed_all_the_same(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "models", tmp_path / "models", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "models" / "absent.py").write_text('"""Wait for Godot.\n\nMore."""\nimport godot\ndef serve(): ...\n')
    (tmp_path / "models" / "_hidden.py").write_text('"""Nobody sees it."""\n')
    servers, others = listed(run(house=tmp_path)[1])
    assert servers["absent"] == "Wait for Godot."
    assert "_hidden" not in servers | others


def test_a_model_runs_under_its_own_name_with_its_own_options() -> None:
    usage = "models.select: unknown option --prot; did you mean --port?\n"
    assert run("select", "--prot", "80") == (2, "", usage)
    assert run("thread_pool", "--help") == run_directly("thread_pool", "--help")


def run_directly(model: str, *words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", f"models.{model}", *words]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("model", ["select", "prefork"])
def test_a_server_that_was_started_so_serves_and_stops(model: str) -> None:
    server = Launch([sys.executable, "-m", "models", model, "--port", "0"], directory=ROOT).start()
    try:
        client = subprocess.run(
            [sys.executable, "-m", "models", "client", "--port", str(server.port), "--send", "hello"],
            cwd=ROOT,
            capture_output=True,
            timeout=30,
            check=False,
        )
    finally:
        server.stop()
    assert (client.returncode, client.stdout, client.stderr) == (0, b"HELLO\n", b"")
    assert server.status == 0


@pytest.mark.parametrize("runtime", ["asyncio", "trio", "anyio"])
def test_the_pair_runs_on_another_runtime_by_both_commands(runtime: str) -> None:
    module = f"async_models.{runtime}.select"
    for words in (["models.select", "--on", runtime], ["models", "select", "--on", runtime], [module]):
        server = Launch([sys.executable, "-m", *words, "--port", "0"], directory=ROOT).start()
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"hello")
            assert client.recv(64) == b"HELLO"
        server.stop()
        assert server.status == 0
        assert f"{module}: stopping" in server.last_words()


def test_a_runtime_that_is_none_costs_one_line() -> None:
    assert run("select", "--on", "tri") == (2, "", "models.select: select is not on 'tri'; did you mean trio?\n")
    assert run("select", "--on") == (2, "", "models.select: argument --on: expected one argument\n")
    assert run("select", "--on", "trio", "--loop", "uvloop")[0::2] == (
        2,
        "async_models.trio.select: unknown option --loop; did you mean --help?\n",
    )


def test_calls_start_their_processes_so_as_well() -> None:
    status, output, errors = run("calls")
    assert (status, errors) == (0, "")
    assert "opened the gate, then waited: 49" in output


def test_a_reader_who_has_seen_enough_costs_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "models"]
    ended = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=30, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, "")
