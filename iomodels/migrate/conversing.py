"""The classes of asynchat: those that collect input up to a terminator, and those that only inherit from them."""

from iomodels.migrate.module import Class, Module

__all__ = ["CHAT", "converses"]

CHAT = "asynchat.async_chat"
COLLECTS = {"collect_incoming_data", "found_terminator", "set_terminator", "ac_in_buffer_size", "push_with_producer"}
READS = {"handle_accept", "handle_accepted", "handle_read"}  # of its own: what asynchat collects with is not used


def converses(module: Module, class_: Class) -> bool:
    """Whether a class comes from async_chat and is a conversation: an acceptor or a data channel may inherit from it, too.

    Where nothing is said of it, it is one if its bases are all in this file.
    """
    above = module.ancestors(class_)
    if CHAT not in above or "smtpd.SMTPChannel" in above:
        return False
    family = [class_, *(owner for base in above if (owner := module.class_of(base)) is not None)]
    methods = {name for owner in family for name in owner.methods}
    called = {call.last for owner in family for method in owner.methods.values() for call in method.calls}
    if (methods | called) & COLLECTS:
        return True
    known = all(base.startswith((".", "asyn", "object")) for base in above)
    return known and not methods & READS
