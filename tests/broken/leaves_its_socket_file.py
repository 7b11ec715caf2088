"""It leaves its socket's file behind when it stops."""

from unittest.mock import patch

from models import epoll
from models.ground.listener import Listener
from models.ground.program import run

CAUGHT_BY = ("stop/socket-file-removed",)
FLAGS = True


with patch.object(Listener, "remove", Listener.close):
    run(epoll.serve)
