"""Three in a chat room: names, what is said and to whom, `/who`, and both ways to leave."""

from tests.corpus.header import Program
from tests.corpus.running import started, stream


def talk(program: Program, python: str) -> None:
    with (
        started(program, python) as port,
        stream(port) as one,
        stream(port) as two,
        one.makefile("rb") as ann,
        two.makefile("rb") as bob,
    ):
        one.sendall(b"ann\n")
        assert ann.readline() == b"welcome ann\n"
        two.sendall(b"bob")
        assert bob.readline() == b"welcome bob\n"
        assert ann.readline() == b"* bob joined\n"
        one.sendall(b"good morning\n")
        assert bob.readline() == b"ann: good morning\n"
        two.sendall(b"/who\n")
        assert bob.readline() == b"ann, bob\n"
        with stream(port) as three, three.makefile("rb") as eve:
            three.sendall(b"eve\n")
            assert eve.readline() == b"welcome eve\n"
            assert (ann.readline(), bob.readline()) == (b"* eve joined\n",) * 2
        assert (ann.readline(), bob.readline()) == (b"* eve left\n",) * 2
        two.sendall(b"/bye\n")
        assert bob.read() == b""
        assert ann.readline() == b"* bob left\n"
