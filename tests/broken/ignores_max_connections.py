"""--max-connections is taken and not looked at."""

from models import epoll
from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.program import run

CAUGHT_BY = ("capacity/max-connections",)
FLAGS = True


def serve(listener: Listener, service: Service) -> None:
    listener.limit = None
    epoll.serve(listener, service)


run(serve)
