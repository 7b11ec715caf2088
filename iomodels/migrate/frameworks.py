"""Code that is not to be migrated, since others build on it: event loops, and the modules that Python 3.12 took away."""

from collections.abc import Iterator

from iomodels.migrate.module import Class, Module

__all__ = ["belongs_to_loop", "defines", "is_silent"]

# Packages that are event loops, or the green threads of one: their sockets are waited for by themselves. And the one whose
# connections and listeners are the plumbing between its own processes.
PACKAGES = (
    "asyncio",
    "gevent",
    "eventlet",
    "tornado",
    "twisted",
    "trio",
    "anyio",
    "curio",
    "uvloop",
    "rloop",
    "multiprocessing",
)
# What an event loop has, whatever its name.
LOOP_METHODS = ({"add_reader", "remove_reader", "call_soon"}, {"add_handler", "remove_handler", "add_callback"})
SELECTOR_METHODS = {"register", "unregister", "select", "get_map"}
# The removed API, by the methods of the classes that define it; old copies of these modules live on in many projects.
APIS = {
    "asyncore.dispatcher": ("dispatcher", {"handle_read", "handle_write", "readable", "writable", "add_channel"}),
    "asynchat.async_chat": ("async_chat", {"collect_incoming_data", "found_terminator", "set_terminator", "handle_read"}),
    "smtpd.SMTPServer": ("SMTPServer", {"handle_accepted", "process_message"}),
    "socketserver.BaseServer": ("BaseServer", {"serve_forever", "process_request", "finish_request", "shutdown"}),
}


def belongs_to_loop(name: str) -> bool:
    """Whether a module of that name is part of one of PACKAGES: such a file need not even be parsed."""
    package, dot, _ = name.partition(".")
    return bool(dot) and package in PACKAGES


def is_silent(module: Module) -> bool:
    """Whether it is the code of an event loop, in which nothing is reported."""
    if belongs_to_loop(module.name):
        return True
    if module.path.endswith("selectors.py") and any(class_.methods.keys() >= SELECTOR_METHODS for class_ in module.classes):
        return True
    return any(class_.methods.keys() >= methods for class_ in module.classes for methods in LOOP_METHODS)


def defines(module: Module) -> Iterator[tuple[Class, str]]:
    """The classes of a module that define such an API, with what is to be said of each."""
    for class_ in module.classes:
        for name, (called, methods) in APIS.items():
            if class_.name == called and class_.methods.keys() >= methods:
                removed = not name.startswith("socketserver")
                yield class_, f"defines the {'removed ' if removed else ''}API {name}: a framework, do not rewrite"
