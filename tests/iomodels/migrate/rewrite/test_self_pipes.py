"""Servers that a signal ends through a pipe: moved, they end as they did; what is more than that is left alone."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_connection

import pytest

from iomodels.contract.server import free_port
from iomodels.migrate.rewrite import Target, rewrite

INPUTS = Path(__file__).parent / "inputs"
PATIENCE = 10.0
FORMS = pytest.mark.parametrize("target", [None, *Target], ids=["before", *Target])
STATUS = {
    "self_pipe_select": (0, b"stopping\nstopped\n"),
    "self_pipe_wakeup": (3, b"a signal\n"),
    "self_pipe_flag": (0, b"stopping\nstopped\n"),
    "self_pipe_list": (0, b""),
    "self_pipe_poll": (2, b"bye\n"),
    "self_pipe_threads": (5, b"serving\nstopping\n"),
}


@contextmanager
def running(name: str, target: Target | None, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A program, as it is or rewritten, which says itself what becomes of it."""
    text = (INPUTS / f"{name}.py").read_text()
    file = folder / f"{name}.py"
    file.write_text(text if target is None else rewrite(text, name, target).text)
    program = subprocess.Popen([sys.executable, str(file), str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def connected(stack: ExitStack, program: subprocess.Popen[bytes], port: int) -> int:
    """A client that has been answered. Returns its descriptor."""
    while program.poll() is None:
        try:
            client = create_connection(("127.0.0.1", port), PATIENCE)
        except ConnectionRefusedError:
            continue  # it does not listen yet
        stack.enter_context(client)
        client.sendall(b"hello")
        assert client.recv(100) == b"HELLO"
        return client.fileno()
    raise AssertionError(f"it has ended: {program.communicate()}")


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "number"),
    [*((name, signal.SIGTERM) for name in STATUS), ("self_pipe_select", signal.SIGINT), ("self_pipe_wakeup", signal.SIGINT)],
)
@FORMS
def test_a_signal_ends_it_with_clients_connected(name: str, number: int, target: Target | None, tmp_path: Path) -> None:
    port = free_port()
    with running(name, target, tmp_path, port) as program, ExitStack() as stack:
        clients = [connected(stack, program, port) for _ in range(3)]
        program.send_signal(number)
        said, failed = program.communicate(timeout=PATIENCE)
        assert (program.returncode, said, failed) == (*STATUS[name], b"")
        for client in clients:
            assert select.select([client], [], [], PATIENCE)[0]
            assert os.read(client, 100) == b""
        with pytest.raises(ConnectionRefusedError):
            create_connection(("127.0.0.1", port), PATIENCE)


@FORMS
def test_a_signal_ends_it_when_all_clients_have_gone(target: Target | None, tmp_path: Path) -> None:
    port = free_port()
    with running("self_pipe_threads", target, tmp_path, port) as program:
        with ExitStack() as stack:
            connected(stack, program, port)
        program.send_signal(signal.SIGTERM)
        said, _ = program.communicate(timeout=PATIENCE)
        assert (program.returncode, said) == STATUS["self_pipe_threads"]


@FORMS
def test_a_signal_before_the_loop_ends_it_at_once(target: Target | None) -> None:
    line = "    clients = []\n"
    text = (INPUTS / "self_pipe_select.py").read_text().replace(line, f"{line}    os.kill(os.getpid(), signal.SIGTERM)\n")
    new = text if target is None else rewrite(text, "early.py", target).text
    done = subprocess.run([sys.executable, "-c", new, "0"], capture_output=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == STATUS["self_pipe_select"]


LEFT_ALONE = [
    (
        "the handler does more",
        "select",
        "        os.write(writable,",
        '        print("signal")\n        os.write(writable,',
        "IOM920",
    ),
    ("the handler is called", "select", "    clients = []\n", "    clients = []\n    on_signal(0, None)\n", "IOM920"),
    (
        "what is read is looked at",
        "select",
        "            os.read(readable, 100)\n",
        "            print(os.read(readable, 100))\n",
        "IOM920",
    ),
    ("the loop goes on", "select", "            break\n", "", "IOM920"),
    (
        "a signal without a constant",
        "select",
        "signal.signal(signal.SIGINT, on",
        "signal.signal(int(sys.argv[2]), on",
        "IOM920",
    ),
    (
        "a signal that may not be waited for",
        "select",
        "    signal.signal(signal.SIGINT,",
        "    if port:\n        signal.signal(signal.SIGINT,",
        "IOM920",
    ),
    ("nothing is written", "select", 'b"x"', 'b""', "IOM920"),
    (
        "a client writes, too",
        "select",
        "                    sock.sendall(data.upper())\n",
        "                    os.write(writable, data)\n",
        "IOM920",
    ),
    ("what the loop had is told", "select", '"stopping", flush', '"stopping", ready, flush', "IOM920"),
    (
        "the number of what is watched is told",
        "list",
        '"shutting down"',
        '"shutting down %d", len(self.inputs)',
        "IOM920",
    ),
    (
        "a list with it is gone through",
        "list",
        "            s.close()\n        self.w",
        "            print(s)\n        self.w",
        "IOM920",
    ),
    (
        "another handler does something",
        "wakeup",
        "signal.signal(number, lambda *_: None)",
        "signal.signal(number, lambda *_: print(1))",
        "IOM923",
    ),
    ("the flag is asked", "wakeup", "        return 3\n", "        return 3 + self.running\n", "IOM923"),
    (
        "somebody else ends it",
        "wakeup",
        "            sock.sendall(",
        "            self.running = data != b'quit'\n            sock.sendall(",
        "IOM923",
    ),
    (
        "a thread is started",
        "flag",
        "    running = True\n",
        "    import threading\n\n    threading.Thread(target=print).start()\n    running = True\n",
        "IOM923",
    ),
    (
        "clients are served for a while",
        "threads",
        "    listener.close()\n",
        "    listener.close()\n    threading.Event().wait(5)\n",
        "",
    ),
    (
        "clients are told goodbye",
        "threads",
        "        client.shutdown(socket.SHUT_RDWR)\n",
        "        client.sendall(b'bye')\n",
        "",
    ),
    ("what serves is no daemon", "threads", "(client,), daemon=True", "(client,)", "IOM909"),
    (
        "clients are told of the end",
        "select",
        "            break\n",
        "            for client in clients:\n                client.sendall(b'bye')\n            break\n",
        "",
    ),
    ("what accepts is no daemon", "threads", "(listener,), daemon=True", "(listener,)", ""),
]


@pytest.mark.parametrize(("name", "old", "new", "code"), [row[1:] for row in LEFT_ALONE], ids=[row[0] for row in LEFT_ALONE])
def test_it_is_left_alone(name: str, old: str, new: str, code: str) -> None:
    text = (INPUTS / f"self_pipe_{name}.py").read_text()
    assert old in text
    changed = text.replace(old, new)
    done = rewrite(changed, name, Target.TRIO)
    assert done.text == changed
    assert not code or code in {refusal.code for refusal in done.refusals}
