"""Answer each datagram with its number and its text in upper case: one socket and one loop for all clients."""

import socket
import sys

LARGEST = 65535  # bytes to ask for: recvfrom throws away whatever of a datagram does not fit


def main(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        print(f"listening on 127.0.0.1:{server.getsockname()[1]}", flush=True)
        number = 0
        while True:
            try:
                data, client = server.recvfrom(LARGEST)
            except ConnectionError as error:  # what became of an earlier reply
                print(f"lost a reply: {error!r}", file=sys.stderr)
                continue
            number += 1
            try:
                server.sendto(b"%d %b" % (number, data.upper()), client)
            except OSError as error:
                print(f"lost a reply: {error!r}", file=sys.stderr)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
