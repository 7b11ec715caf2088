import asyncio
import socket
from typing import Any

from aiosmtpd.smtp import SMTP


def listen(address: Any) -> socket.socket:
    """A listening socket, with the options that smtpd gave it."""
    family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server(address, family=family, backlog=5)


async def serve_mail(handler: Any, listener: socket.socket, **options: Any) -> None:
    """Take mail; the handler's `handle_DATA` gets each message, and says what the client is told."""
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler, **options), sock=listener, backlog=5)
    async with server:
        await server.serve_forever()


class Sink:  # refused by trio: IOM933, refused by anyio: IOM933
    async def handle_DATA(self, server, session, envelope):
        """Keep it."""
        peer = session.peer
        mailfrom = envelope.mail_from
        rcpttos = envelope.rcpt_tos
        data = envelope.content.replace(b"\r\n", b"\n").removesuffix(b"\n")
        if b"spam" in data:
            return "554 no"
        if not self.keep(peer, data):
            return "250 OK"
        status = self.check(mailfrom)
        return (status if rcpttos else "550 nobody") or "250 OK"

    def keep(self, peer, data):
        print(peer, len(data))
        return True

    def check(self, mailfrom):
        return None if mailfrom else "550 who?"


if __name__ == "__main__":
    server = Sink()
    listener = listen(("localhost", 8025))
    asyncio.run(serve_mail(server, listener))  # refused by trio: IOM933, refused by anyio: IOM933
