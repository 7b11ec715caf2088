"""Answer each datagram with its number and its text in upper case: one socket and one loop on trio."""

import sys

import trio

LARGEST = 65535  # bytes to ask for: recvfrom throws away whatever of a datagram does not fit


async def main(port: int) -> None:
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as server:
        await server.bind(("127.0.0.1", port))
        print(f"listening on 127.0.0.1:{server.getsockname()[1]}", flush=True)
        number = 0
        while True:
            try:
                data, client = await server.recvfrom(LARGEST)
            except ConnectionError as error:  # what became of an earlier reply
                print(f"lost a reply: {error!r}", file=sys.stderr)
                continue
            number += 1
            try:
                await server.sendto(b"%d %b" % (number, data.upper()), client)
            except OSError as error:
                print(f"lost a reply: {error!r}", file=sys.stderr)


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
