"""A mail server made with smtpd."""

from collections.abc import Iterator

from iomodels.migrate.library import BASES
from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import base_from

EXAMPLE = """\
import asyncore
import smtpd


class Printer(smtpd.SMTPServer):
    def process_message(self, peer, mailfrom, rcpttos, data, **kwargs):
        print(mailfrom, rcpttos, len(data))


Printer(("127.0.0.1", 8025), None)
asyncore.loop()
"""

SERVER, CHANNEL = "smtpd.SMTPServer", "smtpd.SMTPChannel"


def check(module: Module) -> Iterator[Spot]:
    """The class of each server and channel, and each server that is made without a class of its own."""
    for class_ in module.classes:
        above = module.ancestors(class_)
        for name, what in ((SERVER, "a mail server of smtpd"), (CHANNEL, "a conversation of smtpd")):
            if name in above:
                names = {name, *(below for below, bases in BASES.items() if name in bases)}
                yield Spot(base_from(module, class_, names) or class_.node, what)
    for call in module.called(SERVER, "smtpd.DebuggingServer", "smtpd.PureProxy"):
        yield Spot(call.node, "a mail server of smtpd", call.confidence)


RULE = Rule(
    code="IOM117",
    name="smtpd-server",
    group=Group.SHAPE,
    summary="a mail server made with smtpd",
    asyncio="class Handler: async def handle_DATA(self, server, session, envelope): return '250 OK'; await "
    "loop.create_server(lambda: aiosmtpd.smtp.SMTP(Handler()), host, port)",
    trio="there is none: keep aiosmtpd's Controller, which has a thread with an asyncio loop of its own",
    anyio="on its asyncio backend as asyncio; on trio as trio",
    by=By.BOTH,
    trap="process_message may return None for success, handle_DATA must return a status. aiosmtpd's banner, EHLO lines and "
    "HELP differ, and its Message handlers store more headers (X-Peer, X-MailFrom, X-RcptTo) and another last newline: "
    "compare what is stored, not only what is said. smtpd is gone from Python 3.12 on.",
    guide="migrate/moving.md",
    example=EXAMPLE,
    check=check,
)
