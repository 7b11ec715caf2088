"""A line client that says its arguments."""

from iomodels.contract.server import free_port
from tests.corpus.header import Program
from tests.corpus.running import line_server, ran


def talk(program: Program, python: str) -> None:
    with line_server() as port:
        assert ran(program, python, port) == (0, "HELLO\nWORLD\nBYE\n")
    assert ran(program, python, free_port()) == (1, "")
