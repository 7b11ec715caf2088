"""Timelines of traces that are written here: connections 31 and 32 are A's and B's, 30 is the listener."""

from collections.abc import Sequence

from iomodels.trace.calls import Kind
from iomodels.trace.strace import read
from iomodels.trace.timeline import Event, Mark, Timeline, build

ACCEPT = "accept4(3<socket:[30]>, {sa_family=AF_INET, sin_port=htons(1)}, [16], SOCK_CLOEXEC)"
IN_VAIN = "accept4(3<socket:[30]>, 0x7f, [16], SOCK_CLOEXEC) = -1 EAGAIN (Resource temporarily unavailable)"
VISIT = (
    (0, "A", "connects"),
    (1000, "A", "sends"),
    (1200, "A", "is answered"),
    (2000, "B", "connects"),
    (2100, "B", "sends"),
    (2500, "B", "is answered"),
    (3000, "A", "leaves"),
    (4000, "B", "leaves"),
)


def timeline(*lines: tuple[int, int, str, int], marks: Sequence[tuple[int, str, str]] = VISIT) -> Timeline:
    """lines: thread, when, the call with its result, how long it took. What a client does takes 10 us."""
    zero = 10_000_000
    text = []
    for thread, at, call, took in lines:
        seconds, micros = divmod(zero + at, 10**6)
        text.append(f"{thread}  {seconds}.{micros:06} {call} <0.{took:06}>")
    return build(
        read(text),
        [Mark(zero + at, zero + at + 10, client, does) for at, client, does in marks],
        begin=zero - 500,
        end=zero + 5000,
        clients={31: "A", 32: "B"},
        backlog=False,
        variant="sockets/made-up",
        service="upper",
        options=(),
        metadata={},
    )


def receive(inode: int, result: str = "5", text: str = '"hello"') -> str:
    return f"recvfrom(6<socket:[{inode}]>, {text}, 65536, 0, NULL, NULL) = {result}"


def send(inode: int) -> str:
    return f'sendto(6<socket:[{inode}]>, "HELLO", 5, 0, NULL, 0) = 5'


def of(timeline: Timeline, kind: Kind) -> list[Event]:
    return [event for event in timeline.events if event.kind is kind]


def test_a_call_that_sleeps_for_a_client_waits_until_that_client_acts() -> None:
    (event,) = of(timeline((7, 200, receive(31), 850)), Kind.COPIES)
    assert (event.waited, event.copied, event.client) == (1010 - 200, 850 - 810, "A")


def test_who_is_quicker_than_the_clients_return_waits_until_its_begin() -> None:
    (event,) = of(timeline((7, 200, receive(31), 805)), Kind.COPIES)
    assert (event.waited, event.copied) == (800, 5)


def test_another_clients_act_ends_no_wait() -> None:
    (event,) = of(timeline((7, 1500, receive(31), 700)), Kind.COPIES)
    assert (event.waited, event.copied) == (0, 700)


def test_a_call_that_finds_the_bytes_there_only_copies() -> None:
    line = timeline((7, 1020, receive(31), 12), (7, 1040, send(31), 20))
    assert line.copying == {"sendto": 20, "recvfrom": 12}
    assert line.waiting == {}
    assert line.events[0].call == 'recvfrom(6<A>, "hello", 65536, 0, NULL, NULL) = 5'


def test_accepting_waits_until_a_client_connects_and_copies_nothing() -> None:
    (event,) = of(timeline((7, -400, f"{ACCEPT} = 6<socket:[31]>", 440)), Kind.ACCEPTS)
    assert (event.waited, event.copied, event.client) == (410, 0, "A")
    assert event.call == "accept4(3<listener>, {...}, [16], SOCK_CLOEXEC) = 6<A>"


def test_eagain_is_in_vain() -> None:
    (event,) = of(timeline((7, 100, IN_VAIN, 9)), Kind.IN_VAIN)
    assert event.names == ["accept4 EAGAIN"]


def test_the_end_of_input_is_no_copying() -> None:
    line = timeline((7, 1300, receive(31, "0", '""'), 1750))
    (event,) = of(line, Kind.ENDS)
    assert (event.waited, line.copying) == (1710, {})


def test_pollers_wait_and_looks_with_a_timeout_of_zero_do_not() -> None:
    poller = "epoll_wait(4<anon_inode:[eventpoll]>, [{events=EPOLLIN, data={u32=6, u64=139848430125063}}], 8"
    line = timeline(
        (7, 100, f"{poller}, -1) = 1", 900),
        (7, 1010, f"{poller}, 0) = 1", 9),
        (7, 1030, "poll([{fd=6<socket:[31]>, events=POLLIN}], 1, 0) = 0 (Timeout)", 9),
        (7, 1040, receive(31), 9),
    )
    assert line.waiting == {"epoll_wait": 900}
    assert of(line, Kind.WAITS)[0].call == "epoll_wait(4<eventpoll>, [{EPOLLIN, data=6}], 8, -1) = 1"
    assert of(line, Kind.OTHER)[0].names == ["epoll_wait", "poll"]


def test_io_uring_submits_or_waits_by_its_arguments() -> None:
    line = timeline(
        (7, 100, "io_uring_enter(6<anon_inode:[io_uring]>, 1, 0, IORING_ENTER_GETEVENTS, NULL, 8) = 1", 20),
        (7, 200, "io_uring_enter(6<anon_inode:[io_uring]>, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) = 0", 900),
    )
    assert [event.kind for event in line.events] == [Kind.SUBMITS, Kind.WAITS]
    assert (line.waiting, line.copying) == ({"io_uring_enter": 900}, {})


def test_what_goes_over_other_sockets_is_no_copying() -> None:
    line = timeline((7, 1020, 'recvfrom(9<socket:[77]>, "x", 1, 0, NULL, NULL) = 1', 9), (7, 1040, receive(31), 9))
    assert line.copying == {"recvfrom": 9}


def test_files_are_not_named() -> None:
    line = timeline((7, 1020, receive(31), 9), (7, 1040, 'openat(AT_FDCWD, "/home/me/x", O_RDONLY) = 9</home/me/x>', 5))
    assert of(line, Kind.OTHER)[0].call == 'openat(AT_FDCWD, "/...", O_RDONLY) = 9'


def test_neighbours_of_no_interest_are_one_event() -> None:
    line = timeline(
        (7, 1020, receive(31), 9),
        (7, 1040, "getpid() = 7", 5),
        (7, 1050, "getpid() = 7", 5),
        (7, 1060, "ioctl(6<socket:[31]>, FIONBIO, [1]) = 0", 5),
    )
    (event,) = of(line, Kind.OTHER)
    assert (event.call, event.at, event.took) == ("getpid x2, ioctl", 1040, 25)
    assert line.calls == {"getpid": 2, "recvfrom": 1, "ioctl": 1}


def test_rounds_are_collapsed_and_their_waiting_is_summed() -> None:
    rounds = [
        line
        for at in range(100, 900, 100)
        for line in (
            (7, at, IN_VAIN, 9),
            (7, at + 20, receive(31, "-1 EAGAIN (Resource temporarily unavailable)", "0x5"), 8),
            (7, at + 40, "clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=0, tv_nsec=50000}, NULL) = 0", 50),
        )
    ]
    line = timeline(*rounds, (7, 1020, receive(31), 9))
    (event,) = of(line, Kind.ROUNDS)
    assert (event.rounds, event.waited) == (8, 400)
    assert event.names == ["accept4 EAGAIN", "recvfrom EAGAIN", "clock_nanosleep"]
    assert line.calls == {"recvfrom": 9, "accept4": 8, "clock_nanosleep": 8}
    assert len(line.events) == 2


def test_threads_that_hand_a_lock_to_each_other_wait_for_no_client() -> None:
    wait = "futex(0x55, FUTEX_WAIT_PRIVATE, 2, NULL) = 0"
    assert timeline((7, 100, wait, 300), (7, 1020, receive(31), 9)).waiting == {}
    assert timeline((7, 100, wait, 1000), (7, 1120, receive(31), 9)).waiting == {"futex": 1000}


def test_a_lane_for_each_that_takes_part() -> None:
    line = timeline(
        (6, -9000, "clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 8", 50),
        (6, -8000, "clone(child_stack=NULL, flags=SIGCHLD) = 9", 50),
        (6, -7000, "wait4(-1, 0x7f, 0, NULL) = 9", 100_000),
        (8, 1020, receive(31), 9),
        (9, 2110, receive(32), 9),
    )
    assert (line.lanes, line.aside) == (["thread 1", "process 1"], {"wait4": 1})
    assert [event.lane for event in line.events] == [0, 1]


def test_who_starts_another_says_which() -> None:
    line = timeline((7, 20, "clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 8", 50), (8, 1020, receive(31), 9))
    assert (line.lanes, of(line, Kind.STARTS)[0].call) == (["main", "thread 1"], "clone3(...) = thread 1")


def test_only_the_section_between_begin_and_end_is_told() -> None:
    line = timeline(
        (7, -3000, "getpid() = 7", 9),
        (7, -2000, f"{ACCEPT} = 6<socket:[31]>", 2040),
        (7, 4500, "accept4(3<socket:[30]>, 0x7f, [16], SOCK_CLOEXEC) = -1 EINVAL (Invalid argument)", 9000),
        (7, 20_000, "getpid() = 7", 9),
    )
    first, last = line.events
    assert (first.at, first.waited) == (-500, 510)
    assert (last.kind, last.waited, last.call.endswith(" = ?")) == (Kind.WAITS, 500, True)


def test_a_request_costs_the_calls_until_its_reply() -> None:
    line = timeline((7, 100, receive(31), 950), (7, 1060, send(31), 20), (7, 1100, receive(31, "0", '""'), 2000))
    assert line.request == {"recvfrom": 1, "sendto": 1}


def test_who_waited_for_whom() -> None:
    line = timeline((7, 1020, receive(31), 9))
    assert (line.b_first, line.b_waited) == (True, 400)
    late = [*(mark for mark in VISIT if mark[1:] != ("B", "is answered")), (3500, "B", "is answered")]
    line = timeline((7, 1020, receive(31), 9), marks=late)
    assert (line.b_first, line.b_waited) == (False, 1400)
