"""Clients that other people wrote, as they come: what serves nc, curl, wrk and the Redis tools is what it says it is."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from iomodels.catalogue import Variant, variants
from iomodels.contract.server import Server, Unavailable

CLIENTS = 20  # connections at once, where the model holds as many
PATIENCE = 20  # seconds until a client is given up

MODELS = [variant for variant in variants() if variant.runtime == "sockets"]
each_model = pytest.mark.parametrize("model", MODELS, ids=[variant.model for variant in MODELS])


@contextmanager
def serving(model: Variant, service: str) -> Iterator[Server]:
    """A server; when its client has gone it must end well."""
    try:
        server = model.launch(service).start()
    except Unavailable as error:
        pytest.skip(str(error))
    try:
        yield server
        server.signal(signal.SIGTERM)
        server.expect_end()
    finally:
        server.stop()


def clients(model: Variant) -> str:
    return str(min(CLIENTS, model.profile.capacity) if isinstance(model.profile.capacity, int) else CLIENTS)


def run(tool: str, *arguments: str, said: str = "") -> str:
    """What the tool printed; it must succeed, and complain of nothing."""
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"no {tool} on the path")
    ended = subprocess.run([path, *arguments], input=said, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 0, f"{tool} ended with status {ended.returncode}: {ended.stderr}{ended.stdout}"
    return ended.stdout.replace("\r\n", "\n")


@each_model
def test_nc_that_ends_its_input(model: Variant) -> None:
    with serving(model, "upper") as server:
        for words in ("hello", "", "x" * 100_000):
            assert run("nc", "-N", server.host, str(server.port), said=words) == words.upper()


@each_model
def test_nc_that_is_told_goodbye(model: Variant) -> None:
    with serving(model, "lines") as server:
        assert run("nc", server.host, str(server.port), said="one\ntwo\nQUIT\nthree\n").startswith("ONE\nTWO\n")


@each_model
def test_curl(model: Variant) -> None:
    with serving(model, "http") as server:
        url = f"http://{server.host}:{server.port}/"
        greeting = run("curl", "-sS", "--fail", url)
        assert greeting
        assert run("curl", "-sS", "--fail", "--data-binary", "shout", url) == "SHOUT"
        assert run("curl", "-sS", "--fail", "--data-binary", "@-", url, said="y" * 60_000) == "Y" * 60_000
        connects = "%{num_connects} %{http_code}\n"
        assert run("curl", "-sS", "-w", connects, url, url) == f"{greeting}1 200\n{greeting}0 200\n", "one connection for two"
        head = run("curl", "-sS", "-I", url)
        assert head.startswith("HTTP/1.1 200 OK\n")
        assert f"content-length: {len(greeting)}\n" in head.lower()
        assert greeting not in head
        assert run("curl", "-sS", "--http1.0", url) == greeting


@each_model
@pytest.mark.long
def test_wrk(model: Variant) -> None:
    with serving(model, "http") as server:
        report = run("wrk", "-t", "1", "-c", clients(model), "-d", "1s", f"http://{server.host}:{server.port}/")
        found = re.search(r"(\d+) requests in", report)
        assert found
        assert int(found[1]) > 0
        assert "Socket errors" not in report, report
        assert "Non-2xx" not in report, report


@each_model
@pytest.mark.long
@pytest.mark.parametrize("keep", [["-k"], []], ids=["kept", "closed"])
def test_ab(model: Variant, keep: list[str]) -> None:
    with serving(model, "http") as server:
        report = run("ab", "-q", *keep, "-n", "200", "-c", clients(model), f"http://{server.host}:{server.port}/")
        figures = dict(re.findall(r"^([\w -]+): +(\d+)", report, re.MULTILINE))
        assert (figures["Complete requests"], figures["Failed requests"]) == ("200", "0"), report
        assert "Non-2xx responses" not in figures, report
        assert figures.get("Keep-Alive requests", "0") == ("200" if keep else "0"), report


@each_model
def test_redis_cli(model: Variant) -> None:
    said = "PING\nSET key value\nGET key\nINCR n\nINCR n\nEXISTS key n none\nDEL key\nGET key\nECHO done\n"
    with serving(model, "resp") as server:
        answers = run("redis-cli", "-h", server.host, "-p", str(server.port), said=said).splitlines()
        assert answers == ["PONG", "OK", "value", "1", "2", "2", "1", "", "done"]
        shared = run("redis-cli", "-h", server.host, "-p", str(server.port), "GET", "n")
        kept, fresh = "2\n", "\n"
        if model.profile.workers:  # whichever of them takes it: the one that has served the first, or another
            assert shared in (kept, fresh)
        else:
            assert shared == {"process": kept, "connection": fresh}[model.profile.state]


@each_model
@pytest.mark.long
@pytest.mark.parametrize("pipeline", ["1", "16"])
def test_redis_benchmark(model: Variant, pipeline: str) -> None:
    with serving(model, "resp") as server:
        options = ["-t", "ping,set,get", "-n", "1000", "-c", clients(model), "-P", pipeline, "-q"]
        report = run("redis-benchmark", "-h", server.host, "-p", str(server.port), *options)
        done = re.findall(r"(\w+): [\d.]+ requests per second", report)
        assert done == ["PING_INLINE", "PING_MBULK", "SET", "GET"], report
        assert "rror" not in report


@each_model
def test_redis_py(model: Variant) -> None:
    redis = pytest.importorskip("redis")
    with serving(model, "resp") as server, redis.Redis(server.host, server.port, socket_timeout=PATIENCE) as client:
        assert client.ping()
        assert client.set("key", b"\x00\xffvalue")
        assert client.get("key") == b"\x00\xffvalue"
        assert client.get("none") is None
        assert [client.incr("n"), client.incr("n", 5), client.get("n")] == [1, 6, b"6"]
        assert client.set("key", "other", nx=True) is None
        assert client.exists("key", "n", "none") == 2
        assert client.delete("key", "n") == 2
        assert client.pipeline(transaction=False).set("a", 1).incr("a").get("a").execute() == [True, 2, b"2"]
        with pytest.raises(redis.ResponseError, match="unknown command"):
            client.execute_command("LPUSH", "a", 1)
        assert client.ping()
