import asyncore
import smtpd  # noqa


class Sink(smtpd.SMTPServer):  # refused by trio: IOM933, refused by anyio: IOM933
    def process_message(self, peer, mailfrom, rcpttos, data, **kwargs):
        """Keep it."""
        if b"spam" in data:
            return "554 no"
        if not self.keep(peer, data):
            return
        status = self.check(mailfrom)
        return status if rcpttos else "550 nobody"

    def keep(self, peer, data):
        print(peer, len(data))
        return True

    def check(self, mailfrom):
        return None if mailfrom else "550 who?"


if __name__ == "__main__":
    Sink(("localhost", 8025), None)
    asyncore.loop()  # refused by trio: IOM933, refused by anyio: IOM933
