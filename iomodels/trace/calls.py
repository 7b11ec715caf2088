"""What each system call does, as far as the two phases go: a table, of which the first row that fits a call counts.

A call that no row fits is one of the `other` ones, which are shown by name alone. Adding a kind of call is adding a row.
"""

import enum
import re
from dataclasses import dataclass

from iomodels.trace.strace import Call

__all__ = ["ROWS", "Kind", "Row", "kind_of"]


class Kind(enum.Enum):
    """What a call is for. The values are those of the JSON document."""

    WAITS = "waits"  # for any of several things, or for time
    ACCEPTS = "accepts"  # a client; on a blocking socket, waits for one first
    COPIES = "copies"  # a client's bytes; on a blocking socket, waits for them first
    IN_VAIN = "in vain"  # EAGAIN: nothing is there, and it does not wait
    SUBMITS = "submits"  # requests that the kernel carries out by itself, copying included
    ENDS = "ends"  # the end of a client's input is read
    CLOSES = "closes"  # a client's connection
    STARTS = "starts"  # a thread or a process
    SIGNAL = "signal"  # was delivered
    ROUNDS = "rounds"  # the same calls, again and again
    OTHER = "other"


@dataclass(frozen=True)
class Row:
    """One row: the name of a call, what it is then, and when the row fits.

    where: a pattern that its arguments must contain. client: only on the connection of a client.
    """

    name: str
    kind: Kind
    where: str = ""
    client: bool = False

    def fits(self, call: Call, client: str) -> bool:
        """Whether it is this row that says what the call does."""
        return call.name == self.name and bool(re.search(self.where, call.arguments)) and (bool(client) or not self.client)


ROWS = (
    Row("accept", Kind.ACCEPTS),
    Row("accept4", Kind.ACCEPTS),
    Row("recvfrom", Kind.COPIES, client=True),
    Row("recvmsg", Kind.COPIES, client=True),
    Row("read", Kind.COPIES, client=True),
    Row("readv", Kind.COPIES, client=True),
    Row("sendto", Kind.COPIES, client=True),
    Row("sendmsg", Kind.COPIES, client=True),
    Row("write", Kind.COPIES, client=True),
    Row("writev", Kind.COPIES, client=True),
    # With a timeout of zero they look, and do not wait.
    Row("epoll_wait", Kind.OTHER, where=r", 0$"),
    Row("epoll_wait", Kind.WAITS),
    Row("epoll_pwait", Kind.OTHER, where=r", 0, NULL, \d+$"),
    Row("epoll_pwait", Kind.WAITS),
    Row("epoll_pwait2", Kind.WAITS),
    Row("select", Kind.OTHER, where=r"\{tv_sec=0, tv_usec=0\}"),
    Row("select", Kind.WAITS),
    Row("pselect6", Kind.OTHER, where=r"\{tv_sec=0, tv_nsec=0\}"),
    Row("pselect6", Kind.WAITS),
    Row("poll", Kind.OTHER, where=r", 0$"),
    Row("poll", Kind.WAITS),
    Row("ppoll", Kind.OTHER, where=r"\{tv_sec=0, tv_nsec=0\}"),
    Row("ppoll", Kind.WAITS),
    Row("io_uring_enter", Kind.WAITS, where=r"^[^,]+, \d+, [1-9]"),  # how many completions it waits for
    Row("io_uring_enter", Kind.SUBMITS, where=r"^[^,]+, [1-9]"),  # how many requests it hands over
    Row("rt_sigtimedwait", Kind.WAITS),
    Row("rt_sigsuspend", Kind.WAITS),
    Row("pause", Kind.WAITS),
    Row("wait4", Kind.OTHER, where=r"WNOHANG"),
    Row("wait4", Kind.WAITS),
    Row("waitid", Kind.OTHER, where=r"WNOHANG"),
    Row("waitid", Kind.WAITS),
    Row("futex", Kind.WAITS, where=r"FUTEX_WAIT"),
    Row("nanosleep", Kind.WAITS),
    Row("clock_nanosleep", Kind.WAITS),
    Row("clone", Kind.STARTS),
    Row("clone3", Kind.STARTS),
    Row("fork", Kind.STARTS),
    Row("vfork", Kind.STARTS),
    Row("close", Kind.CLOSES, client=True),
)

# By a signal, before there was anything (signal(7)); strace shows the kernel's own names for "to be made again".
INTERRUPTED = ("EINTR", "ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK")


def kind_of(call: Call, client: str, *, returned: bool = True) -> Kind:
    """What a call was for, in which its result has a say.

    client: whose connection it was made on, or "" for none. returned: whether it did, in the time that is looked at.
    """
    row = next((row for row in ROWS if row.fits(call, client)), None)
    if row is None:
        return Kind.OTHER
    if row.kind in (Kind.ACCEPTS, Kind.COPIES):
        if not returned or call.error in INTERRUPTED:
            return Kind.WAITS
        if call.error == "EAGAIN":
            return Kind.IN_VAIN
        if call.error:
            return Kind.OTHER
        if row.kind is Kind.COPIES and call.result == "0":
            return Kind.ENDS
    return row.kind
