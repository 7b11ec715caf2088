"""A client's name held its socket even where connecting had failed: where that is looked at, nothing is moved."""

import pytest

from iomodels.migrate.rewrite import Target, rewrite

HEAD = "import socket, sys, time\nADDRESS = ('127.0.0.1', 80)\n"
LOOP = """    for _ in range(3):
        peer = socket.socket()
        try:
            peer.connect(ADDRESS)
            break
"""
REST = "    peer.sendall(b'1')\n    peer.close()\n"
KEPT = """class Session:
    def __init__(self): self.peer = None
    def open(self):
        try:
            self.peer = socket.socket()
            self.peer.connect(ADDRESS)
"""
USED = """    def close(self): self.peer.close()
def main():
    session = Session()
    session.open()
    session.close()
main()
"""


def in_main(text: str) -> str:
    return HEAD + "def main():\n" + text + "main()\n"


UNCONNECTED = {
    "all attempts have failed": in_main(LOOP + "        except OSError: time.sleep(1)\n" + REST),
    "it gives up": in_main(LOOP + "        except OSError: break\n    else:\n        return\n" + REST),
    "it gives up after some": in_main(
        LOOP.replace("for _ in range(3)", "while True")
        + "        except OSError:\n            if time.time() > 9: break\n"
        + REST
    ),
    "it asks before it connects": in_main(
        LOOP.replace("        try:\n", "        peer.fileno()\n        try:\n").replace("for _ in range(3)", "while True")
        + "        except OSError: time.sleep(1)\n"
        + REST
    ),
    "the clause looks": in_main(LOOP + "        except OSError: print(peer.fileno())\n    else:\n        sys.exit()\n" + REST),
    "the rest of the round": in_main(
        LOOP.replace("            break\n", "")
        + "        except OSError: pass\n        peer.sendall(b'1')\n        peer.close()\n"
    ),
    "made in the try, closed in the end": in_main(
        "    try:\n        peer = socket.socket()\n        peer.connect(ADDRESS)\n    finally:\n        peer.close()\n"
    ),
    "an outer try": in_main(
        "    try:\n        peer = socket.socket()\n        try:\n            peer.connect(ADDRESS)\n            peer.recv(9)\n"
        "        finally:\n            print('tried')\n    except OSError:\n        print(peer.fileno())\n"
    ),
    "the method returns": HEAD + KEPT + "        except OSError: return\n" + USED,
    "the caller goes on": (
        HEAD
        + KEPT
        + "        finally: print('tried')\n"
        + USED.replace("    session.open()\n", "    try: session.open()\n    except OSError: pass\n")
    ),
    "the caller ends it": (
        HEAD
        + KEPT
        + "        finally: print('tried')\n"
        + USED.replace("    session.open()\n    ", "    try: session.open()\n    finally: ")
    ),
}


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("case", UNCONNECTED)
def test_what_is_read_when_connecting_has_failed_is_left_alone(case: str, target: Target) -> None:
    done = rewrite(UNCONNECTED[case], "p.py", target)
    assert done.text == UNCONNECTED[case]
    assert [refusal.code for refusal in done.refusals] == ["IOM903"]
    assert "connected" in done.refusals[0].text
