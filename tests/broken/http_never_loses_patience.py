"""--request-timeout is taken and not looked at."""

from models import epoll
from models.ground.conversation import Conversation, Service
from models.ground.listener import Listener
from models.ground.program import run

CAUGHT_BY = ("http/slowloris",)
FLAGS = True
SERVICE = "http"


def serve(listener: Listener, service: Service) -> None:
    Conversation.request_seconds = 3600.0
    epoll.serve(listener, service)


run(serve)
