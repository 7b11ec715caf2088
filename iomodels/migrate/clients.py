"""The evidence of clients: what is connected, what is talked on, and where datagrams are sent."""

import ast
from collections.abc import Iterator

from iomodels.migrate.connections import served
from iomodels.migrate.evidence import CONNECTS, DISPATCHERS, HANDLERS, Evidence, bound_in, holder, model_of_wait
from iomodels.migrate.finding import Kind, Model
from iomodels.migrate.module import Call, Class, Module, dotted
from iomodels.migrate.polling import datagrams
from iomodels.migrate.shapes import bound_names, called_on
from iomodels.migrate.waits import Wait, What, waits

__all__ = ["connecting", "conversing", "datagrams_sent"]


def connecting(module: Module) -> Iterator[Evidence]:
    """Who connects; a socket for datagrams that is connected, and used, sends them to one address."""
    for call in module.called(*CONNECTS):
        if call.function.is_async:
            continue
        line = f"(line {call.node.lineno})"
        if call.calls("socket.create_connection") or not datagrams(module, call):
            yield Evidence(holder(call.function), Kind.CLIENT, Model.BLOCKING, f"connects {line}", 3, call)
        elif _used(module, call) & {"send", "sendall", "recv"} and not _used(module, call) & {"bind", "accept"}:
            yield Evidence(holder(call.function), Kind.CLIENT, Model.UDP, f"sends datagrams to one address {line}", 3, call)


def conversing(module: Module) -> Iterator[Evidence]:
    """Who waits for what it talks on, where nobody accepts: a client, whose socket is connected in another file, or which
    waits for its user as well.
    """
    if served(module) or any(not module.ancestors(class_).isdisjoint((*HANDLERS, *DISPATCHERS)) for class_ in module.classes):
        return
    reads = [call for call in module.calls if call.last == "recv" and _used(module, call) & {"send", "sendall"}]
    for wait in waits(module) if reads else ():
        if wait.what not in (What.ONE, What.LOOP):
            continue
        for call in reads:
            if not _beside(wait, call) or not _is_watched(wait, call.receiver):
                continue
            if wait.what is What.LOOP or _connected_elsewhere(module, call.receiver):
                reason = f"talks on what it waits for (line {call.node.lineno})"
                yield Evidence(holder(call.function), Kind.CLIENT, model_of_wait(wait), reason, 2, call)
                return


def _beside(wait: Wait, call: Call) -> bool:
    """Whether a call is made where the wait is: in its function, or on an attribute of the same class."""
    if call.function is wait.call.function:
        return True
    return call.receiver.startswith("self.") and holder(call.function) == holder(wait.call.function) != ""


def _connected_elsewhere(module: Module, name: str) -> bool:
    """Whether the name is bound to what a function returns that is called so: `self.sock = new_connection(address)`."""
    return any("connect" in call.last.lower() and name in bound_names(call) for call in module.calls)


def _is_watched(wait: Wait, name: str) -> bool:
    """Whether the name is written in one of the lists that are waited for, or given to the poller in the same function."""
    calls = [wait.call, *(call for call in wait.call.function.calls if call.last == "register")]
    parts = [part for call in calls for argument in call.node.args for part in ast.walk(argument)]
    return any(isinstance(part, ast.Name | ast.Attribute) and dotted(part) == name for part in parts)


def _used(module: Module, call: Call) -> set[str]:
    """What is called on the same name: in the function, or anywhere for an attribute."""
    if call.receiver.startswith("self."):
        return called_on(module)[call.receiver]
    return {other.last for other in call.function.calls if other.receiver == call.receiver}


def datagrams_sent(module: Module) -> Iterator[Evidence]:
    """Datagrams that are sent where none are taken: no answer to what a server above has received."""
    bound = bound_in(module)
    answers = {class_.qualname for class_ in module.classes if _answers(module, class_, bound - {""})}
    for call in module.called("socket.socket.sendto"):
        if holder(call.function) not in bound | answers and not call.function.is_async:
            line = call.node.lineno
            yield Evidence(holder(call.function), Kind.CLIENT, Model.UDP, f"sends datagrams (line {line})", 3, call)


def _answers(module: Module, class_: Class, bound: set[str]) -> bool:
    """Whether a class has what it sends on from a server above it: of socketserver, or one of this file that is bound."""
    above = module.ancestors(class_)
    return not above.isdisjoint(HANDLERS) or not above.isdisjoint(f".{name}" for name in bound)
