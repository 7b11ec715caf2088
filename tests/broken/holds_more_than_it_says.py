"""Its profile says that it holds two clients at once, and it takes all who come."""

from tests.broken._servers import Threads

CAUGHT_BY = ("capacity/next-waits-and-is-served", "slow-peers/sequential-others-wait-and-are-served")
PROFILE = {"capacity": 2}


class Broken(Threads):
    pass


Broken().run()
