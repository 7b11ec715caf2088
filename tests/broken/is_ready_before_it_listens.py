"""It says that it is ready before it listens."""

import socket
from unittest.mock import patch

from models import epoll
from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.program import run

CAUGHT_BY = ("start/ready-means-connectable",)
FLAGS = True


listen = socket.socket.listen


def serve(listener: Listener, service: Service) -> None:
    listen(listener.socket, listener.backlog)
    epoll.serve(listener, service)


with patch.object(socket.socket, "listen", lambda *_: None):
    run(serve)
