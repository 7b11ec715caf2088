"""The tools that end by themselves: a name looked up, a line server asked, ports tried, and a sum."""

import dataclasses

from iomodels.contract.server import free_port
from tests.corpus.header import Program
from tests.corpus.running import line_server, ran


def talk(program: Program, python: str) -> None:
    def says(tool: str, port: int = 0) -> str:
        status, output = ran(dataclasses.replace(program, run="{file} " + tool), python, port)
        assert status == 0
        return output

    assert "127.0.0.1" in says("dns localhost") or "::1" in says("dns localhost")
    assert says("total 1 2 39") == "42\n"
    with line_server() as port:
        assert says("head 127.0.0.1 {port}", port).startswith("b'HEAD / HTTP/1.0")
        assert says(f"knock 127.0.0.1 {free_port()} {{port}}", port) == f"['{port}']\n"
