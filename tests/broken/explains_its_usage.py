"""A wrong option is answered with the usage of all of them."""

from argparse import ArgumentParser
from unittest.mock import patch

from models import epoll
from models.ground.program import Parser, run

CAUGHT_BY = ("start/bad-arguments",)
FLAGS = True


with patch.object(Parser, "error", ArgumentParser.error):
    run(epoll.serve)
