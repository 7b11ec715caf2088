"""A mail sink: takes mail for its own domain, and keeps each message in a Maildir. sink.py PORT MAILDIR"""

import argparse
import signal

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox


class Sink(Mailbox):
    async def handle_RCPT(self, server, session, envelope, address, options):
        if not address.endswith("@example.org"):
            return "550 not one of ours: " + address
        envelope.rcpt_tos.append(address)
        return "250 OK"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("maildir")
    args = parser.parse_args()
    controller = Controller(Sink(args.maildir), "127.0.0.1", args.port, data_size_limit=8000, ident="ESMTP sink 2.1")
    controller.start()
    signal.pause()
