"""Answer each datagram with its number and its text in upper case: one UDPSocket and one loop on anyio."""

import sys

import anyio
from anyio.abc import SocketAttribute


async def main(port: int) -> None:
    async with await anyio.create_udp_socket(local_host="127.0.0.1", local_port=port) as server:
        print(f"listening on 127.0.0.1:{server.extra(SocketAttribute.local_port)}", flush=True)
        number = 0
        while True:
            try:
                data, client = await server.receive()
            except anyio.BrokenResourceError as error:
                if not isinstance(error.__cause__, ConnectionError):
                    raise
                print(f"lost a reply: {error.__cause__!r}", file=sys.stderr)  # an earlier one
                continue
            number += 1
            try:
                await server.sendto(b"%d %b" % (number, data.upper()), *client)
            except anyio.BrokenResourceError as error:
                print(f"lost a reply: {error.__cause__!r}", file=sys.stderr)


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
