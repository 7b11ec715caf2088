"""The questions that the rules of shapes ask: who calls whom, in which loops, for what one waits, where connections go."""

from textwrap import dedent

import pytest

from iomodels.migrate.connections import Way, served
from iomodels.migrate.module import Call, Module, analyse
from iomodels.migrate.selfpipe import self_pipes
from iomodels.migrate.shapes import base_from, bound_names, comes_from, elements_of, handler_names, reached, remembered, rounds
from iomodels.migrate.waits import What, in_event_loop, waits


def module_of(text: str) -> Module:
    return analyse(dedent(text), "sample.py", name="sample")


def call_in(module: Module, line: int) -> Call:
    return next(call for call in module.calls if call.node.lineno == line)


# Who calls whom


CHAIN = """\
def first():
    while True:
        second()

def second():
    for number in range(3):
        pass
    third()

def third():
    print()
"""


def test_the_loops_of_a_call_are_those_of_its_callers_as_well() -> None:
    module = module_of(CHAIN)
    found = [(call.node.lineno, loop.lineno) for call, loop in rounds(module, call_in(module, 11))]
    assert found == [(3, 2)]


def test_a_call_that_is_too_far_from_a_loop_is_not_in_it() -> None:
    module = module_of(CHAIN)
    assert not list(rounds(module, call_in(module, 11), steps=1))


def test_functions_that_call_each_other_are_followed_once() -> None:
    module = module_of(
        """\
        def ping():
            pong()

        def pong():
            ping()
        """
    )
    assert [function.name for function in reached(module, module.functions[1])] == ["ping", "pong"]
    assert not list(rounds(module, call_in(module, 2)))


def test_nobody_calls_the_statements_of_a_module() -> None:
    module = module_of("while True:\n    f()\n\ndef f(): pass\n\nprint()\n")
    assert not list(rounds(module, call_in(module, 6)))


def test_a_lambda_is_called_where_it_is_written() -> None:
    module = module_of(
        """\
        def read(sock):
            for data in iter(lambda: sock.recv(9), b""):
                print(data)
        """
    )
    recv = next(call for call in module.calls if call.last == "recv")
    assert [loop.lineno for _, loop in rounds(module, recv)] == [2]


def test_a_question_is_answered_once_for_each_module() -> None:
    asked = []

    @remembered
    def question(module: Module) -> int:
        asked.append(module)
        return len(asked)

    one, other = module_of(""), module_of("")
    assert [question(one), question(one), question(other)] == [1, 1, 2]


# Names


def test_what_a_statement_binds_is_named_with_its_attributes() -> None:
    module = module_of("self.conn, (host, port) = sock.accept()\nwith open() as file: pass\nfor a, b in pairs(): pass")
    assert [bound_names(call) - {"self"} for call in module.calls] == [{"self.conn", "host", "port"}, {"file"}, {"a", "b"}]


def test_exceptions_are_known_by_their_full_names() -> None:
    module = module_of(
        """\
        import socket as sk
        from queue import Empty
        try:
            pass
        except (sk.timeout, Empty, BlockingIOError):
            pass
        except:
            pass
        """
    )
    one, bare = module.top.tries[0].handlers
    assert handler_names(module, one, module.top) == {"socket.timeout", "queue.Empty", "BlockingIOError"}
    assert handler_names(module, bare, module.top) == set()


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("wait([a, b])", 2),
        ("wait(())", 0),
        ("wait(None)", 0),
        ("wait([a] if a else [])", 1),
        ("both = [a, b]\nwait(both)", 2),
        ("both = [a]\nboth.append(b)\nwait(both)", None),
        ("wait([*others])", None),
        ("wait(list(others))", None),
        ("wait(unknown)", None),
    ],
)
def test_a_list_has_a_size_when_nothing_is_put_into_it(text: str, size: int | None) -> None:
    module = module_of(text)
    call = next(call for call in module.calls if call.last == "wait")
    elements = elements_of(module, call.node.args[0], module.top)
    assert (None if elements is None else len(elements)) == size


def test_a_class_comes_from_what_is_above_its_bases() -> None:
    module = module_of(
        """\
        import threading

        class Base(threading.Thread): pass
        class Worker(object, Base): pass
        """
    )
    worker = module.classes[1]
    assert comes_from(module, ".Worker", ["threading.Thread"])
    assert not comes_from(module, ".Worker", ["multiprocessing.Process"])
    base = base_from(module, worker, ["threading.Thread"])
    assert base is worker.node.bases[1]


# Waits


PAIR = """\
def relay(a: socket.socket, b: socket.socket):
    while True:
        for source in select.select([a, b], [], [])[0]:
            b.send(a.recv(1))
"""


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("def f(s):\n    r, _, _ = select.select([s], [], [], 1)", What.ONE),
        ("def f(s):\n    r, _, _ = select.select([s], [s], [])", What.ONE),
        ("def f(fd):\n    stop_r = 1\n    r, _, _ = select.select([fd, stop_r], [], [])", What.ONE),
        ("def f(listener, stop):\n    while 1:\n        r = select.select([listener, stop], [], [])", What.LOOP),
        ("def f(many):\n    while 1:\n        r = select.select(many, [], [])", What.LOOP),
        ("def f(r, w):\n    return select.select(r, w, [])", What.STEP),
        ("def f(many):\n    select.select(many, [], [])", What.GLANCE),
        ("def f(self):\n    r = select.select(self.many, [], [], 0)", What.GLANCE),
        (PAIR, What.PAIR),
    ],
)
def test_what_is_waited_for(lines: str, what: What) -> None:
    module = analyse(f"import select, socket\n{lines}\n", "sample.py")
    assert [wait.what for wait in waits(module)] == [what]


def test_whoever_calls_a_function_that_passes_its_lists_on_waits() -> None:
    module = module_of(
        """\
        import select
        def wait(r, w):
            return select.select(r, w, [])
        def one(sock):
            return wait([sock], [])
        """
    )
    assert [(wait.call.node.lineno, wait.what) for wait in waits(module)] == [(3, What.STEP), (5, What.ONE)]


LOOP = """\
import select, socket
class Server:
    def run(self):
        while True:
            for fd, event in self.poller.poll():
                self.ready(fd)
    def __init__(self):
        self.poller = select.poll()
    def ready(self, fd):
        self.clients[fd].recv(1)
    def other(self, sock: socket.socket):
        while sock.recv(2):
            pass
"""


def test_an_event_loop_makes_the_calls_of_the_functions_that_it_calls() -> None:
    module = module_of(LOOP)
    recv, other = (call for call in module.calls if call.last == "recv")
    assert in_event_loop(module, recv)
    assert not in_event_loop(module, other)


def test_a_loop_over_a_generator_that_waits_is_an_event_loop() -> None:
    module = module_of(
        """\
        import select
        def events(sockets):
            while True:
                for sock in select.select(sockets, [], [])[0]:
                    yield sock
        def serve(sockets):
            for sock in events(sockets):
                sock.recv(1)
        """
    )
    assert in_event_loop(module, next(call for call in module.calls if call.last == "recv"))


# Connections


@pytest.mark.parametrize(
    ("does", "way"),
    [
        ("Thread(target=talk, args=(c,)).start()", Way.THREAD),
        ("t = Thread(target=lambda: talk(c)); t.start()", Way.THREAD),
        ("multiprocessing.Process(target=talk, args=(c,)).start()", Way.PROCESS),
        ("pid = os.fork()", Way.FORK),
        ("pool.submit(talk, c)", Way.POOL),
        ("jobs.put((c, a))", Way.QUEUE),
        ("talk(c)", Way.INLINE),
        ("wrapped = wrap(c); wrapped.recv(1)", Way.INLINE),
        ("unknown(c)", Way.GIVEN),
        ("clients.append(c)", Way.KEPT),
        ("print(a)", Way.KEPT),
    ],
)
def test_where_a_connection_goes(does: str, way: Way) -> None:
    module = analyse(
        "import multiprocessing, os, socket\nfrom threading import Thread\n"
        "def talk(sock):\n    sock.sendall(sock.recv(1))\n"
        f"listener = socket.create_server(('', 1))\nwhile True:\n    c, a = listener.accept()\n    {does}\n",
        "sample.py",
    )
    (one,) = served(module)
    assert one.way is way
    assert one.loop is not None


def test_an_accept_on_a_listener_made_for_it_is_in_no_loop() -> None:
    module = module_of(
        """\
        import socket
        def pair():
            listener = socket.create_server(("", 0))
            return listener.accept()[0]
        while True:
            pair().recv(1)
        """
    )
    (one,) = served(module)
    assert one.loop is None


# Pipes that wake


@pytest.mark.parametrize(
    ("write", "wakes"),
    [
        ("os.write(self.w, b'x')", True),
        ("os.write(self.w, self.MESSAGE)", True),
        ("os.write(self.w, data)", False),
        ("os.write(self.r, b'x')", False),
    ],
)
def test_a_pipe_wakes_when_what_is_written_says_nothing(write: str, wakes: bool) -> None:
    module = module_of(
        f"""\
        import os
        class Loop:
            def __init__(self):
                self.r, self.w = os.pipe()
            def wait(self):
                os.read(self.r, 1)
            def wake(self, data):
                {write}
        """
    )
    assert bool(list(self_pipes(module))) is wakes
