"""A mail sink: takes mail for its own domain, and keeps each message in a Maildir. sink.py PORT MAILDIR"""

import argparse
import asyncio
import mailbox
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


class Sink:
    async def handle_DATA(self, server, session, envelope):
        mailfrom = envelope.mail_from
        rcpttos = envelope.rcpt_tos
        data = envelope.content.replace(b"\r\n", b"\n").removesuffix(b"\n")
        strangers = [rcpt for rcpt in rcpttos if not rcpt.endswith("@example.org")]
        if strangers:
            return "550 not one of ours: " + ", ".join(strangers)
        self.keep(mailfrom, rcpttos, data)
        return "250 OK"

    def keep(self, mailfrom, rcpttos, data):
        head = "Return-Path: <%s>\nDelivered-To: %s\n" % (mailfrom, ", ".join(rcpttos))
        box.add(head.encode() + data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("maildir")
    args = parser.parse_args()
    box = mailbox.Maildir(args.maildir)
    sink = Sink()
    listener = listen(("127.0.0.1", args.port))
    asyncio.run(serve_mail(sink, listener, data_size_limit=8000))
