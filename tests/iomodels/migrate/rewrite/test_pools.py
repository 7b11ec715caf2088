"""Pools of threads by hand: as many tasks serve as threads did, and what is more than that is left alone."""

import signal
import time
from contextlib import ExitStack
from pathlib import Path
from socket import socket

import pytest

from iomodels.contract.server import Server
from iomodels.migrate.rewrite import Target, rewrite
from tests.iomodels.migrate.rewrite.test_behaviour import FORMS, PATIENCE, connected, exchange, running

ACCEPTING = """import queue, socket, sys, threading, time
lock = threading.Lock()
counts = {}
def work(listener, number):
    while True:
        conn, addr = listener.accept()
        talk(conn)
def talk(conn):
    data = conn.recv(100)
    conn.sendall(data)
    conn.close()
def main():
    listener = socket.create_server(("127.0.0.1", 8000))
    threads = []
    for number in range(4):
        t = threading.Thread(target=work, args=(listener, number))
        t.start()
        threads.append(t)
    for t in threads:
        t.join()
if __name__ == "__main__":
    main()
"""
QUEUED = """import queue, socket, sys, threading, time
lock = threading.Lock()
def work(jobs, number):
    while True:
        conn, addr = jobs.get()
        talk(conn)
        jobs.task_done()
def talk(conn):
    data = conn.recv(100)
    conn.sendall(data)
    conn.close()
def main():
    jobs = queue.Queue(10)
    count = 4
    for number in range(count):
        t = threading.Thread(target=work, args=(jobs, number))
        t.daemon = True
        t.start()
    listener = socket.create_server(("127.0.0.1", 8000))
    while True:
        conn, addr = listener.accept()
        jobs.put((conn, addr))
if __name__ == "__main__":
    main()
"""
SUBCLASS = """import socket, threading
class Worker(threading.Thread):
    def __init__(self, listener):
        threading.Thread.__init__(self)
        self.listener = listener
    def run(self):
        while True:
            conn, addr = self.listener.accept()
            conn.sendall(b"hello")
            conn.close()
def main():
    listener = socket.create_server(("127.0.0.1", 8000))
    workers = [Worker(listener) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
main()
"""
JOIN = "    for t in threads:\n        t.join()\n"
TALK = "        talk(conn)\n"
GET = "        conn, addr = jobs.get()\n"
ACCEPT = "        conn, addr = listener.accept()\n"
PUT = "        jobs.put((conn, addr))\n"
START = "        t.start()\n"
REFUSED = {
    # threads that accept
    "joined for a time": (ACCEPTING, "t.join()", "t.join(10)", "IOM902"),
    "asked whether they live": (ACCEPTING, JOIN, JOIN + "    print(threads[0].is_alive())\n", "IOM909"),
    "work before the join": (ACCEPTING, JOIN, "    print('serving')\n" + JOIN, "IOM902"),
    "the main thread sleeps": (ACCEPTING, JOIN, "    while True:\n        time.sleep(1)\n", "IOM902"),
    "the main thread sleeps until Ctrl-C": (
        *(ACCEPTING, JOIN),
        "    try:\n        for t in threads:\n            t.join()\n    except KeyboardInterrupt:\n        print('bye')\n",
        "IOM902",
    ),
    "nobody waits for daemons": (
        ACCEPTING,
        START + "        threads.append(t)\n" + JOIN,
        "        t.daemon = True\n" + START,
        "IOM909",
    ),
    "something follows the call": (ACCEPTING.replace(JOIN, ""), "    main()\n", "    main()\n    print('started')\n", "IOM902"),
    "the listener is closed at once": (
        *(ACCEPTING.replace(JOIN, ""), "    threads = []\n    for number in range(4):\n"),
        "    threads = []\n    if listener:\n     with listener:\n      for number in range(4):\n",
        "IOM902",
    ),
    "a word at each start": (ACCEPTING, START, START + "        print('started', number)\n", "IOM902"),
    "a word of each worker": (ACCEPTING, "    while True:\n", "    print('worker', number)\n    while True:\n", "IOM902"),
    "a word before each accept": (ACCEPTING, ACCEPT, "        print('waiting')\n" + ACCEPT, "IOM902"),
    "how many is asked": (ACCEPTING, "range(4)", "range(int(input()))", "IOM902"),
    "a worker for each word": (ACCEPTING, "range(4)", "sys.argv", "IOM909"),
    "a limit of the listener": (ACCEPTING, "    threads = []\n", "    threads = []\n    listener.settimeout(5)\n", "IOM908"),
    "a worker closes the listener": (ACCEPTING, TALK, TALK + "        if counts: listener.close()\n", "IOM904"),
    "a lock round accept": (ACCEPTING, ACCEPT, "        with lock:\n            conn, addr = listener.accept()\n", "IOM902"),
    "a lock round the conversation": (ACCEPTING, TALK, "        with lock:\n            talk(conn)\n", "IOM913"),
    "it sleeps elsewhere": (ACCEPTING, TALK, TALK + "        sys.stdin.readline()\n", "IOM904"),
    "it ends all": (ACCEPTING, TALK, TALK + "        if addr in counts: raise SystemExit\n", "IOM909"),
    "two kinds of workers": (
        ACCEPTING,
        JOIN,
        JOIN + "    for _ in range(2): threading.Thread(target=work, args=(listener, 1)).start()\n",
        "IOM909",
    ),
    "a listener for each": (
        *(ACCEPTING.replace("work(listener,", "work(listener: socket.socket,"), "args=(listener, number)"),
        "args=([listener, listener][number % 2], number)",
        "IOM909",
    ),
    "a daemon, perhaps": (QUEUED, "t.daemon = True", "t.setDaemon()", "IOM902"),
    "the name is taken": (ACCEPTING, "counts = {}", "turn = {}", "IOM912"),
    "called as well": (ACCEPTING, JOIN, JOIN + "    work(listener, 9)\n", "IOM905"),
    "a connection for all": (ACCEPTING, "    while True:\n", "    global conn\n    while True:\n", "IOM903"),
    "it asks whether it lives": (SUBCLASS, 'sendall(b"hello")', 'sendall(b"%d" % self.is_alive())', "IOM909"),
    "a name that Thread gives": (SUBCLASS, 'sendall(b"hello")', "sendall(self.name.encode())", "IOM909"),
    "a word when it is made": (
        SUBCLASS,
        "        self.listener = listener\n",
        "        self.listener = listener\n        print('made')\n",
        "IOM902",
    ),
    # a queue
    "how many wait": (QUEUED, PUT, PUT + "        print(jobs.qsize())\n", "IOM909"),
    "a time to get": (QUEUED, GET, "        conn, addr = jobs.get(timeout=5)\n", "IOM909"),
    "got without waiting": (QUEUED, GET, "        conn, addr = jobs.get_nowait()\n", "IOM909"),
    "put without waiting": (QUEUED, PUT, PUT.replace(")\n", ", False)\n"), "IOM909"),
    "waited for in the end": (QUEUED, PUT, PUT + "        if counts: break\n    jobs.join()\n", "IOM909"),
    "by importance": (QUEUED, "queue.Queue(10)", "queue.PriorityQueue(10)", "IOM909"),
    "last in, first out": (QUEUED, "queue.Queue(10)", "queue.LifoQueue(10)", "IOM909"),
    "of processes": (QUEUED, "queue.Queue(10)", "__import__('multiprocessing').Queue(10)", "IOM909"),
    "a word at the end": (QUEUED, PUT, PUT + "    jobs.put(None)\n", "IOM909"),
    "a sentinel": (
        QUEUED,
        GET,
        "        job = jobs.get()\n        if job is None: break\n        conn, addr = job\n",
        "IOM902",
    ),
    "got from in two places": (QUEUED, "        jobs.task_done()\n", "        other, addr = jobs.get()\n", "IOM909"),
    "handed elsewhere": (QUEUED, PUT, PUT + "        sys.modules['spy'] = jobs\n", "IOM909"),
    "no end of their own": (
        QUEUED,
        "while True:\n        conn, addr = jobs",
        "while lock:\n        conn, addr = jobs",
        "IOM902",
    ),
    "other parts are put": (QUEUED, PUT, "        jobs.put((conn, addr, 1))\n", "IOM902"),
    "the rest of what was put": (QUEUED, "        conn, addr = jobs", "        conn, *addr = jobs", "IOM902"),
    "a connection that others see": (
        *(
            QUEUED.replace("def main():\n", "class Main:\n  def main(self):\n").replace("    main()\n", "    Main().main()\n"),
            ACCEPT + PUT,
        ),
        "        self.conn, addr = listener.accept()\n        jobs.put((self.conn, addr))\n",
        "IOM903",
    ),
    "the connection twice": (QUEUED, PUT, "        jobs.put((conn, conn))\n", "IOM903"),
    "used after it was put": (QUEUED, PUT, PUT + "        conn.sendall(b'welcome')\n", "IOM903"),
    "a word before the first": (QUEUED, GET, "        print('idle')\n" + GET, "IOM902"),
    "a word of each worker of it": (QUEUED, "    while True:\n" + GET, "    print(number)\n    while True:\n" + GET, "IOM902"),
    "another number later": (QUEUED, "    listener = socket", "    count = 5\n    listener = socket", "IOM902"),
    "no daemons, and it may not listen": (QUEUED, "        t.daemon = True\n", "", "IOM909"),
    "started by another": (
        *(QUEUED, "    listener = socket"),
        "    accept(jobs)\ndef accept(jobs):\n    listener = socket",
        "IOM902",
    ),
    "a lock round the queue's": (QUEUED, TALK, "        with lock:\n            talk(conn)\n", "IOM913"),
    "a limit when it is late": (
        QUEUED,
        "    data = conn.recv",
        "    conn.sendall(b'1')\n    conn.settimeout(3)\n    data = conn.recv",
        "IOM908",
    ),
    "a limit after a word": (
        *(QUEUED.replace(TALK, "        conn.settimeout(3)\n" + TALK), PUT),
        "        conn.sendall(b'welcome')\n" + PUT,
        "IOM908",
    ),
}


@pytest.mark.parametrize(
    "target",
    [Target.TRIO, *(pytest.param(target, marks=pytest.mark.long) for target in (Target.ASYNCIO, Target.ANYIO))],
)
@pytest.mark.parametrize("case", REFUSED)
def test_it_is_left_alone(case: str, target: Target) -> None:
    program, old, new, code = REFUSED[case]
    assert program.count(old) == 1
    text = program.replace(old, new)
    done = rewrite(text, "program.py", target)
    assert done.text == text
    assert {refusal.code for refusal in done.refusals} == {code}


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize(
    "text",
    [
        ACCEPTING,
        ACCEPTING.replace(START, "        t.daemon = True\n" + START),
        ACCEPTING.replace(START + "        threads.append(t)\n" + JOIN, START),
        ACCEPTING.replace("        t.start()\n", "").replace(JOIN, JOIN.replace("join", "start") + JOIN),
        ACCEPTING.replace(TALK, "        conn.settimeout(3)\n" + TALK),
        SUBCLASS,
        SUBCLASS.replace("__init__(self)\n", "__init__(self)\n        self.name = 'worker'\n"),
        QUEUED,
        QUEUED.replace("jobs.put((conn, addr))", "jobs.put((addr, conn))").replace("conn, addr = jobs", "addr, conn = jobs"),
        QUEUED.replace(ACCEPT + PUT, "        job = listener.accept()\n        jobs.put(job)\n"),
        QUEUED.replace(TALK, "        conn.settimeout(3)\n" + TALK),
        QUEUED.replace(PUT, "        conn.settimeout(3)\n" + PUT),
        QUEUED.replace(PUT, "        conn.sendall(b'welcome')\n" + PUT),
    ],
)
def test_what_is_like_it_is_moved(text: str, target: Target) -> None:
    done = rewrite(text, "program.py", target)
    assert done.changes
    assert not done.refusals
    assert "threading.Thread" not in done.text


SIZES = {"pool_accepting": 3, "pool_acceptors": 4, "pool_queue": 3, "pool_queue_class": 4}


def asked(name: str, client: socket, word: bytes) -> bytes:
    """What is answered, without what `pool_queue` says first."""
    client.sendall(word)
    return answer(name, client)


def answer(name: str, client: socket) -> bytes:
    return client.recv(100).rpartition(b": ")[2] if name == "pool_queue" else client.recv(100)


def numbers(client: socket, word: bytes = b"x") -> tuple[int, int]:
    """The number of a client of `pool_queue`, and of the worker who serves it."""
    client.sendall(word)
    number, _, worker = client.recv(100).partition(b":")[0].split()
    return int(number), int(worker)


def accepted(server: Server) -> int:
    """How many connections the program has accepted, and not closed."""
    found = [each for process in server.processes() for each in process.net_connections("tcp")]
    return sum(each.status != "LISTEN" for each in found)


@pytest.mark.parametrize("name", SIZES)
@FORMS
def test_as_many_are_served_as_there_were_threads(name: str, target: Target | None, tmp_path: Path) -> None:
    with running(name, target, tmp_path) as server, ExitStack() as stack:
        held = [stack.enter_context(connected(server)) for _ in range(SIZES[name])]
        for client in held:
            assert asked(name, client, b"here") == b"HERE"
        others = [stack.enter_context(connected(server)) for _ in range(8)]
        for other in others:
            other.settimeout(0.05)
            with pytest.raises(TimeoutError):
                asked(name, other, b"other")
        for client in held:
            client.close()
        for other in others:  # in the order in which they came
            other.settimeout(PATIENCE)
            assert answer(name, other) == b"OTHER"
            other.close()


@pytest.mark.parametrize("name", ["pool_accepting", "pool_queue"])
@FORMS
def test_a_worker_that_fails_is_missing_from_then_on(name: str, target: Target | None, tmp_path: Path) -> None:
    with running(name, target, tmp_path) as server:
        for left in (2, 1):
            with connected(server) as failed, ExitStack() as stack:
                failed.sendall(b"fail")
                held = [stack.enter_context(connected(server)) for _ in range(left)]
                for client in held:
                    assert asked(name, client, b"here") == b"HERE"
                assert failed.recv(100) == b""
                late = stack.enter_context(connected(server, 0.2))
                with pytest.raises(TimeoutError):
                    asked(name, late, b"late")
        assert server.log().count("Traceback") == 2


@FORMS
def test_clients_have_their_numbers_and_workers_theirs(target: Target | None, tmp_path: Path) -> None:
    with running("pool_queue", target, tmp_path) as server, ExitStack() as stack:
        found = [numbers(stack.enter_context(connected(server))) for _ in range(3)]
    first = found[0][0]
    assert [number for number, _ in found] == [first, first + 1, first + 2]
    assert {worker for _, worker in found} == {0, 1, 2}


@FORMS
def test_a_full_queue_holds_back_who_accepts(target: Target | None, tmp_path: Path) -> None:
    """Three are served, two wait in the queue, one waits to be put: the others are the kernel's, and not accepted."""
    with running("pool_queue", target, tmp_path) as server, ExitStack() as stack:
        held = [stack.enter_context(connected(server)) for _ in range(3)]
        last = max(numbers(client)[0] for client in held)
        waiting = [stack.enter_context(connected(server)) for _ in range(8)]
        deadline = time.monotonic() + PATIENCE
        while accepted(server) < 6 and time.monotonic() < deadline:
            time.sleep(0.01)
        server.reaches(server.is_asleep, "does not fall asleep")  # all that it could do is done
        assert accepted(server) == 6
        held[0].close()
        assert numbers(waiting[0])[0] == last + 1


@FORMS
def test_a_pair_is_put_as_it_is(target: Target | None, tmp_path: Path) -> None:
    with running("pool_queue_class", target, tmp_path, "hello") as server:
        for _ in range(5):
            assert exchange(server.port, b"") == b"hello"


@pytest.mark.parametrize("name", ["pool_accepting", "pool_queue"])
@FORMS
def test_ctrl_c_ends_daemons(name: str, target: Target | None, tmp_path: Path) -> None:
    with running(name, target, tmp_path) as server, connected(server) as client:
        assert asked(name, client, b"here") == b"HERE"
        server.reaches(server.is_asleep, "does not fall asleep")  # a signal just before a system call would not wake that
        server.signal(signal.SIGINT)
        server.wait(PATIENCE)
        assert "KeyboardInterrupt" in server.log()
