"""Which model a class or a module is, and what is said of those that are none."""

import pytest

from iomodels.migrate.classify import is_silent, units
from iomodels.migrate.evidence import model_of_wait
from iomodels.migrate.finding import Kind, Model, Unit
from iomodels.migrate.module import analyse
from iomodels.migrate.waits import waits

LISTENER = "s = socket.socket()\ns.bind(('', 1))\ns.listen(5)\n"
TALK = "def talk(c):\n    while data := c.recv(100):\n        c.sendall(data)\n    c.close()\n"

SERVERS = {
    Model.BLOCKING: f"import socket\n{TALK}{LISTENER}while True:\n    c, a = s.accept()\n    talk(c)\n",
    Model.THREADS: (
        f"import socket, threading\n{TALK}{LISTENER}while True:\n    c, a = s.accept()\n"
        "    threading.Thread(target=talk, args=(c,)).start()\n"
    ),
    Model.THREAD_POOL: (
        f"import socket\nfrom concurrent.futures import ThreadPoolExecutor\n{TALK}{LISTENER}pool = ThreadPoolExecutor(4)\n"
        "while True:\n    c, a = s.accept()\n    pool.submit(talk, c)\n"
    ),
    Model.FORK: (
        f"import os, socket\n{TALK}{LISTENER}while True:\n    c, a = s.accept()\n    if os.fork() == 0:\n        talk(c)\n"
        "        os._exit(0)\n    c.close()\n"
    ),
    Model.PREFORK: (
        f"import os, socket\n{TALK}{LISTENER}def child():\n    while True:\n        c, a = s.accept()\n        talk(c)\n"
        "for _ in range(4):\n    if os.fork() == 0:\n        child()\n"
    ),
    Model.SELECT: (
        f"import select, socket\n{LISTENER}inputs = [s]\nwhile True:\n    r, _, _ = select.select(inputs, [], [])\n"
        "    for x in r:\n"
        "        if x is s:\n            c, a = s.accept()\n            inputs.append(c)\n        else:\n"
        "            data = x.recv(100)\n            if data:\n                x.send(data)\n            else:\n"
        "                inputs.remove(x)\n                x.close()\n"
    ),
    Model.EPOLL: (
        f"import select, socket\n{LISTENER}p = select.epoll()\np.register(s, 1)\nfds = {{}}\nwhile True:\n"
        "    for fd, e in p.poll():\n        if fd == s.fileno():\n            c, a = s.accept()\n"
        "            p.register(c, 1)\n            fds[c.fileno()] = c\n"
        "        else:\n            data = fds[fd].recv(100)\n            fds[fd].send(data)\n"
    ),
    Model.SELECTORS: (
        f"import selectors, socket\n{LISTENER}sel = selectors.DefaultSelector()\ndef accept(s, mask):\n    c, a = s.accept()\n"
        "    sel.register(c, 1, read)\ndef read(c, mask):\n    c.send(c.recv(100))\nsel.register(s, 1, accept)\nwhile True:\n"
        "    for key, mask in sel.select():\n        callback = key.data\n        callback(key.fileobj, mask)\n"
    ),
    Model.NONBLOCKING: (
        f"import socket\n{LISTENER}s.setblocking(False)\ncs = []\nwhile True:\n    try:\n        c, a = s.accept()\n"
        "        c.setblocking(False)\n        cs.append(c)\n    except BlockingIOError:\n        pass\n"
        "    for c in cs:\n        try:\n"
        "            c.send(c.recv(100))\n        except BlockingIOError:\n            pass\n"
    ),
    Model.UDP: (
        "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('', 1))\nwhile True:\n"
        "    d, a = s.recvfrom(100)\n    s.sendto(d, a)\n"
    ),
}


def classified(text: str, path: str = "x.py", name: str = "") -> list[Unit]:
    """The units of a text."""
    return list(units(analyse(text, path, name=name)))


@pytest.mark.parametrize("model", SERVERS)
def test_a_server_is_told_by_how_it_waits(model: Model) -> None:
    (unit,) = classified(SERVERS[model])
    assert (unit.kind, unit.model) == (Kind.SERVER, model)
    assert unit.reasons
    assert not unit.stay


@pytest.mark.parametrize(
    ("base", "method", "kind", "model"),
    [
        ("socketserver.BaseRequestHandler", "handle", Kind.SERVER, Model.SOCKETSERVER),
        ("asyncore.dispatcher", "handle_accept", Kind.SERVER, Model.ASYNCORE),
        ("asyncore.dispatcher", "handle_connect", Kind.CLIENT, Model.ASYNCORE),
        ("asynchat.async_chat", "found_terminator", Kind.SERVER, Model.ASYNCORE),
        ("smtpd.SMTPServer", "process_message", Kind.SERVER, Model.ASYNCORE),
    ],
)
def test_a_class_is_told_by_what_it_inherits(base: str, method: str, kind: Kind, model: Model) -> None:
    text = f"import {base.partition('.')[0]}\nclass Between({base}):\n    pass\n"
    text += f"class Mine(Between):\n    def {method}(self):\n        self.done = True\n"
    unit = classified(text)[-1]
    assert (unit.name, unit.kind, unit.model) == ("Mine", kind, model)


def test_functions_that_have_nothing_to_do_with_each_other_are_units_of_their_own() -> None:
    text = (
        f"import socket, sys\n{TALK}def server():\n    s = socket.create_server(('', 1))\n    while True:\n"
        "        c, a = s.accept()\n"
        "        talk(c)\ndef client():\n    s = socket.create_connection(('', 1))\n    s.sendall(b'x')\n"
        "{'server': server, 'client': client}[sys.argv[1]]()\n"
    )
    assert [(unit.name, unit.kind) for unit in classified(text)] == [("server", Kind.SERVER), ("client", Kind.CLIENT)]


def test_a_class_that_accepts_in_one_method_and_starts_threads_in_another() -> None:
    text = (
        "import socket, threading\nclass S:\n    def __init__(self):\n        self.s = socket.create_server(('', 1))\n"
        "    def run(self):\n        while True:\n            self.one()\n    def one(self):\n        c, a = self.s.accept()\n"
        "        self.start(c)\n    def start(self, c):\n        threading.Thread(target=self.talk, args=(c,)).start()\n"
        "    def talk(self, c):\n        c.sendall(c.recv(100))\n"
    )
    assert [(unit.name, unit.kind, unit.model) for unit in classified(text)] == [("S", Kind.SERVER, Model.THREADS)]


def test_a_bounded_wait_is_no_server() -> None:
    (unit,) = classified("import select\ndef ready(s):\n    return bool(select.select([s], [], [], 1)[0])\n")
    assert unit.kind is Kind.WAITER


def test_a_loop_made_by_hand_is_said_to_be_one() -> None:
    text = (
        "import select\nclass Loop:\n    def __init__(self):\n        self.poll = select.poll()\n        self.handlers = {}\n"
        "    def add(self, fd, handler):\n        self.poll.register(fd, 1)\n        self.handlers[fd] = handler\n"
        "    def run(self):\n        while True:\n            for fd, event in self.poll.poll():\n"
        "                self.handlers[fd](fd, event)\n"
    )
    assert [(unit.name, unit.kind, unit.model) for unit in classified(text)] == [("Loop", Kind.LOOP, Model.EVENT_LOOP)]


@pytest.mark.parametrize(
    ("path", "name", "text"),
    [
        ("asyncio/x_events.py", "asyncio.x_events", "import selectors\n"),
        ("gevent/_x.py", "gevent._x", "import socket\n"),
        (
            "x.py",
            "x",
            "class L:\n    def add_reader(self): ...\n    def remove_reader(self): ...\n    def call_soon(self): ...\n",
        ),
    ],
)
def test_the_code_of_event_loops_is_passed_over(path: str, name: str, text: str) -> None:
    assert is_silent(analyse(text, path, name=name))


def test_a_program_that_is_called_as_a_loop_is_not_passed_over() -> None:
    assert not is_silent(analyse(SERVERS[Model.SELECT], "asyncio.py", name="asyncio"))


# Datagrams, stubs, and what is connected elsewhere

UDP = "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"


def test_one_connect_of_a_datagram_socket_makes_no_client() -> None:
    assert (
        classified(f"import socket\ndef mine():\n    {UDP}\n    u.connect(('192.0.2.1', 9))\n    return u.getsockname()\n")
        == []
    )
    text = f"import socket\ndef ask():\n    {UDP}\n    u.connect(('192.0.2.1', 9))\n    u.send(b'?')\n    return u.recv(9)\n"
    assert [(unit.name, unit.kind, unit.model) for unit in classified(text)] == [("ask", Kind.CLIENT, Model.UDP)]


def test_who_accepts_one_connection_is_a_server_though_it_takes_datagrams_as_well() -> None:
    text = (
        "import socket\nclass Tube:\n    def __init__(self, kind):\n        self.l = socket.socket(socket.AF_INET, kind)\n"
        "        self.l.bind(('', 1))\n    def wait(self):\n        while True:\n            try:\n"
        "                if self.l.type == 1:\n                    self.sock, a = self.l.accept()\n                else:\n"
        "                    data, a = self.l.recvfrom(9)\n                    self.l.connect(a)\n                break\n"
        "            except OSError:\n                continue\n"
    )
    assert [(unit.name, unit.kind, unit.model) for unit in classified(text)] == [("Tube", Kind.SERVER, Model.BLOCKING)]


@pytest.mark.parametrize("body", ["pass", "raise NotImplementedError", '"Not used."', "assert False", "return"])
def test_a_handle_accept_that_does_nothing_makes_no_server(body: str) -> None:
    text = (
        "import asyncore\nclass Ping(asyncore.dispatcher):\n    def __init__(self, host):\n"
        "        asyncore.dispatcher.__init__(self)\n        self.create_socket()\n        self.connect((host, 1))\n"
        f"    def handle_accept(self):\n        {body}\n"
    )
    assert [unit.kind for unit in classified(text)] == [Kind.CLIENT]
    assert [unit.kind for unit in classified(text.replace(body, "self.accept()"))] == [Kind.BOTH]


def test_who_waits_for_what_it_talks_on_is_a_client_where_nobody_accepts() -> None:
    shell = (
        "import select, sys\ndef shell(chan):\n    while True:\n        r, w, e = select.select([chan, sys.stdin], [], [])\n"
        "        if chan in r:\n            print(chan.recv(9))\n        else:\n            chan.send(sys.stdin.read(1))\n"
    )
    assert [(unit.kind, unit.model) for unit in classified(shell)] == [(Kind.CLIENT, Model.SELECT)]
    wrapped = (
        "import select\nfrom app import new_connection\nclass C:\n    def __init__(self, address):\n"
        "        self.sock = new_connection(address)\n    def ask(self, text):\n        self.sock.send(text)\n"
        "        select.select([self.sock], [], [], 1)\n        return self.sock.recv(9)\n"
    )
    assert [(unit.kind, unit.model) for unit in classified(wrapped)] == [(Kind.CLIENT, Model.SELECT)]
    given = wrapped.replace("new_connection(address)", "address")
    assert [unit.kind for unit in classified(given)] == [Kind.WAITER]


def test_a_handler_that_answers_a_datagram_is_no_client() -> None:
    text = (
        "import socketserver\nclass H(socketserver.BaseRequestHandler):\n    def handle(self):\n"
        "        self.server.socket.sendto(self.request[0], self.client_address)\n"
    )
    assert [unit.kind for unit in classified(text)] == [Kind.SERVER]


# Where to stay


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            SERVERS[Model.FORK].replace("talk(c)\n", "os.setuid(1)\n        talk(c)\n", 1).replace("def talk", "def talk"),
            "os.setuid",
        ),
        (
            SERVERS[Model.THREADS]
            .replace("import socket, threading", "import socket, threading, zlib")
            .replace("c.sendall(data)", "c.sendall(zlib.compress(data))"),
            "processor busy (zlib.compress)",
        ),
        ("import socket\ns = socket.socket()\ns.listen(1)\nc, a = s.accept()\nc.sendall(c.recv(1))\n", "one client by design"),
    ],
    ids=["a process each, relied on", "busy", "one client"],
)
def test_where_it_is_better_to_stay(text: str, says: str) -> None:
    (unit,) = classified(text)
    assert unit.stay.startswith("do not go async here: ")
    assert says in unit.stay


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_pollers_the_same_is_named_in_every_run(order: int) -> None:
    """A set of names has another order in each run of Python."""
    [wait] = waits(analyse("import select\ns = select.epoll() if fast else select.poll()\nwhile True:\n    s.poll()\n", "a.py"))
    assert len(wait.call.names) == 2
    wait.call._names = sorted(wait.call.names)[::order]  # type: ignore[assignment]
    assert model_of_wait(wait) is Model.EPOLL
