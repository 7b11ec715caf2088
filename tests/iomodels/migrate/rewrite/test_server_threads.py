"""A server of socketserver in a thread of its own: what moves does as it did, and what would not is left alone."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from iomodels.migrate.rewrite import Target, rewrite

from .test_behaviour import FORMS, connected, exchange, running

PROGRAM = """import signal, socketserver, sys, threading, time
lock = threading.Lock()
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        data = self.request.recv(1024)
        with lock: print(data)
        self.request.sendall(data)
class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    pass
def nap(): time.sleep(9)
with Server(("", 9999), Handler) as server:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with lock: print("serving")
    signal.pause()
    server.shutdown()
"""
STRAIGHT = """server = Server(("", 9999), Handler)
thread = threading.Thread(target=server.serve_forever, daemon=True)
thread.start()
try:
    while True: time.sleep(1)
except KeyboardInterrupt: pass
server.shutdown()
server.server_close()
thread.join()
"""


def changed(old: str, new: str) -> str:
    assert old in PROGRAM
    return PROGRAM.replace(old, new)


def before_server(lines: str, text: str) -> str:
    return text.replace("with Server", f"{lines}with Server")


def straight(old: str, new: str, *, daemon_threads: bool = False) -> str:
    assert old in STRAIGHT
    text = PROGRAM[: PROGRAM.index("with Server")] + STRAIGHT.replace(old, new)
    return text.replace("    pass\n", "    daemon_threads = True\n", 1) if daemon_threads else text


TARGET = "target=server.serve_forever"
BEGIN = "def begin(): threading.Thread(target=server.serve_forever).start()\n"
MINE = "class Mine(threading.Thread):\n    def run(self): server.serve_forever()\n"
MAIN = "async def main():\n  with Server"
STOP = "    signal.pause()\n    server.shutdown()\n"
RUN = "def run():\n    server.serve_forever()\n"
REFUSED = {
    "a join long after": (
        "IOM932",
        changed(STOP, f"{STOP}    time.sleep(1)\n    thread.join()\n"),
        "lives until its clients end",
    ),
    "a join of what a client stops": (
        "IOM932",
        changed(STOP, "    thread.join()\n").replace("print(data)", "threading.Thread(target=self.server.shutdown).start()"),
        "lives until its clients end",
    ),
    "the thread is asked": ("IOM932", changed("signal.pause()", "print(thread.is_alive())"), "`thread.is_alive`"),
    "the thread is handed on": ("IOM932", changed("signal.pause()", "print(thread)"), "`thread`: what else"),
    "threads are counted": (
        "IOM909",
        changed("signal.pause()", "print(threading.active_count())"),
        "takes tasks for one thread",
    ),
    "a client stops the server": ("IOM932", changed("print(data)", "self.server.shutdown()"), "would wait for itself"),
    "a lock is held": ("IOM904", changed('print("serving")', "time.sleep(9)"), "holds a lock that clients wait for"),
    "a server's lock is held": (
        "IOM904",
        changed('with lock: print("serving")', "with server.lock: nap()").replace("with lock", "with self.server.lock"),
        "holds a lock that clients wait for",
    ),
    "a lock is held by a call": ("IOM904", changed('print("serving")', "nap()"), "holds a lock that clients wait for"),
    "a lock is acquired": ("IOM904", changed("signal.pause()", "lock.acquire()"), "how long `lock` is held"),
    "a daemon, or not": (
        "IOM932",
        changed("    thread.start", "    if len(sys.argv): thread.daemon = False\n    thread.start"),
        "depends",
    ),
    "a daemon by its maker": (
        "IOM932",
        before_server(BEGIN, changed(TARGET, "target=begin")),
        "it is a daemon when the thread is that makes it",
    ),
    "more after it": ("IOM932", before_server(f"{RUN}    print('over')\n", changed(TARGET, "target=run")), "what comes after"),
    "in a thread, and not": (
        "IOM932",
        before_server(RUN, changed(TARGET, "target=run").replace("signal.pause", "run")),
        "where this is called",
    ),
    "a lambda": ("IOM932", changed(TARGET, "target=lambda: server.serve_forever()"), "what comes after that"),
    "a subclass": (
        "IOM932",
        before_server(MINE, changed(f"threading.Thread({TARGET}, daemon=True)", "Mine()")),
        "what comes after that",
    ),
    "two kinds": (
        "IOM932",
        changed("signal.pause()", "Server(('', 9998), Handler).serve_forever()"),
        "another where it is called",
    ),
    "from a coroutine": ("IOM932", changed("with Server", MAIN).replace("\n    ", "\n      "), "a coroutine starts it"),
    "not joined": ("IOM932", changed("    pass\n", "    block_on_close = False\n"), "`block_on_close` is off"),
    "nobody closes it": ("IOM932", straight("server.server_close()\n", ""), "the end of the program waited"),
    "its end is its own": (
        "IOM932",
        changed("    pass\n", "    def __exit__(self, *error): print('left')\n"),
        "the end of the program waited",
    ),
    "its close is its own": (
        "IOM932",
        changed("    pass\n", "    def server_close(self): print('open')\n"),
        "the end of the program waited",
    ),
    "another one is closed": (
        "IOM932",
        straight("server.server_close()", "server = Server(('', 9998), Handler)\nserver.server_close()"),
        "the end of the program waited",
    ),
    "closed, if all goes well": ("IOM932", straight("time.sleep(1)", "input()"), "the end of the program waited"),
    "closed, without Ctrl-C": (
        "IOM932",
        straight("except KeyboardInterrupt", "except ValueError"),
        "the end of the program waited",
    ),
    "clients end with the program": (
        "IOM932",
        straight("daemon=True", "daemon=False", daemon_threads=True),
        "clients, which ended with the program, would keep the thread",
    ),
}
MOVED = {
    "with": PROGRAM,
    "straight": straight("", ""),
    "daemons": straight("thread.join()\n", "thread.join()\nsignal.pause()\n", daemon_threads=True),
    "no daemon": straight("daemon=True", "daemon=False"),
    "a function": before_server(RUN, changed(TARGET, "target=run")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_left_alone(case: str) -> None:
    code, text, why = REFUSED[case]
    done = rewrite(text, f"{case}.py", Target.TRIO)
    assert not done.changes
    assert done.text == text
    assert any(refusal.code == code and why in refusal.text for refusal in done.refusals), done.refusals


@pytest.mark.parametrize("case", MOVED)
def test_it_is_moved_and_the_thread_stays(case: str) -> None:
    done = rewrite(MOVED[case], f"{case}.py", Target.ASYNCIO)
    assert "threading.Thread(target=" in done.text
    assert "asyncio.run" in done.text


def test_a_join_that_has_nothing_to_wait_for_goes_and_one_after_the_close_stays() -> None:
    daemons, others = (rewrite(MOVED[case], "", Target.TRIO) for case in ("daemons", "straight"))
    assert "thread.join()" not in daemons.text
    assert "thread.join()" in others.text
    assert any("`join` has nothing to wait for" in change.text for change in daemons.changes)


def until(answer: bytes, ask: Callable[[], bytes]) -> None:
    while ask() != answer:
        pass


@FORMS
def test_shutdown_lets_clients_be_served_and_closing_waits_for_them(target: Target | None, tmp_path: Path) -> None:
    with running("socketserver_in_thread", target, tmp_path) as server:
        with connected(server) as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"serving HELLO"
            assert exchange(server.port, b"second") == b"serving SECOND"
            server.signal(signal.SIGINT)

            def ask() -> bytes:
                client.sendall(b"there?")
                return client.recv(100)

            until(b"stopped THERE?", ask)
            with pytest.raises(OSError):  # noqa: PT011 - refused, or reset where it came just before the close
                exchange(server.port, b"third")
            assert ask() == b"stopped THERE?"
        server.expect_end()
        assert server.rest_of_output().endswith(b"closed\n")


@FORMS
def test_shutdown_waits_for_the_conversation_of_a_server_in_turn(target: Target | None, tmp_path: Path) -> None:
    with running("socketserver_in_turn_in_thread", target, tmp_path) as server:
        with connected(server) as client:
            client.sendall(b"hello\n")
            assert client.recv(100) == b"HELLO\n"
            server.signal(signal.SIGTERM)
            client.sendall(b"there?\n")
            assert client.recv(100) == b"THERE?\n"
        server.expect_end()
        assert server.rest_of_output() == b"serving\nstopped\nclosed\n"
