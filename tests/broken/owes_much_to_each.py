"""It keeps up to three megabytes for each client, however many there are."""

from tests.broken._servers import Loop

CAUGHT_BY = ("backpressure/ten-never-read",)


class Broken(Loop):
    ahead = 3 * 1024 * 1024


Broken().run()
