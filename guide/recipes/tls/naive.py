"""Wrong on purpose: a handshake that fails is an exception in the handler, and that ends the server for all."""

import ssl
import sys

import trio


async def main(port: int, context: ssl.SSLContext) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, [trio.SSLListener(listener, context) for listener in listeners])


async def attend(stream: trio.SSLStream[trio.SocketStream]) -> None:
    async for data in stream:
        await stream.send_all(data.upper())


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*(sys.argv[2:] or ("certificate.pem", "key.pem")))
    trio.run(main, port, context)
