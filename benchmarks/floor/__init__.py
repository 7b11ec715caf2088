"""The floors: the shortest echo-upper server that each library's own documentation would have one write.

They keep no contract: no grace at a stop, no limit, no bound on what a client that fails costs the others. What an async
variant costs beyond its floor is the price of the contract. Run one: `python -m benchmarks.floor.asyncio_streams 8080 uvloop`.
Here is what is no part of the lesson: the command line, the loop, and the ready line.
"""

import argparse
import asyncio
import importlib
import sys
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["listening", "on_anyio", "on_asyncio", "on_trio"]

Serve = Callable[[int], Coroutine[Any, Any, None]]


def listening(sock: Any) -> None:
    """Print the ready line, for a socket as the library has it."""
    host, port = sock.getsockname()
    print(f"listening on {host}:{port}", flush=True)


def on_asyncio(serve: Serve) -> None:
    """Serve on asyncio's own loop, or on that of uvloop or rloop.

    On rloop 0.5 only asyncio_sock runs: `serve_forever` fails (EBADF), and a transport that is closed leaves its socket open.
    """
    port, loop = arguments("asyncio", "uvloop", "rloop")
    factory = None if loop == "asyncio" else module(loop).new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(port))


def on_trio(serve: Serve) -> None:
    """Serve on trio."""
    port, _ = arguments("trio")
    module("trio").run(serve, port)


def on_anyio(serve: Serve) -> None:
    """Serve on anyio, over asyncio, trio or uvloop."""
    port, backend = arguments("asyncio", "trio", "uvloop")
    if backend == "trio":
        module("anyio").run(serve, port, backend="trio")
    else:
        module("anyio").run(serve, port, backend_options={"use_uvloop": backend == "uvloop"})


def arguments(*loops: str) -> tuple[int, str]:
    """PORT [LOOP]"""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("port", type=int, help="0 picks a free one")
    parser.add_argument("loop", nargs="?", choices=loops, default=loops[0], help="(default: %(default)s)")
    options = parser.parse_args()
    return options.port, options.loop


def module(name: str) -> Any:
    """A library that may be absent: that ends the program with status 3, as it does a model."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        print(f"{name} is not installed: {error}", file=sys.stderr)
        sys.exit(3)
