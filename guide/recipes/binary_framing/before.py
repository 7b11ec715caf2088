"""Answer each frame (a length of four bytes, then so many) with its payload in upper case; a thread each."""

import socket
import struct
import sys
import threading

HEADER = struct.Struct("!I")  # the length of the payload, in network byte order
LIMIT = 1024 * 1024  # bytes in a payload: a length is only what the client says


def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=attend, args=[client], daemon=True).start()


def attend(client: socket.socket) -> None:
    try:
        with client:
            while (payload := read_frame(client)) is not None:
                client.sendall(HEADER.pack(len(payload)) + payload.upper())
    except (OSError, EOFError, ValueError) as error:
        print(f"lost a client: {error!r}", file=sys.stderr)


def read_frame(client: socket.socket) -> bytes | None:
    """The next payload; None when the input ends before it, EOFError within it. Raises ValueError beyond LIMIT."""
    header = receive_exactly(client, HEADER.size)
    if not header:
        return None
    if len(header) < HEADER.size:
        raise EOFError(f"the input ended after {len(header)} of {HEADER.size} bytes of a header")
    (length,) = HEADER.unpack(header)
    if length > LIMIT:
        raise ValueError(f"a frame of {length} bytes")
    payload = receive_exactly(client, length)
    if len(payload) < length:
        raise EOFError(f"the input ended after {len(payload)} of {length} bytes of a frame")
    return payload


def receive_exactly(client: socket.socket, count: int) -> bytes:
    """The next `count` bytes, or fewer when the input ends before."""
    data = bytearray()
    while len(data) < count:
        some = client.recv(min(count - len(data), 65536))
        if not some:
            break
        data += some
    return bytes(data)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
