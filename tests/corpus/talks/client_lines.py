"""A line client that is given its lines on standard input."""

from iomodels.contract.server import free_port
from tests.corpus.header import Program
from tests.corpus.running import line_server, ran


def talk(program: Program, python: str) -> None:
    with line_server() as port:
        assert ran(program, python, port, "one\ntwo\n") == (0, "ONE\nTWO\n")
        assert ran(program, python, port, "one\nquit\nnot sent\n") == (0, "ONE\nBYE\n")
        assert ran(program, python, port) == (0, "")
    assert ran(program, python, free_port(), "one\n") == (1, "")
