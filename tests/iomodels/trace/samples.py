"""A timeline to show in tests: two lanes, and all that a figure can have in it."""

from iomodels.trace.calls import Kind
from iomodels.trace.timeline import Event, Mark, Timeline

SAMPLE = Timeline(
    variant="sockets/made-up",
    service="upper",
    options=("--pause", "0"),
    metadata={"kernel": "Linux 6.1", "python": "3.11.9", "strace": "6.1"},
    begin=-20_000,
    end=90_000,
    lanes=["main", "thread 1"],
    aside={"pselect6": 1},
    backlog=True,
    waiting={"recvfrom": 60_000, "accept4": 20_000},
    copying={"sendto": 40, "recvfrom": 12},
    calls={"accept4": 8, "recvfrom": 4, "sendto": 2},
    request={"recvfrom": 1, "sendto": 1},
    marks=[
        Mark(0, 10, "A", "connects"),
        Mark(20_000, 20_010, "A", "sends"),
        Mark(20_100, 20_100, "A", "is answered"),
        Mark(40_000, 40_010, "B", "connects"),
        Mark(40_020, 40_030, "B", "sends"),
        Mark(60_000, 60_010, "A", "leaves"),
        Mark(60_900, 60_900, "B", "is answered"),
        Mark(61_000, 61_000, "A", "is let go"),
        Mark(80_000, 80_010, "B", "leaves"),
        Mark(90_000, 90_000, "B", "is let go"),
    ],
    events=[
        Event(-20_000, 20_050, 0, Kind.ACCEPTS, ["accept4"], "accept4(3<listener>, {...}) = 6<A>", "A", waited=20_010),
        Event(100, 40, 0, Kind.STARTS, ["clone3"], "clone3(...) = thread 1"),
        Event(
            150, 9, 0, Kind.IN_VAIN, ["accept4 EAGAIN"], "accept4(3<listener>, 0x7ffcffe99af0, [16], SOCK_CLOEXEC) = -1 EAGAIN"
        ),
        Event(160, 50_000, 0, Kind.ROUNDS, ["accept4 EAGAIN", "clock_nanosleep"], "5 times: ...", waited=40_000, rounds=5),
        Event(200, 19_822, 1, Kind.COPIES, ["recvfrom"], 'recvfrom(6<A>, "<&>", 9) = 3', "A", waited=19_810, copied=12),
        Event(20_030, 40, 1, Kind.COPIES, ["sendto"], 'sendto(6<A>, "<&>", 3) = 3', "A", copied=40),
        Event(20_080, 20, 1, Kind.OTHER, ["getpid x2", "ioctl", "a_call_with_a_long_name"], "getpid x2, ioctl, a_call_..."),
        Event(20_110, 40_000, 1, Kind.ENDS, ["recvfrom"], 'recvfrom(6<A>, "", 9) = 0', "A", waited=39_900),
        Event(60_200, 9, 1, Kind.CLOSES, ["close"], "close(6<A>) = 0", "A"),
        Event(60_210, 0, 1, Kind.SIGNAL, ["SIGIO"], "--- SIGIO ---"),
        Event(60_300, 22, 0, Kind.SUBMITS, ["io_uring_enter"], "io_uring_enter(6<io_uring>, 1, 0) = 1"),
        Event(60_400, 29_600, 0, Kind.WAITS, ["epoll_wait"], "epoll_wait(4<eventpoll>, [], 8, -1) = ?", waited=29_600),
    ],
)
