import asyncore
import smtpd


class Channel(smtpd.SMTPChannel):  # refused by asyncio: IOM930, refused by trio: IOM933, refused by anyio: IOM933
    def smtp_HELP(self, arg):
        self.push("214 no")


class Server(smtpd.SMTPServer):  # refused by asyncio: IOM930, refused by trio: IOM933, refused by anyio: IOM933
    channel_class = Channel

    def process_message(self, peer, mailfrom, rcpttos, data, **kwargs):
        print(data)


server = Server(("localhost", 8025), None)
asyncore.loop()  # refused by asyncio: IOM930, refused by trio: IOM933, refused by anyio: IOM933
