"""It asks for IPv4 addresses alone."""

import socket
from functools import partial
from unittest.mock import patch

from models import epoll
from models.ground.program import run

CAUGHT_BY = ("start/ipv6",)
FLAGS = True


with patch.object(socket, "getaddrinfo", partial(socket.getaddrinfo, family=socket.AF_INET)):
    run(epoll.serve)
