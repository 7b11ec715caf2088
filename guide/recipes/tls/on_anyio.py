"""Upper-case what comes over TLS, on anyio: a task for each client, which shakes hands, and tells a goodbye from a cut."""

import ssl
import sys
from functools import partial

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.tls import TLSStream

HANDSHAKE = 10.0  # seconds for the client to complete it


async def main(port: int, context: ssl.SSLContext) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
    await listener.serve(partial(attend, context))  # a TLSListener would log a traceback for each failed handshake


async def attend(context: ssl.SSLContext, connection: SocketStream) -> None:
    async with connection:
        try:
            with anyio.fail_after(HANDSHAKE):
                stream = await TLSStream.wrap(connection, ssl_context=context, server_side=True)
        except (anyio.BrokenResourceError, OSError):  # ssl.SSLError and TimeoutError are OSErrors
            return  # no handshake, no client
        await converse(stream)


async def converse(stream: TLSStream) -> None:
    try:
        async with stream:  # whose end sends our close_notify, and after a cut raises ssl.SSLError
            async for data in stream:  # until its close_notify
                await stream.send(data.upper())
    except (anyio.BrokenResourceError, OSError):
        print("cut", flush=True)
    else:
        print("goodbye", flush=True)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*(sys.argv[2:] or ("certificate.pem", "key.pem")))
    try:
        anyio.run(main, port, context)
    except* KeyboardInterrupt:
        pass
