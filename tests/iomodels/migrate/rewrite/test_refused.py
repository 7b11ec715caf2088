"""Programs that look as if they could be moved, and would do something else then: each is left alone, for the right reason."""

import pytest

from iomodels.migrate.rewrite import Target, rewrite

HEAD = """import socket, subprocess, sys, threading
class Session:
    def __init__(self, conn): self.conn = conn
    def talk(self): self.conn.sendall(b"hello")
local = threading.local()
waiting = []
def words(conn): return next(iter(conn.recv(100).split()))
"""
LISTEN = """
listener = socket.create_server(("127.0.0.1", 8000))
while True:
    conn, address = listener.accept()
"""
THREAD = "    threading.Thread(target=handle, args=(conn,)).start()\n"


def in_a_thread(*lines: str) -> str:
    head = HEAD if any("local" in line for line in lines) else HEAD.replace("local = threading.local()\n", "")
    return head + "def handle(conn):\n" + "".join(f"    {line}\n" for line in lines) + LISTEN + THREAD


def in_turn(*lines: str) -> str:
    return "import socket, subprocess, sys\n" + LISTEN + "".join(f"    {line}\n" for line in lines)


GOOD = ("data = conn.recv(100)", "conn.sendall(data)", "conn.close()")
REFUSED = {
    "values of a thread": ("IOM909", in_a_thread("local.name = conn.recv(9)", *GOOD)),
    "waiting for another thread": ("IOM904", in_a_thread("waiting.append(1)", "while len(waiting) < 2: pass", *GOOD)),
    "raising what ends all": ("IOM909", in_a_thread("if conn.recv(9) == b'q': raise SystemExit", *GOOD)),
    "counting threads in one of them": ("IOM909", in_a_thread("print(threading.active_count())", *GOOD)),
    "counting threads of several kinds": (
        "IOM909",
        in_a_thread(*GOOD).replace(
            "    conn, address = listener.accept()\n",
            "    conn, address = listener.accept()\n    print(threading.active_count())\n",
        )
        + "threading.Timer(9, print).start()\n",
    ),
    "Ctrl-C by hand": ("IOM909", in_a_thread("if conn.recv(9) == b'q': raise KeyboardInterrupt()", *GOOD)),
    "StopIteration": (
        "IOM907",
        in_a_thread("try: conn.sendall(words(conn))", "except StopIteration: print('none')", "conn.close()"),
    ),
    "the file outlives the socket": (
        "IOM903",
        in_a_thread("f = conn.makefile('rwb')", "conn.close()", "f.write(f.readline())", "f.close()"),
    ),
    "a file without a buffer": ("IOM903", in_a_thread("f = conn.makefile('rb', 0)", "f.read(5)", "f.close()", *GOOD)),
    "a file that is flushed at each line": (
        "IOM903",
        in_a_thread("f = conn.makefile('rw', buffering=1)", "f.write(f.readline())", "f.close()", "conn.close()"),
    ),
    "a file that keeps the ends of lines": (
        "IOM903",
        in_a_thread("f = conn.makefile('rw', newline='')", "f.write(f.readline())", "f.close()", "conn.close()"),
    ),
    "the number of any exception": (
        "IOM907",
        in_a_thread("try: conn.sendall(conn.recv(9))", "except Exception as e: print(e.errno)", "conn.close()"),
    ),
    "the kind of any exception": (
        "IOM907",
        in_a_thread(
            "try: conn.sendall(conn.recv(9))", "except Exception as e: print(isinstance(e, ConnectionError))", "conn.close()"
        ),
    ),
    "the last of what it iterated over": (
        "IOM906",
        in_a_thread("for data in iter(lambda: conn.recv(9), b''): conn.sendall(data)", "print(data)", "conn.close()"),
    ),
    "the end of the iteration changes": (
        "IOM906",
        in_a_thread("end = b''", "for data in iter(lambda: conn.recv(9), end): end = data", "conn.close()"),
    ),
    "connecting from an address": (
        "IOM903",
        (
            "import socket\ndef ask():\n    conn = socket.create_connection(('localhost', 80), 3, ('127.0.0.2', 0))\n"
            "    conn.sendall(b'hello')\n    conn.close()\nask()\n"
        ),
    ),
    "a receive timeout": (
        "IOM908",
        in_a_thread("conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, b'0' * 16)", *GOOD),
    ),
    "an object for the thread": (
        "IOM909",
        in_a_thread(*GOOD).replace("target=handle, args=(conn,)", "target=Session(conn).talk"),
    ),
    "gevent": ("IOM940", "from gevent import monkey; monkey.patch_all()\n" + in_a_thread(*GOOD)),
    "a helper's name is imported": ("IOM912", "from elsewhere import attend\n" + in_a_thread(*GOOD)),
    "a name is another module's": ("IOM912", "import elsewhere as contextlib\n" + in_a_thread(*GOOD)),
    "in a coroutine": (
        "IOM940",
        (
            "import socket\nlistener = socket.create_server(('', 0))\ndef serve():\n    while True:\n"
            "        conn, address = listener.accept()\n        conn.close()\nasync def main():\n    serve()\n"
        ),
    ),
    "one client, and its peer": (
        "IOM904",
        (
            "import socket\nlistener = socket.create_server(('', 0))\ndef test(peer):\n"
            "    conn, address = listener.accept()\n    conn.close()\n    assert not peer.recv(1)\n"
        ),
    ),
    "the listener goes on": (
        "IOM902",
        (
            "import socket\ndef more(sock): return sock.accept()\nlistener = socket.create_server(('', 0))\n"
            "for _ in range(2):\n"
            "    conn, address = listener.accept()\n    conn.close()\nmore(listener)\n"
        ),
    ),
}
ASK = """import socket, subprocess
from concurrent.futures import ThreadPoolExecutor
def ask():
    with socket.create_connection(("localhost", 80)) as conn: conn.sendall(b"hello")
"""
REFUSED_BY_ASYNCIO = {
    "blocking after close": ("IOM904", in_turn(*GOOD, "subprocess.call(['sleep', '1'])")),
    "blocking before accept": (
        "IOM904",
        in_turn(*GOOD).replace("while True:\n", "while True:\n    subprocess.call(['true'])\n"),
    ),
    "blocking after with": ("IOM904", in_turn("with conn: conn.sendall(b'1')", "subprocess.call(['sleep', '1'])")),
    "blocking after the with of a client": ("IOM904", f"{ASK}    subprocess.call(['true'])\nask()\n"),
    "a with whose end waits": (
        "IOM904",
        ASK.replace("\n    ", "\n        ").replace("():\n", "():\n    with ThreadPoolExecutor():\n") + "ask()\n",
    ),
    "asked after close": ("IOM903", in_turn(*GOOD, "print(conn.fileno())")),
    "None of sendall": ("IOM903", in_a_thread("conn.sendall(b'1') or print('sent')", "conn.close()")),
}


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("case", REFUSED)
def test_it_is_left_alone(case: str, target: Target) -> None:
    code, text = REFUSED[case]
    done = rewrite(text, "program.py", target)
    assert code in {refusal.code for refusal in done.refusals}
    assert "accept_client" not in done.text


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("case", REFUSED_BY_ASYNCIO)
def test_it_is_left_alone_where_close_comes_later(case: str, target: Target) -> None:
    code, text = REFUSED_BY_ASYNCIO[case]
    done = rewrite(text, "program.py", target)
    assert [refusal.code for refusal in done.refusals] == ([code] if target is Target.ASYNCIO else [])
    assert (done.text == text) == (target is Target.ASYNCIO)


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("line", ["from socket import socket, AF_INET, SOCK_STREAM", "from socket import *"])
def test_a_class_is_not_taken_for_its_module(line: str, target: Target) -> None:
    text = (
        f"{line}\ndef main():\n    s = socket(AF_INET, SOCK_STREAM)\n    s.connect(('localhost', 80))\n    s.close()\nmain()\n"
    )
    done = rewrite(text, "program.py", target)
    assert "socket.AF_INET" not in done.text or "from socket import" not in done.text


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize(
    "text",
    [
        in_a_thread(*GOOD),
        in_turn(*GOOD),
        in_turn("subprocess.call(['true'])", *GOOD),
        in_turn("if not conn.recv(9):", "    conn.close()", "    continue", "subprocess.call(['true'])", "conn.close()"),
    ],
)
def test_what_is_like_it_is_moved(text: str, target: Target) -> None:
    done = rewrite(text, "program.py", target)
    assert done.changes
    assert not done.refusals


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("caught", ["OSError", "Exception"])
def test_that_a_lost_connection_reads_otherwise_is_said(caught: str, target: Target) -> None:
    lines = ("try: conn.sendall(conn.recv(9))", f"except {caught} as error: print(error)", "conn.close()")
    done = rewrite(in_a_thread(*lines), "p.py", target)
    assert not done.refusals
    assert any("whose text is another" in change.text for change in done.changes) == (target is not Target.ASYNCIO)


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("caught", ["except:", "except OSError:", "except Exception:"])
@pytest.mark.parametrize("asks", ["print(sys.exc_info()[1])", "tell()"])
def test_the_exception_that_python_is_asked_for_is_another(asks: str, caught: str, target: Target) -> None:
    lines = ("try: conn.sendall(conn.recv(9))", f"{caught} {asks}", "conn.close()")
    text = "def tell(): print(sys.exc_info()[1])\n" + in_a_thread(*lines)
    done = rewrite(text, "p.py", target)
    assert {refusal.code for refusal in done.refusals} == (set() if target is Target.ASYNCIO else {"IOM907"})


@pytest.mark.parametrize("target", Target)
def test_that_a_traceback_reads_otherwise_is_said(target: Target) -> None:
    lines = ("try: conn.sendall(conn.recv(9))", "except: traceback.print_exc()", "conn.close()")
    done = rewrite("import traceback\n" + in_a_thread(*lines), "p.py", target)
    assert not done.refusals
    assert any("whose text is another" in change.text for change in done.changes) == (target is not Target.ASYNCIO)


CLIENT = (
    "import socket\ndef ask(port):\n    conn = socket.create_connection(('', port))\n    conn.sendall(b'1')\n    conn.close()\n"
)
WORDS = {
    "a semaphore": (
        "`limit.acquire` may block",
        in_a_thread("try: conn.sendall(conn.recv(9))", "finally: limit.release()").replace(
            "while True:\n", "limit = threading.Semaphore(3)\nwhile True:\n    limit.acquire()\n"
        ),
    ),
    "sys.exit": ("`sys.exit()` ended one thread", in_a_thread("if conn.recv(9) == b'q': sys.exit()", *GOOD)),
    "a Unix socket": (
        "it is a Unix socket",
        in_turn(*GOOD).replace('socket.create_server(("127.0.0.1", 8000))', "socket.socket(socket.AF_UNIX)"),
    ),
    "a function that is given away": ("`ask` is given to others in line 6", CLIENT + "print(list(map(ask, range(9))))\n"),
    "closing a Unix socket": (
        "it is a Unix socket",
        (
            "import contextlib, socket\nwith contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:\n"
            "    while True:\n        conn, address = listener.accept()\n        conn.close()\n"
        ),
    ),
    "del": ("`del conn` closes it only when", in_a_thread("conn.sendall(conn.recv(9))", "del conn")),
}


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("case", WORDS)
def test_the_reason_is_the_one_that_holds(case: str, target: Target) -> None:
    words, text = WORDS[case]
    done = rewrite(text, "p.py", target)
    assert done.text == text
    assert [refusal.text for refusal in done.refusals if words in refusal.text]


def test_what_is_awaited_does_not_block() -> None:
    text = (
        "import asyncio, socket\nasync def handle(conn):\n    with conn: conn.sendall(conn.recv(9))\n"
        "async def main():\n    listener = socket.create_server(('', 0))\n    while True:\n"
        "        conn, address = listener.accept()\n        await handle(conn)\n        await asyncio.sleep(0)\n"
        "asyncio.run(main())\n"
    )
    done = rewrite(text, "p.py", Target.ASYNCIO)
    assert not done.refusals
    assert any("others run meanwhile" in change.text for change in done.changes)


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("line", ["from _thread import *", "from _thread import start_new_thread"])
def test_a_thread_by_a_star_import_is_one(line: str, target: Target) -> None:
    text = in_a_thread(*GOOD).replace(
        "threading.Thread(target=handle, args=(conn,)).start()", "start_new_thread(handle, (conn,))"
    )
    done = rewrite(f"{line}\n{text}", "p.py", target)
    assert not done.refusals
    assert "start_new_thread(" not in done.text


@pytest.mark.parametrize("target", Target)
def test_of_two_star_imports_the_last_gives_the_name(target: Target) -> None:
    lines = ("try: conn.sendall(conn.recv(9))", "except error: print('lost')", "conn.close()")
    text = in_a_thread(*lines)
    both = ("from _thread import *\nfrom socket import *\n", "from socket import *\nfrom _thread import *\n")
    done = [rewrite(stars + text, "p.py", target) for stars in both]
    assert all(each.changes for each in done)
    assert ["except (error," in each.text for each in done] == [target is not Target.ASYNCIO, False]
