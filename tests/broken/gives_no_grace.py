"""--grace is taken and not looked at: it ends at once."""

from models import epoll
from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.program import run

CAUGHT_BY = ("stop/grace-is-bounded", "stop/in-mid-reply")
FLAGS = True


def serve(listener: Listener, service: Service) -> None:
    listener.grace = 0.0
    epoll.serve(listener, service)


run(serve)
