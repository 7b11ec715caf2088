"""--backlog is taken and not looked at."""

from unittest.mock import patch

from models import epoll
from models.ground.listener import Listener
from models.ground.program import run

CAUGHT_BY = ("capacity/backlog",)
FLAGS = True


listen = Listener.at_address


def at_address(host: str, port: int, backlog: int, *, reuse_port: bool) -> Listener:  # noqa: ARG001
    return listen(host, port, reuse_port=reuse_port)


with patch.object(Listener, "at_address", at_address):
    run(epoll.serve)
