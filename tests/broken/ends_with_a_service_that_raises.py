"""What a service raises leaves the event loop, and takes everybody along."""

from unittest.mock import patch

from models import epoll
from models.ground.peer import Peer
from models.ground.program import run

CAUGHT_BY = ("limits/handler-raises",)
FLAGS = True


def fail(_: Peer, error: Exception) -> None:
    raise error


with patch.object(Peer, "fail", fail):
    run(epoll.serve)
