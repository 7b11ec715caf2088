import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from iomodels.contract.server import Launch
from models.ground.program import CANNOT_LISTEN, UNAVAILABLE, USAGE, nearest
from tests.models.ground.meeting import ROOT, receive

OWN_SERVICE = """
from models.ground.conversation import Conversation

class Mirror(Conversation):
    def receive(self, data):
        if data:
            self.say(data[::-1])
        else:
            self.end()

def broken():
    raise OSError("no database")

def needy(database):
    return Mirror()

async def later():
    return Mirror()

def of_another_kind():
    return "hello"

text = "hello"
"""


def run(*arguments: str, model: str = "select", python: tuple[str, ...] = (sys.executable,), cwd: Path = ROOT) -> "Ran":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    command = [*python, "-m", f"models.{model}", *arguments]
    ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=20, check=False)
    return Ran(ended.returncode, ended.stdout, ended.stderr, f"models.{model}: ")


class Ran:
    """A program that was to end by itself."""

    def __init__(self, status: int, output: str, errors: str, name: str) -> None:
        self.status = status
        self.output = output
        self.errors = errors
        self._name = name

    def refusal(self, status: int) -> str:
        """What its one line on standard error says; there is no other word, and the exit status is `status`."""
        assert (self.status, self.output) == (status, ""), self.errors
        assert self.errors.startswith(self._name), self.errors
        assert self.errors.endswith("\n")
        assert self.errors.count("\n") == 1, self.errors
        return self.errors.removeprefix(self._name).rstrip()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A directory of the user's, with a module that has services."""
    (tmp_path / "mine.py").write_text(OWN_SERVICE)
    (tmp_path / "untidy.py").write_text("def service(:\n")
    (tmp_path / "raising.py").write_text("raise RuntimeError('first line\\nsecond line')\n")
    (tmp_path / "lacking.py").write_text("import a_module_that_is_not_there\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--prot", "80"], "unknown option --prot; did you mean --port?"),
        (["--prot=80"], "unknown option --prot=80; did you mean --port?"),
        (["--max-connection", "3"], "unknown option --max-connection; did you mean --max-connections?"),
        (["--zzz"], "unknown option --zzz"),
        (["--pause", "1"], "unknown option --pause"),
        (["8080"], "unknown argument 8080"),
        (["--port", "many"], "argument --port: 'many' is not a port: 0 to 65535"),
        (["--port", "65536"], "argument --port: '65536' is not a port: 0 to 65535"),
        (["--port=-1"], "argument --port: '-1' is not a port: 0 to 65535"),
        (["--port"], "argument --port: expected one argument"),
        (["--max-connections", "0"], "argument --max-connections: '0' is not a number of 1 to 2147483647"),
        (["--backlog", "99999999999"], "argument --backlog: '99999999999' is not a number of 1 to 2147483647"),
        (["--grace", "soon"], "argument --grace: 'soon' is not a number of seconds"),
        (["--grace", "nan"], "argument --grace: 'nan' is not a number of seconds"),
        (["--request-timeout=-1"], "argument --request-timeout: '-1' is not a number of seconds"),
        (["--unix", ""], "argument --unix: it is empty"),
        (["--service", "uper"], "no service called 'uper'; did you mean upper?"),
        (["--service", "upper_sb"], "no service called 'upper_sb'; did you mean upper-sb?"),
        (["--service", "chess"], "no service called 'chess'"),
        (["--service", ""], "no service called ''"),
    ],
)
def test_a_wrong_command_line_costs_one_line(arguments: list[str], line: str) -> None:
    assert run(*arguments).refusal(USAGE) == line


def test_a_wrong_choice_names_the_right_ones() -> None:
    line = run("--log-level", "loud").refusal(USAGE)
    assert line.startswith("argument --log-level: invalid choice: 'loud'")
    assert "warning" in line


@pytest.mark.parametrize(
    ("model", "arguments", "line"),
    [
        ("thread_pool", ["--workers", "0"], "argument --workers: '0' is not a number of 1 to 2147483647"),
        ("prefork", ["--workers", "two"], "argument --workers: 'two' is not a number of 1 to 2147483647"),
        ("nonblocking", ["--pause", "long"], "argument --pause: 'long' is not a number of seconds"),
        ("epoll", ["--edge=yes"], "argument --edge: ignored explicit argument 'yes'"),
        ("thread_pool", ["--worker", "3"], "unknown option --worker; did you mean --workers?"),
    ],
)
def test_so_does_a_wrong_option_of_a_models_own(model: str, arguments: list[str], line: str) -> None:
    assert run(*arguments, model=model).refusal(USAGE) == line


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        ("thread_pool", "--workers INT how many threads serve (default: 16)"),
        ("prefork", "--workers INT how many processes serve (default: 4)"),
        ("nonblocking", "--pause FLOAT seconds to sleep after a turn without news (default: 0.001)"),
        ("epoll", "--edge edge-triggered: be told once, then go on until EAGAIN"),
    ],
)
def test_help_shows_the_docstring_and_a_models_own_options(model: str, shown: str) -> None:
    ran = run("--help", model=model)
    assert (ran.status, ran.errors) == (0, "")
    docstring = (ROOT / "models" / f"{model}.py").read_text().split('"""')[1]
    assert docstring.strip() in ran.output
    words = " ".join(ran.output.split())
    assert shown in words
    assert "--service SERVICE what is said: http, lines, resp, upper, upper-sb, or package.module:factory" in words


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = run("--port", port).refusal(CANNOT_LISTEN)
    assert line == f"cannot listen on 127.0.0.1:{port}: Address already in use"


def test_an_address_that_is_not_ours() -> None:
    line = run("--host", "192.0.2.1", "--port", "0").refusal(CANNOT_LISTEN)
    assert line == "cannot listen on 192.0.2.1:0: Cannot assign requested address"
    assert run("--host", "2001:db8::1").refusal(CANNOT_LISTEN).startswith("cannot listen on [2001:db8::1]:8080: ")


def test_a_host_that_cannot_be_resolved() -> None:
    assert (
        run("--host", "no-such-host.invalid").refusal(CANNOT_LISTEN).startswith("cannot listen on no-such-host.invalid:8080: ")
    )


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".org"])
def test_a_host_that_cannot_even_be_spelt(host: str) -> None:
    assert run("--host", host).refusal(CANNOT_LISTEN) == f"cannot listen on {host}:8080: {host!r} is not a host name"


def test_a_path_that_cannot_be_listened_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    assert run("--unix", str(tmp_path / "file")).refusal(CANNOT_LISTEN).endswith("/file: Address already in use")
    assert run("--unix", str(tmp_path / "no" / "s")).refusal(CANNOT_LISTEN).endswith("/no/s: No such file or directory")
    assert run("--unix", "/tmp/" + "x" * 200).refusal(CANNOT_LISTEN).endswith("x: AF_UNIX path too long")


@pytest.mark.parametrize(("service", "module"), [("http", "h11"), ("resp", "hiredis")])
def test_a_service_whose_module_is_not_installed(service: str, module: str) -> None:
    python = (sys.executable, "-S")  # without site-packages
    line = run("--service", service, python=python).refusal(USAGE)
    assert line == f"service {service!r} cannot be loaded: No module named {module!r}; pip install {module}"


def test_a_model_whose_module_is_not_installed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "models", tmp_path / "models", ignore=shutil.ignore_patterns("__pycache__"))
    model = tmp_path / "models" / "asyncore.py"
    model.write_text(
        model.read_text().replace('require("asyncore", package="pyasyncore")', 'require("nowhere", package="py-nowhere")')
    )
    environment: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "models.asyncore", "--port", "0"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=20, check=False)
    line = Ran(ended.returncode, ended.stdout, ended.stderr, "models.asyncore: ").refusal(UNAVAILABLE)
    assert line == "it needs the module nowhere, which is not installed; pip install py-nowhere"


def test_a_service_of_the_users_own_is_found_in_the_current_directory(own: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "models.select", "--port", "0", "--service", "mine:Mirror"]
    server = Launch(command, flags=True, environment=environment, directory=own).start()
    try:
        with socket.create_connection((server.host, server.port), 10) as client:
            client.sendall(b"abc")
            assert receive(client, 3) == b"cba"
    finally:
        server.stop()
    assert server.status == 0


@pytest.mark.parametrize(
    ("service", "line"),
    [
        ("mine:Miror", "service 'mine:Miror' cannot be loaded: module 'mine' has no attribute 'Miror'"),
        ("mine:", "service 'mine:' cannot be loaded: module 'mine' has no attribute ''"),
        ("yours:Mirror", "service 'yours:Mirror' cannot be loaded: No module named 'yours'"),
        (":Mirror", "service ':Mirror' cannot be loaded: ValueError('Empty module name')"),
        ("mine:text", "service 'mine:text' is not callable"),
        ("mine:of_another_kind", "service 'mine:of_another_kind' makes an object of type str, not a Conversation"),
        ("mine:later", "service 'mine:later' is a coroutine function; a factory is an ordinary one"),
        ("mine:broken", "service 'mine:broken' cannot start a conversation: OSError('no database')"),
        ("lacking:service", "service 'lacking:service' cannot be loaded: No module named 'a_module_that_is_not_there'"),
        ("raising:service", "service 'raising:service' cannot be loaded: RuntimeError('first line\\nsecond line')"),
    ],
)
def test_a_service_of_the_users_own_that_cannot_work_costs_one_line(own: Path, service: str, line: str) -> None:
    assert run("--service", service, cwd=own).refusal(USAGE) == line


def test_a_service_with_a_syntax_error_is_named_with_file_and_line(own: Path) -> None:
    line = run("--service", "untidy:service", cwd=own).refusal(USAGE)
    assert line.startswith("service 'untidy:service' cannot be loaded: SyntaxError(")
    assert "untidy.py', 1" in line


def test_a_factory_that_wants_arguments_is_no_factory(own: Path) -> None:
    line = run("--service", "mine:needy", cwd=own).refusal(USAGE)
    assert line.startswith("service 'mine:needy' cannot start a conversation: TypeError(")
    assert "'database'" in line


def test_only_a_near_word_is_suggested() -> None:
    assert nearest("--prot", ["--port", "--host"]) == "; did you mean --port?"
    assert nearest("--quux", ["--port", "--host"]) == ""
    assert nearest("x", []) == ""
