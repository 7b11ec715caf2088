"""A head may be of any length."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/oversized-headers",)
SERVICE = "http"


class Broken(Http):
    head_limit = 1 << 40


run(Broken)
