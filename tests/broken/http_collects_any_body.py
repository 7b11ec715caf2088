"""A body may be of any length."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/large-body-refused",)
SERVICE = "http"


class Broken(Http):
    body_limit = 1 << 60


run(Broken)
