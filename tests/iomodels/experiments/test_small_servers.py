"""The small servers of experiments/programs/ that talk `upper`: each answers, and so do two at once."""

import importlib.util

import pytest

from iomodels.experiments.caller import Caller
from iomodels.experiments.lab import Lab

SERVERS = [
    ("naive_select", ()),
    ("slow_to_thread", ()),
    *(("apis", (api, loop)) for api in ("streams", "protocol", "sock") for loop in ("asyncio", "uvloop")),
]


@pytest.mark.parametrize(("module", "arguments"), SERVERS)
def test_it_answers_two_clients(module: str, arguments: tuple[str, ...]) -> None:
    if "uvloop" in arguments and importlib.util.find_spec("uvloop") is None:
        pytest.skip("uvloop is not installed")
    with Lab().program(module, *arguments) as server, Caller(server) as first, Caller(server) as second:
        first.send(b"hello")
        second.send(b"world" * 40_000)
        second.hear()
        first.hear()
        first.ask(b"again")


def test_what_is_slow_is_handed_to_a_thread_and_nothing_else_is() -> None:
    with Lab().program("slow_to_thread") as server, Caller(server) as caller:
        caller.ask(b"hello")
        assert server.usage().threads == 1
        caller.ask(b"sleep")
        assert server.usage().threads == 2
