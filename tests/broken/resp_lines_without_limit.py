"""A line may be of any length."""

from tests.broken._talks import Resp, run

CAUGHT_BY = ("resp/endless-line",)
SERVICE = "resp"


class Broken(Resp):
    line_limit = count_limit = 1 << 40


run(Broken)
