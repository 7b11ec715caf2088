"""Classes that asyncore's loop calls, and the loop itself."""

from collections.abc import Iterator

from iomodels.migrate.conversing import converses
from iomodels.migrate.library import BASES
from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import base_from, sync

EXAMPLE = """\
import asyncore


class Upper(asyncore.dispatcher_with_send):
    def handle_read(self):
        self.send(self.recv(4096).upper())


class Listener(asyncore.dispatcher):
    def __init__(self, port):
        super().__init__()
        self.create_socket()
        self.bind(("127.0.0.1", port))
        self.listen(100)

    def handle_accepted(self, sock, address):
        Upper(sock)


Listener(8080)
asyncore.loop()
"""

DISPATCHER = "asyncore.dispatcher"
OTHERS = {"smtpd.SMTPChannel", "smtpd.SMTPServer"}  # IOM117's


def check(module: Module) -> Iterator[Spot]:
    """The class of each dispatcher, and each run of the loop."""
    for class_ in module.classes:
        above = module.ancestors(class_)
        if DISPATCHER in above and not above & OTHERS and not converses(module, class_):  # IOM116's
            names = {DISPATCHER, *(name for name, bases in BASES.items() if DISPATCHER in bases)}
            yield Spot(base_from(module, class_, names) or class_.node, "a dispatcher: asyncore's loop calls its methods")
    for call in sync(module.called("asyncore.loop")):
        yield Spot(call.node, "the loop of asyncore", call.confidence)


RULE = Rule(
    code="IOM115",
    name="asyncore-dispatcher",
    group=Group.SHAPE,
    summary="a class that asyncore's loop calls",
    asyncio="class Upper(asyncio.Protocol): data_received is handle_read; or a coroutine on streams, with asyncio.start_server",
    trio="a task for each dispatcher: async def upper(stream): async for data in stream: ...",
    anyio="a task for each dispatcher: async def upper(stream): async for data in stream: ...",
    by=By.BOTH,
    trap="readable() and writable() are asked before every wait, and may act: code in them has no place in a Protocol. loop() "
    "ends when its map is empty, so closing the last channel was how the program stopped. The map is global: other libraries "
    "may live in it. recv calls handle_close at FIN, so half-close was lost; a Protocol's eof_received can keep it. asyncore "
    "is gone from Python 3.12 on.",
    guide="models/asyncore.md",
    case="half-close/flushes-then-fin",
    example=EXAMPLE,
    check=check,
)
