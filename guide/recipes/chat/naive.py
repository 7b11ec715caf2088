"""Wrong on purpose: the broadcast waits for each client in turn, so one that does not read silences the whole room."""

import sys

import trio

members: dict[trio.SocketStream, bytes] = {}


async def main(port: int) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, listeners)


async def attend(stream: trio.SocketStream) -> None:
    incoming = b""
    async for data in stream:
        *lines, incoming = (incoming + data).split(b"\n")
        for line in lines:
            if stream in members:
                await broadcast(b"%s: %s\n" % (members[stream], line), but=stream)
            else:
                await stream.send_all(b"* here: %s\n" % (b", ".join(members.values()) or b"nobody"))
                members[stream] = line
                await broadcast(b"* %s has joined\n" % line, but=stream)
    await broadcast(b"* %s has left\n" % members.pop(stream), but=stream)


async def broadcast(text: bytes, but: trio.SocketStream) -> None:
    for stream in list(members):
        if stream is not but:
            await stream.send_all(text)


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
