"""A mail sink: takes mail for its own domain, and keeps each message in a Maildir. sink.py PORT MAILDIR"""

import argparse
import asyncore
import mailbox
import smtpd

smtpd.__version__ = "ESMTP sink 2.1"  # the banner


class Sink(smtpd.SMTPServer):
    def process_message(self, peer, mailfrom, rcpttos, data, **kwargs):
        strangers = [rcpt for rcpt in rcpttos if not rcpt.endswith("@example.org")]
        if strangers:
            return "550 not one of ours: " + ", ".join(strangers)
        self.keep(mailfrom, rcpttos, data)
        return None

    def keep(self, mailfrom, rcpttos, data):
        head = "Return-Path: <%s>\nDelivered-To: %s\n" % (mailfrom, ", ".join(rcpttos))
        box.add(head.encode() + data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("maildir")
    args = parser.parse_args()
    box = mailbox.Maildir(args.maildir)
    sink = Sink(("127.0.0.1", args.port), None, data_size_limit=8000)
    asyncore.loop(timeout=1)
