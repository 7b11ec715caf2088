"""It does not start where a server that died has left its socket's file."""

import socket
from unittest.mock import patch

from models import epoll
from models.ground.listener import Listener
from models.ground.program import run

CAUGHT_BY = ("start/unix-socket",)
FLAGS = True


def at_path(path: str, backlog: int) -> Listener:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(backlog)
    return Listener(listener, backlog, path)


with patch.object(Listener, "at_path", at_path):
    run(epoll.serve)
