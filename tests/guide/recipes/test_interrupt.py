"""At Ctrl-C a recipe's server ends, whoever is connected: a program that one tries must be one that one can leave."""

import signal
import socket
import sys
from pathlib import Path

import pytest

from iomodels.contract.server import Launch
from tests.guide.recipes._running import RECIPES

NO_SERVER = {"connection_pool", "testing", "udp"}  # a pool, suites that pytest runs, datagrams
NEEDS_MORE = {"tls"}  # a certificate
BEHIND = "1"  # the port of whom a relay stands before: nobody, until its first byte
AFTER = [
    pytest.param(path, id=f"{path.parent.name}/{path.stem}")
    for path in sorted(RECIPES.glob("*/on_*.py"))
    if path.parent.name not in NO_SERVER | NEEDS_MORE
]


@pytest.mark.parametrize("path", AFTER)
def test_ctrl_c_ends_it_while_a_client_is_connected(path: Path) -> None:
    arguments = [BEHIND] if path.parent.name == "relay" else []
    server = Launch([sys.executable, str(path), "0", *arguments]).start()
    try:
        with socket.create_connection((server.host, server.port), 10):
            server.signal(signal.SIGINT)
            server.wait(10)
    finally:
        server.stop()
