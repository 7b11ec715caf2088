"""The Redis protocol as a client that looks closely sees it. For cases about `resp` itself."""

from contextlib import suppress

from iomodels.contract.broken import Broken
from iomodels.contract.client import CHUNK, Client
from iomodels.contract.trial import MIB, Trial

__all__ = ["PING", "PONG", "expect_error", "expect_refusal", "pack"]

ENOUGH = 16 * MIB  # bytes after which what is endless must have been refused
PONG = b"+PONG\r\n"


def pack(*words: bytes) -> bytes:
    """A command as client libraries send it: an array of bulk strings."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


PING = pack(b"PING")


def expect_error(client: Client, *, sent: bytes) -> None:
    """An error comes next: one line that begins with `-`."""
    came = b""
    while not came.endswith(b"\r\n"):
        data = client.receive_some(1, sent=sent, came=came)
        came += data
        if not data or not came.startswith(b"-"):
            raise Broken("this is not an error reply", sent=sent, came=came)


def expect_refusal(trial: Trial, request: bytes, what: str, *, endless: bytes = b"") -> None:
    """`request` is refused: the one before it is answered, then one error comes and the end, and what follows is not answered.

    what: what is refused, in words. endless: what follows, again and again, until the server answers.
    """
    with trial.connect() as client:
        client.send(PING)
        client.expect(PONG, sent=PING)
        with suppress(Broken):  # the server may have cut us off: what is lost by that is seen below
            client.send(request if endless else request + PING)
        sent = client.pour(endless, ENOUGH) if endless else 0
        if sent == ENOUGH:
            raise Broken(f"the server took {sent / MIB:.0f} MiB of {what}, and refused nothing", sent=request + endless)
        try:
            came, _ = client.read_to_end(CHUNK)
        except Broken as broken:
            words = f"{what} must be refused with an error and the end of the connection: {broken.words}"
            raise Broken(words, sent=request, came=broken.came) from broken
        if not came.startswith(b"-") or came.find(b"\r\n") != len(came) - 2:
            raise Broken(f"{what} must be refused with an error, and nothing after it", sent=request, came=came)
