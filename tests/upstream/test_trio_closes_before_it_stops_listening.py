"""trio 0.35: a signal that comes as trio.run ends is written to a socket that is closed, and Python says so with a traceback.

It closes the two ends of its wakeup socket before it takes back `signal.set_wakeup_fd` (_core/_wakeup_socketpair.py, close).
The handler is called all the same: the text is all that comes of it. Whoever holds down Ctrl-C in a program whose handler stays
after trio.run may see it. When this test fails, trio has mended it, and nothing need be said of it in tests/iomodels/migrate.
"""

import subprocess
import sys

SIGNALLED_AS_SOCKETS_CLOSE = """
import signal, socket, sys

def closed(self, close=socket.socket.close):
    close(self)
    signal.raise_signal(signal.SIGUSR1)

signal.signal(signal.SIGUSR1, lambda *_: None)
socket.socket.close = closed
if sys.argv[1] == "trio":
    import trio
    trio.run(trio.sleep, 0)
else:
    import asyncio
    asyncio.run(asyncio.sleep(0))
"""


def said(library: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", SIGNALLED_AS_SOCKETS_CLOSE, library], capture_output=True, text=True, check=True
    )
    return ended.stderr


def test_asyncio_says_nothing_and_trio_of_its_wakeup_socket() -> None:
    assert said("asyncio") == ""
    assert "when trying to write to the signal wakeup fd" in said("trio")
