"""io_uring: the two rings shared with the kernel, and the buffers it receives into.

Everywhere else a model is told that it may act; here it says what is to be done, and is told when it has been done. Requests go
into the submission ring, their outcomes come out of the completion ring, and one system call hands over all the requests and
fetches all the outcomes (io_uring(7)). What makes it fast:

- accept and receive are multishot: asked once, they complete for every client and for every piece of input;
- input lands in buffers that all connections share, so an idle connection holds none;
- `offer` sends without a completion: silence says that the kernel took the whole reply, as it nearly always does.

The trap: a request outlives the call that made it. Until it has completed its bytes must stay where they are, its descriptor
must stay open, or the next client with the same number inherits it. So `Ring` keeps the bytes, and `cancel` says when to close.

Kernel fact, then consequence: with IORING_SETUP_DEFER_TASKRUN the kernel touches rings and buffers only during our own system
calls, so a plain store, with no memory barrier, gives buffers back. That flag makes Linux 6.1 the oldest that serves.
"""

import ctypes
import errno
import importlib
import mmap
import os
import socket
import struct
from typing import Any, Final

from models.ground.program import Unavailable

__all__ = ["ACCEPTED", "ENDED", "FAILED", "LEFT", "SENT", "STOPPED", "Event", "Ring"]

# What `Ring.wait` tells besides input: what happened, on which descriptor, with what result.
ACCEPTED: Final = 0  # on a listener: the descriptor of the client (int)
ENDED: Final = 1  # there will be no more input, and STOPPED follows (None)
SENT: Final = 2  # how many bytes of a `send` the kernel took, 0 when it was cancelled (int)
LEFT: Final = 3  # the bytes of an `offer` that the kernel did not take (bytes)
STOPPED: Final = 4  # accepting or receiving has ended, and may be asked for again; or `cancel` was heard (None)
FAILED: Final = 5  # a request failed (OSError); STOPPED follows where it was accept or receive
Event = tuple[int, int, Any]

ENTRIES = 4096  # requests per system call; there is room for twice as many completions
BUFFERS = 128  # a power of two; together with BUFFER_SIZE the bound of what one turn can receive: 512 KiB
BUFFER_SIZE = 4096  # bytes
# Were the stride a power of two, the first bytes of all buffers, most of what is ever used, would share one set of the cache.
STRIDE = BUFFER_SIZE + 64
BUFFER_ENTRY = struct.Struct("<QIHH")  # struct io_uring_buf: address, length, number; the first one's last field is the tail
BUFFER_GROUP = 0
REGISTER_BUFFER_RING = 22  # IORING_REGISTER_PBUF_RING (io_uring_register(2)), which the wheel does not name

# The low bits of a request's user_data say what it was, the rest is its descriptor.
ACCEPT, RECEIVE, SEND, OFFER, PAUSE, CANCEL = range(6)
KIND_BITS = 3
KIND_MASK = (1 << KIND_BITS) - 1

# What is read once for each completion, from linux/io_uring.h.
HAS_BUFFER = 1  # IORING_CQE_F_BUFFER: a buffer was filled, and its number stands above BUFFER_SHIFT
BUFFER_SHIFT = 16  # IORING_CQE_BUFFER_SHIFT
MORE = 2  # IORING_CQE_F_MORE: the request goes on

WHOLE = socket.MSG_WAITALL | socket.MSG_NOSIGNAL
AT_ONCE = WHOLE | socket.MSG_DONTWAIT


class Ring:
    """A submission and a completion ring with their buffers; for the thread that made it, alone.

    Requests are noted by its methods and handed to the kernel by the next `wait`. A descriptor may have one accept or receive
    under way, and one send. Raises Unavailable where there is no io_uring, or no leave to use it.
    """

    def __init__(self) -> None:
        self._uring = uring = _wheel()
        self._ring = uring.Ring()
        flags = uring.IORING_SETUP_SINGLE_ISSUER | uring.IORING_SETUP_DEFER_TASKRUN | uring.IORING_SETUP_SUBMIT_ALL
        try:
            uring.io_uring_queue_init(ENTRIES, self._ring, flags)
        except OSError as error:
            raise Unavailable(_why(error)) from error
        library = ctypes.CDLL(uring.liburing.__file__)
        self._memory = mmap.mmap(-1, BUFFERS * STRIDE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
        self._buffers = mmap.mmap(-1, BUFFERS * BUFFER_ENTRY.size)
        self._buffer_tail = memoryview(self._buffers)[14:16].cast("H")
        self._register_buffers(library)
        # The wheel would keep the GIL while it waits, and every other thread with it; ctypes lets it go.
        self._enter = library.io_uring_enter2
        self._enter.argtypes = [ctypes.c_int, ctypes.c_uint, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_size_t]
        self._prepare_send = uring.io_uring_prep_send
        self._free_entry = uring.io_uring_get_sqe
        self._skip_success = uring.IOSQE_CQE_SKIP_SUCCESS
        self._completion = uring.Cqe()
        self._armed: set[int] = set()  # descriptors with an accept or a receive under way
        self._sending: dict[int, bytes] = {}  # what `send` has under way
        self._offered: dict[int, bytes] = {}  # what `offer` has noted since the last `wait`

    def __enter__(self) -> "Ring":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the rings up; the kernel cancels what is under way."""
        self._uring.io_uring_queue_exit(self._ring)

    def accept(self, listener: int, *, once: bool = False) -> None:
        """Accept clients, close-on-exec, until STOPPED or FAILED, or with `once` a single one; nothing new while that goes on.

        A listener with its read side shut down fails with EINVAL (io_uring_prep_multishot_accept(3)).
        """
        if listener not in self._armed:
            self._armed.add(listener)
            request = self._request()
            prepare = self._uring.io_uring_prep_accept if once else self._uring.io_uring_prep_multishot_accept
            prepare(request, listener, None, socket.SOCK_CLOEXEC)
            request.user_data = listener << KIND_BITS | ACCEPT

    def receive(self, connection: int) -> None:
        """Receive until STOPPED; nothing new while that goes on (io_uring_prep_recv_multishot(3))."""
        if connection not in self._armed:
            self._armed.add(connection)
            request = self._request()
            self._uring.io_uring_prep_recv_multishot(request, connection)
            self._uring.io_uring_sqe_set_buf_group(request, BUFFER_GROUP)
            request.flags = self._uring.IOSQE_BUFFER_SELECT
            request.user_data = connection << KIND_BITS | RECEIVE

    def send(self, connection: int, data: bytes) -> None:
        """Send `data`, however long the client takes: SENT or FAILED follows; nothing new while a send goes on."""
        if connection not in self._sending and connection not in self._offered:
            self._sending[connection] = data
            request = self._request()
            self._prepare_send(request, connection, data, WHOLE)
            request.user_data = connection << KIND_BITS | SEND

    def offer(self, connection: int, data: bytes) -> bool:
        """Send `data` at once, in the next `wait`: LEFT or FAILED follows if the kernel does not take all of it, else nothing.

        Returns False, and does nothing, while something else is on its way to this client: it might be overtaken.
        """
        if connection in self._offered or connection in self._sending:
            return False
        self._offered[connection] = data
        # A success posts no completion. To send less than all is a failure, because of MSG_WAITALL, and is posted. MSG_DONTWAIT
        # lets neither wait, so that `data` is ours again when the system call returns.
        request = self._free_entry(self._ring) or self._request()
        self._prepare_send(request, connection, data, AT_ONCE)
        request.flags = self._skip_success
        request.user_data = connection << KIND_BITS | OFFER
        return True

    def pause(self, connection: int) -> None:
        """Receive no more for now: STOPPED follows, after what came by then (io_uring_prep_cancel(3))."""
        if connection in self._armed:
            request = self._request()
            self._uring.io_uring_prep_cancel64(request, connection << KIND_BITS | RECEIVE)
            request.flags = self._skip_success
            request.user_data = connection << KIND_BITS | PAUSE

    def cancel(self, connection: int) -> bool:
        """Break off what is under way on `connection`; True if something is, and it may not be closed yet: STOPPED follows."""
        under_way = connection in self._armed or connection in self._sending or connection in self._offered
        if under_way:
            request = self._request()
            self._uring.io_uring_prep_cancel_fd(request, connection, self._uring.IORING_ASYNC_CANCEL_ALL)
            request.user_data = connection << KIND_BITS | CANCEL
        return under_way

    def wait(self, timeout: float | None = None) -> tuple[list[tuple[int, bytes]], list[Event]]:
        """Hand all requests over, and sleep until something has happened: the input that came, by descriptor, and all else.

        timeout: seconds, None for ever. Nothing has happened when it is over, or when a signal came.
        """
        uring, ring, memory, completion = self._uring, self._ring, self._memory, self._completion
        offered = self._submit()
        count = uring.io_uring_cq_ready(ring)
        if not count:
            self._sleep(timeout)
            count = uring.io_uring_cq_ready(ring)
        received: list[tuple[int, bytes]] = []
        others: list[Event] = []
        for _ in uring.CqeIter(ring, completion):
            entry = completion[0]
            flags = entry.flags
            if flags & HAS_BUFFER:
                start = (flags >> BUFFER_SHIFT) * STRIDE
                received.append((entry.user_data >> KIND_BITS, memory[start : start + entry.res]))
                if flags & MORE:
                    continue
            request = entry.user_data
            descriptor, kind = request >> KIND_BITS, request & KIND_MASK
            if not flags & HAS_BUFFER and (event := self._outcome(kind, descriptor, entry, offered)):
                others.append(event)
            if not flags & MORE and kind <= RECEIVE:
                self._armed.discard(descriptor)
                others.append((STOPPED, descriptor, None))
        uring.io_uring_cq_advance(ring, count)
        # The kernel fills the buffers in the order of their ring, and each that it filled has been copied from: the same
        # entries in the same order are good for another round.
        self._buffer_tail[0] = (self._buffer_tail[0] + len(received)) & 0xFFFF
        return received, others

    def _outcome(self, kind: int, descriptor: int, entry: Any, offered: dict[int, bytes]) -> Event | None:
        """The event of a completion that filled no buffer."""
        if kind == SEND:
            del self._sending[descriptor]
        error = 0
        try:
            result = entry.res
        except OSError as failure:  # the wheel raises whatever is negative
            error, result = failure.errno or errno.EIO, 0
        if kind == PAUSE:
            return None
        if kind == CANCEL:
            return STOPPED, descriptor, None
        if kind == OFFER and error in {0, errno.EAGAIN}:
            return LEFT, descriptor, offered[descriptor][result:]
        if kind == SEND and error in {0, errno.ECANCELED}:
            return SENT, descriptor, result
        # ENOBUFS: more has come than the buffers hold; it waits in the socket.
        if error in {errno.ECANCELED, errno.ENOBUFS}:
            return None
        if error:
            return FAILED, descriptor, OSError(error, os.strerror(error))
        return (ACCEPTED, descriptor, result) if kind == ACCEPT else (ENDED, descriptor, None)

    def _request(self) -> Any:
        """A free entry of the submission ring."""
        request = self._free_entry(self._ring)
        if request is None:  # the ring is full
            self._uring.io_uring_submit(self._ring)
            request = self._free_entry(self._ring)
        return request

    def _submit(self) -> dict[int, bytes]:
        """Hand all requests over, and let the kernel do what can be done at once; returns what had been offered."""
        while True:
            try:
                self._uring.io_uring_submit_and_get_events(self._ring)
            except BlockingIOError:  # no memory for a request just now
                pass
            if not self._uring.io_uring_sq_ready(self._ring):
                break
        offered, self._offered = self._offered, {}
        return offered

    def _sleep(self, timeout: float | None) -> None:
        """Wait for a completion, the end of the timeout or a signal (io_uring_enter2(2))."""
        if timeout is None:
            result = self._enter(self._ring.ring_fd, 0, 1, self._uring.IORING_ENTER_GETEVENTS, None, 0)
        else:
            duration = (ctypes.c_int64 * 2)(int(timeout), int(timeout % 1 * 1e9))  # struct __kernel_timespec
            argument = (ctypes.c_uint64 * 3)(0, 0, ctypes.addressof(duration))  # struct io_uring_getevents_arg: no signal mask
            flags = self._uring.IORING_ENTER_GETEVENTS | self._uring.IORING_ENTER_EXT_ARG
            result = self._enter(self._ring.ring_fd, 0, 1, flags, argument, ctypes.sizeof(argument))
        if result < 0 and -result not in {errno.EINTR, errno.ETIME}:
            raise OSError(-result, os.strerror(-result))

    def _register_buffers(self, library: ctypes.CDLL) -> None:
        """Tell the kernel where the buffers are (io_uring_register_buf_ring(3)); the wheel's own call is not finished."""
        address = _address(self._memory)
        for number in range(BUFFERS):
            entry = (address + number * STRIDE, BUFFER_SIZE, number, 0)
            BUFFER_ENTRY.pack_into(self._buffers, number * BUFFER_ENTRY.size, *entry)
        self._buffer_tail[0] = BUFFERS
        registration = struct.pack("<QIHH24x", _address(self._buffers), BUFFERS, BUFFER_GROUP, 0)  # struct io_uring_buf_reg
        result = library.io_uring_register(self._ring.ring_fd, REGISTER_BUFFER_RING, registration, 1)
        if result < 0:
            self.close()
            raise Unavailable(_why(OSError(-result, os.strerror(-result))))


def _address(memory: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def _wheel() -> Any:
    try:
        return importlib.import_module("liburing")  # by name: its stub file is not valid Python, and mypy would read it
    except ImportError as error:
        raise Unavailable("io_uring needs Linux and the liburing wheel: pip install liburing") from error


def _why(error: OSError) -> str:
    if error.errno == errno.ENOSYS:
        return "this kernel has no io_uring"
    if error.errno == errno.EPERM:
        return "io_uring is forbidden here, by the sysctl kernel.io_uring_disabled or a container's seccomp filter"
    if error.errno == errno.EINVAL:
        return f"io_uring here needs Linux 6.1 or later, this is {os.uname().release}"
    return f"io_uring cannot be set up: {error.strerror}"
