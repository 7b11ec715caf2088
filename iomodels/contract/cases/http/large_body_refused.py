"""A body without end is refused with a whole reply, though the client still sends; or it is answered as it comes.

Whether its length was announced or comes in chunks, a server that first collects it lets any client decide how much memory
it spends. The trap: closing while the body still arrives makes the kernel reset the connection, and the client never reads why.
"""

import socket
from contextlib import suppress

from iomodels.contract.broken import Broken
from iomodels.contract.http import Caller, chunked, post
from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "RFC 9110, 15.5.14 (413); RFC 9112, 9.6 (lingering close); nginx: client_max_body_size"
SERVICES = ("http",)
ENOUGH = 32 * MIB
SUCCESS = b"HTTP/1.1 200 "
PIECE = b"a" * 64 * KIB
ENDLESS = (
    ("a body of 1 TiB", post(b"").replace(b"Content-Length: 0", b"Content-Length: %d" % (MIB * MIB)), PIECE),
    ("a body in chunks without end", chunked(b""), b"%x\r\n%b\r\n" % (len(PIECE), PIECE)),
    ("a chunk extension without end", chunked(b"1;"), PIECE),
)


def check(trial: Trial) -> None:
    with trial.witness():
        for what, head, more in ENDLESS:
            with Caller(trial) as caller:
                caller.send(head)
                sent = caller.pour(more, ENOUGH)
                if sent == ENOUGH:
                    raise Broken(f"the server took {sent / MIB:.0f} MiB of {what}, and answered nothing", sent=head)
                if not _is_streaming(caller):
                    caller.expect_refusal(what)
                    with suppress(Broken):  # the server has ended the connection; if not, it may go on reading until we do
                        caller.client.half_close()
                    caller.expect_end(f"it refused {what}")


def _is_streaming(caller: Caller) -> bool:
    """Whether the server has begun to answer a body that has not ended: it does not collect it, and needs no limit."""
    with suppress(OSError):
        return caller.client.socket.recv(len(SUCCESS), socket.MSG_PEEK) == SUCCESS
    return False
