"""Whether the other side of a connection on this machine has read what was sent to it, as Linux tells: sock_diag(7)."""

import contextlib
import socket
import struct

__all__ = ["unread"]

PROTOCOL = 4  # NETLINK_SOCK_DIAG
BY_FAMILY, REQUEST = 20, 1  # SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST
ALL = 0xFFFFFFFF  # states; and no cookie (linux/inet_diag.h)
HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
QUERY = struct.Struct("=BBBxI2s2s16s16sIII")  # inet_diag_req_v2: family, protocol, extensions, states; the socket's addresses
QUEUE = HEADER.size + 4 + 48 + 4  # where idiag_rqueue is in the answer: behind states, the socket's addresses and a timer


def unread(sock: socket.socket) -> int:
    """How many bytes wait at the other end of a connected TCP socket; 0 where that cannot be known."""
    try:
        far, near = sock.getpeername(), sock.getsockname()
        addresses = [socket.inet_pton(sock.family, end[0]).ljust(16, b"\0") for end in (far, near)]
        ports = [struct.pack(">H", end[1]) for end in (far, near)]
        query = QUERY.pack(sock.family, socket.IPPROTO_TCP, 0, ALL, *ports, *addresses, 0, ALL, ALL)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, PROTOCOL) as kernel:
            kernel.settimeout(1)
            kernel.send(HEADER.pack(HEADER.size + len(query), BY_FAMILY, REQUEST, 0, 0) + query)
            answer = kernel.recv(4096)
    except (OSError, AttributeError):  # it is gone; or another system
        return 0
    with contextlib.suppress(struct.error):
        _, kind, *_ = HEADER.unpack_from(answer)
        if kind == BY_FAMILY:
            return int(struct.unpack_from("=I", answer, QUEUE)[0])
    return 0
