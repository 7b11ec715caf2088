import resource
from dataclasses import replace
from typing import Any

import pytest

from iomodels.load.generator import shares
from iomodels.load.limits import allow
from iomodels.load.spec import LimitError, Spec, SpecError

SPEC = Spec("::1", 80)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"service": "echo"}, "no load speaks 'echo' (there are upper, lines, http, resp)"),
        ({"connections": 0}, "0 connections cannot ask"),
        ({"connections": 999_999, "idle": 2}, "1,000,001 connections are impossible: at most 1,000,000"),
        ({"pipeline": 0}, "0 requests in flight"),
        ({"size": 0}, "a payload of 0 bytes is impossible"),
        ({"size": 1 << 30}, "a payload of 1,073,741,824 bytes is impossible"),
        ({"rate": 0.0}, "a rate of 0 a second is impossible"),
        ({"rate": -1.0}, "a rate of -1 a second is impossible"),
        ({"rate": float("nan")}, "a rate of nan a second is impossible"),
        ({"rate": 1e9}, "a rate of 1e+09 a second is impossible"),
        ({"think": -1.0}, "a think time of -1 s is impossible"),
        ({"think": float("nan")}, "a think time of nan s is impossible"),
        ({"per_connection": 0}, "a connection carries at least 1 request"),
        ({"idle": -1}, "fewer than 0 connections"),
        ({"warm_up": float("inf")}, "a warm-up of inf s is impossible"),
        ({"rate": 1.0, "pipeline": 2}, "in an open loop nobody sets how many"),
        ({"rate": 1.0, "think": 1.0}, "in an open loop nobody thinks"),
        ({"think": 1.0, "pipeline": 2}, "who thinks"),
        ({"get": "/"}, "only http has a GET"),
        ({"service": "http", "get": "/a b"}, "'/a b' is no path"),
        ({"service": "http", "get": "x"}, "'x' is no path"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError) as refused:
        replace(SPEC, **fields)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_shares_come_to_the_whole() -> None:
    whole = replace(SPEC, connections=10, rate=1000.0, idle=4, slow_readers=1, slow_writers=2)
    parts = shares(whole, 3)
    assert [part.connections for part in parts] == [4, 3, 3]
    assert sum(part.sockets for part in parts) == whole.sockets
    assert sum(part.rate or 0 for part in parts) == pytest.approx(1000.0)
    assert len({part.seed for part in parts}) == 3
    with pytest.raises(SpecError, match="11 processes cannot share 10 connections"):
        shares(whole, 11)


def test_a_load_is_told_in_words() -> None:
    assert SPEC.where == "[::1]:80"
    whole = replace(SPEC, pipeline=4, per_connection=9, idle=1000, slow_readers=2)
    assert whole.says == "upper, 100 connections, 4 in flight on each, ended after 9, 64 bytes, 1,000 idle, 2 slow readers"
    assert replace(SPEC, service="http", get="/", rate=5e4).says == (
        "http (GET /), 100 connections, 50,000 requests a second (constant)"
    )


def test_the_limit_of_descriptors_is_raised_as_far_as_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    raised = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: raised.append(pair))
    allow(900)
    assert raised == []
    allow(3000)
    assert raised == [(3032, 4096)]


def test_no_limit_at_all_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    raised = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: raised.append(pair))
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    allow(3000)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, resource.RLIM_INFINITY))
    allow(3000)
    assert raised == [(3032, resource.RLIM_INFINITY)]


def test_where_the_limit_cannot_be_raised_the_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int, pair: tuple[int, int]) -> None:
        raise ValueError(pair)

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    with pytest.raises(LimitError, match="`sudo prlimit --pid \\$\\$ --nofile=10032:10032`"):
        allow(10_000)
