"""Charts to be drawn, of each kind."""

from iomodels.figures.chart import Chart, Mark, Series

PLACES = (1.0, 10.0, 100.0, 1000.0)

LINES = Chart(
    name="some-lines",
    title="What a request costs <beside> idle descriptors",
    description="poll rises & epoll does not.",
    x="idle descriptors",
    y="us of CPU per request",
    series=[
        Series("select", [(x, 7 + x * 0.019) for x in PLACES[:3]]),
        Series("poll", [(x, 7 + x * 0.02) for x in PLACES]),
        Series("epoll", [(x, 7.5) for x in PLACES], [7.0] * 4, [8.0] * 4),
        Series("trio, a task for each of the connections", [(x, 7.6) for x in PLACES]),
    ],
    log_x=True,
    marks=[Mark("FD_SETSIZE", x=1024 / 2), Mark("an empty loop", y=5.0)],
)
BARS = Chart(
    name="some-bars",
    title="CPU time per request",
    description="A bar for each server.",
    x="server",
    y="us of CPU per request",
    series=[Series("CPU", [(0, 7.0), (1, 12.3), (2, 52.0)], [6.0, 12.0, 50.0], [8.0, 13.0, 60.0])],
    kind="bars",
    categories=["sockets/epoll", "asyncio/threads", "python server.py with a name that is long"],
    marks=[Mark("sockets/epoll", y=7.0)],
)
STACKED = Chart(
    name="a-stack",
    title="Where the time goes",
    description="Waiting, then copying.",
    x="model",
    y="share of the time, %",
    series=[Series("waiting", [(0, 90.0), (1, 75.0)]), Series("copying", [(0, 10.0), (1, 20.0)])],
    kind="stacked",
    categories=["blocking", "nonblocking"],
)
ALL = (LINES, BARS, STACKED)
