"""A file that has none of the shapes comes back byte for byte, with nothing said of it."""

import json.decoder
import queue
import textwrap
import threading
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iomodels.migrate.rewrite import Target, rewrite

PIECES = [
    "import socket",
    "import threading as t  # threads",
    "from select import select",
    "x = socket.socket()",
    "def accept(self):\n\treturn self.accept()",
    "class Pool:\n  def submit(self, work): # odd\n      return work()\n\n\n\n  pass",
    "if x :\n    pass;  y=1\nelse: pass",
    "pipe.recv(10)  # not a socket",
    "while True:\n    # nothing\n    break",
    "with open('a') as f, open('b') as g: print(f, file = g)",
    "threading.Thread(target=print).start()",
    "async def f():\n    await g()",
    "'''\n text\\\n'''",
    "",
    "   ",
    "# only a comment",
]


@given(st.lists(st.sampled_from(PIECES)), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from(Target))
def test_without_a_shape_nothing_changes(pieces: list[str], end: str, last: bool, target: Target) -> None:
    text = "\n".join(pieces).replace("\n", end) + (end if last else "")
    done = rewrite(text, "program.py", target)
    assert done.text == text
    assert not done.changes


@pytest.mark.parametrize("module", [json.decoder, queue, textwrap, threading])
@pytest.mark.parametrize("target", Target)
def test_the_standard_library_stays_as_it_is(module: ModuleType, target: Target) -> None:
    assert module.__file__ is not None
    text = Path(module.__file__).read_text()
    done = rewrite(text, module.__file__, target)
    assert done.text == text
    assert not done.changes
    assert not done.refusals


def test_what_is_not_touched_keeps_its_line_ends_and_odd_blanks() -> None:
    before = "import socket\r\n\r\nodd  =  1 ;  even=2\t# both\r\n\r\nlistener = socket.create_server(('', 0))\r\n"
    loop = "while True:\r\n    conn, _ = listener.accept()\r\n    conn.close()\r\n"
    done = rewrite(before + loop, "program.py", Target.TRIO)
    assert done.changes
    assert "odd  =  1 ;  even=2\t# both\r\n" in done.text
    assert "\n" not in done.text.replace("\r\n", "")
