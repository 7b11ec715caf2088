"""Upper-case what comes over TLS, on asyncio: the handshake comes before the task, and a cut looks like a goodbye."""

import asyncio
import ssl
import sys
from contextlib import closing

HANDSHAKE = 10.0  # seconds for the client to complete it
CHUNK = 16 * 1024  # bytes: a TLS record carries no more (RFC 8446, 5.1)


async def main(port: int, context: ssl.SSLContext) -> None:
    server = await asyncio.start_server(attend, "127.0.0.1", port, ssl=context, ssl_handshake_timeout=HANDSHAKE)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()  # for ever; at Ctrl-C `serve_forever` waits until all have left, since Python 3.12


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer):
        try:
            while data := await reader.read(CHUNK):  # b"" is its close_notify, or a FIN without one
                writer.write(data.upper())
                await writer.drain()
        except OSError:
            print("cut", flush=True)
        else:
            print("goodbye", flush=True)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*(sys.argv[2:] or ("certificate.pem", "key.pem")))
    try:
        asyncio.run(main(port, context))
    except KeyboardInterrupt:
        pass
