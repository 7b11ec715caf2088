"""It writes more than its ready line to standard output."""

from models import epoll
from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.program import run

CAUGHT_BY = ("start/port-zero-prints-real-port",)
FLAGS = True


def serve(listener: Listener, service: Service) -> None:
    epoll.serve(listener, service)
    print("stopped")


run(serve)
