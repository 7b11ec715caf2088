"""A line may be of any length."""

from tests.broken._talks import Lines, run

CAUGHT_BY = ("lines/endless-line",)
SERVICE = "lines"


class Broken(Lines):
    limit = 1 << 40


run(Broken)
