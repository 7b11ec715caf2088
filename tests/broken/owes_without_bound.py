"""It goes on reading from a client that does not read, and keeps what it owes without a bound."""

from tests.broken._servers import Loop

CAUGHT_BY = ("backpressure/never-reads-stays-bounded", "backpressure/never-reads-from-first-byte")


class Broken(Loop):
    ahead = 1 << 40


Broken().run()
