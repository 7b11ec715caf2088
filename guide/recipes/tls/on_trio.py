"""Upper-case what comes over TLS, on trio: a task for each client, which shakes hands, and tells a goodbye from a cut."""

import ssl
import sys

import trio

HANDSHAKE = 10.0  # seconds for the client to complete it
CHUNK = 16 * 1024  # bytes: a TLS record carries no more (RFC 8446, 5.1)

Stream = trio.SSLStream[trio.SocketStream]


async def main(port: int, context: ssl.SSLContext) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, [trio.SSLListener(listener, context) for listener in listeners])


async def attend(stream: Stream) -> None:
    try:
        with trio.fail_after(HANDSHAKE):
            await stream.do_handshake()
    except (trio.BrokenResourceError, trio.TooSlowError):
        return  # no handshake, no client
    async with stream:
        await converse(stream)


async def converse(stream: Stream) -> None:
    try:
        while data := await stream.receive_some(CHUNK):  # b"" is its close_notify
            await stream.send_all(data.upper())
    except trio.BrokenResourceError:
        print("cut", flush=True)
    else:
        print("goodbye", flush=True)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*(sys.argv[2:] or ("certificate.pem", "key.pem")))
    try:
        trio.run(main, port, context)
    except* KeyboardInterrupt:
        pass
