"""The server's end of a connection, as the kernel shows it: how much the server has read, and whether it still has it open.

A client cannot see either: FIN looks the same whether the server has closed its socket or keeps it. On Linux the kernel
answers by addresses (sock_diag(7)), a question a connection; /proc/net/tcp lists all that there are, thousands of them in
TIME_WAIT. A server on another machine cannot be seen, nor one in another network namespace.
"""

import socket
import struct
import sys
from dataclasses import dataclass

__all__ = ["FarEnd", "look"]

SOCK_DIAG = 4  # linux/netlink.h: NETLINK_SOCK_DIAG
BY_FAMILY = 20  # linux/sock_diag.h: SOCK_DIAG_BY_FAMILY
REQUEST = 1  # linux/netlink.h: NLM_F_REQUEST
INFO = 2  # linux/inet_diag.h: INET_DIAG_INFO, an attribute that is a struct tcp_info
RECEIVED_AT = 128  # linux/tcp.h: where tcpi_bytes_received is in it
LISTEN = 10  # net/tcp_states.h: where a connection is not found, its listener is
HEAD = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, process
ASK = struct.Struct("=BBBxI")  # struct inet_diag_req_v2: family, protocol, extensions, states; a sockid follows
ENDS = struct.Struct("!HH16s16s12s")  # struct inet_diag_sockid: ports, addresses, then interface and cookie
REPLY = struct.Struct("=xB2x48s4xI4x4xI")  # struct inet_diag_msg: state, sockid, rqueue, inode; attributes follow
ATTRIBUTE = struct.Struct("=HH")  # struct nlattr: length, type; the next begins at a multiple of four
ANY_INTERFACE = bytes(4) + b"\xff" * 8  # and no cookie: INET_DIAG_NOCOOKIE


@dataclass(frozen=True)
class FarEnd:
    """read: bytes that the server has read, FIN counting as one, as in sequence numbers. inode: its socket's, or 0
    when no process has it."""

    read: int
    inode: int

    @property
    def held(self) -> bool:
        """Whether a process has it open."""
        return self.inode != 0


def look(near: tuple[str, int], far: tuple[str, int]) -> FarEnd | None:
    """The end at `far` of the connection whose other end is at `near`; None when there is none, or none that can be seen."""
    if sys.platform != "linux":
        return None
    family = socket.AF_INET6 if ":" in far[0] else socket.AF_INET
    addresses = (socket.inet_pton(family, host) for host, _ in (far, near))
    ends = ENDS.pack(far[1], near[1], *addresses, ANY_INTERFACE)
    question = ASK.pack(family, socket.IPPROTO_TCP, 1 << (INFO - 1), 0xFFFFFFFF) + ends
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG) as kernel:
            kernel.send(HEAD.pack(HEAD.size + len(question), BY_FAMILY, REQUEST, 0, 0) + question)
            answer = kernel.recv(8192)
    except OSError:  # forbidden in this sandbox
        return None
    if HEAD.unpack_from(answer)[1] != BY_FAMILY:  # an error: no such connection
        return None
    state, _, unread, inode = REPLY.unpack_from(answer, HEAD.size)
    if state == LISTEN:
        return None
    return FarEnd(_received(answer[HEAD.size + REPLY.size :]) - unread, inode)


def _received(attributes: bytes) -> int:
    while attributes:
        length, kind = ATTRIBUTE.unpack_from(attributes)
        if kind == INFO:
            return int.from_bytes(attributes[ATTRIBUTE.size + RECEIVED_AT :][:8], sys.byteorder)
        attributes = attributes[(length + 3) & ~3 :]
    return 0  # in TIME_WAIT
