"""What is wrong with an address is shown as a traceback."""

from unittest.mock import patch

from models import epoll
from models.ground.listener import Listener
from models.ground.program import run

CAUGHT_BY = ("start/port-in-use", "start/privileged-port", "start/unresolvable-host")
FLAGS = True


listen = Listener.at_address


def at_address(host: str, port: int, backlog: int, *, reuse_port: bool) -> Listener:
    try:
        return listen(host, port, backlog, reuse_port=reuse_port)
    except OSError as error:
        raise RuntimeError("cannot listen") from error


with patch.object(Listener, "at_address", at_address):
    run(epoll.serve)
