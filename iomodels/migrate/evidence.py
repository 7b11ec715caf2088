"""What says which model a unit is: one piece of evidence, and what all of its sources need."""

from dataclasses import dataclass

from iomodels.migrate.finding import Kind, Model
from iomodels.migrate.module import Call, Class, Function, Module
from iomodels.migrate.waits import Wait

__all__ = ["CONNECTS", "DISPATCHERS", "HANDLERS", "Evidence", "bound_in", "holder", "model_of_wait"]

WAITERS = {
    "select.select": Model.SELECT,
    "select.poll.poll": Model.POLL,
    "select.epoll.poll": Model.EPOLL,
    "select.kqueue.control": Model.KQUEUE,
    "selectors.DefaultSelector.select": Model.SELECTORS,
}
CONNECTS = ("socket.socket.connect", "socket.socket.connect_ex", "socket.create_connection")
DISPATCHERS = ("asyncore.dispatcher", "asynchat.async_chat", "smtpd.SMTPServer")
HANDLERS = (
    "socketserver.BaseRequestHandler",
    "socketserver.BaseServer",
    "socketserver.ThreadingMixIn",
    "socketserver.ForkingMixIn",
)


@dataclass(frozen=True)
class Evidence:
    """One thing that says what a unit is.

    holder: the class it was found in, or "". weight: of several models the one with the heaviest evidence is taken. call:
    which says so.
    """

    holder: str
    kind: Kind
    model: Model
    reason: str
    weight: int
    call: Call | None = None


def model_of_wait(wait: Wait) -> Model:
    """The model that a wait belongs to, by what it calls."""
    return next((WAITERS[name] for name in sorted(wait.call.names) if name in WAITERS), Model.SELECT)


def holder(function: Function) -> str:
    """The outermost class that a function is in, or "" for the module."""
    class_: Module | Class | Function = function
    name = ""
    while not isinstance(class_, Module):
        if isinstance(class_, Class):
            name = class_.qualname
        class_ = class_.parent
    return name


def bound_in(module: Module) -> set[str]:
    """The classes in which a socket gets an address; "" for the module's functions."""
    return {holder(call.function) for call in module.called("socket.socket.bind")}
