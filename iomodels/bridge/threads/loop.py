"""The object that `in_thread` returns."""

import warnings
import weakref
from collections.abc import AsyncIterable, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import partial
from types import TracebackType
from typing import Any, TypeVar, TypeVarTuple, overload

from iomodels.bridge.misuse import WouldBlock, refuse_a_loop
from iomodels.bridge.threads.core import Core
from iomodels.bridge.threads.enter import Entered, Iteration
from iomodels.bridge.threads.listen import Address, closer, listen
from iomodels.bridge.threads.mixed import refuse_foreign
from iomodels.bridge.threads.serve import Server, serve_and_close, server_for
from iomodels.bridge.threads.task import Task

__all__ = ["LoopThread"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class LoopThread:
    """An event loop in a thread of its own; `in_thread` makes it. Its methods may be called in any thread.

    What waits (`call`, `stop`, a task's `result`, ...) raises WouldBlock in the loop's own thread and in that of any running
    loop; after a fork it raises WrongThread in the child; before the start and after the stop it raises Stopped.
    """

    def __init__(self, core: Core, grace: float) -> None:
        self._core, self._grace = core, grace
        self._forgotten = weakref.finalize(self, _forget, core)
        self._forgotten.atexit = False

    def __repr__(self) -> str:
        return f"<{self._core.library} loop in {self._core.name}, {self._core.state}>"

    def __enter__(self) -> "LoopThread":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> "LoopThread":
        """Start the thread and its loop; return this object when the loop runs. Again: nothing more happens.

        Raises what kept the loop from running, and NestedLoop inside a running loop. A loop that was stopped is not started
        again (Stopped): what was made in it belongs to a loop that is closed.
        """
        refuse_a_loop(
            f"{self._core.name} was started",
            "use the running loop, or do this in a worker thread: `await anyio.to_thread.run_sync(function)`",
        )
        self._core.start()
        return self

    def stop(self, *, wait: bool = True) -> None:
        """Cancel what runs, end the loop and its threads. What has no result by then gets Stopped. Again: nothing more.

        wait: False to return at once, which is how a function inside the loop stops it. Raises TimeoutError, with the place
        where the loop is, if it has not ended within the grace; and Stopped, if the loop had broken down and nobody knows yet.
        """
        self._forgotten.detach()
        if not wait:
            self._core.ask_to_stop()
            return
        if not self._core.is_over():
            fix = "`loop.stop(wait=False)`"
            self._core.refuse_to_wait("stopped", fix)
            if self._core.is_waited_for_here():
                raise WouldBlock(f"{self._core.name}: stopped in a worker thread of its own, for which it waits: {fix}")
        self._core.stop(self._grace)

    @overload
    def submit(self, function: Callable[[*Ts], Awaitable[T]], /, *args: *Ts) -> Task[T]: ...
    @overload
    def submit(self, function: Callable[[*Ts], T], /, *args: *Ts) -> Task[T]: ...
    def submit(self, function: Callable[[*Ts], Any], /, *args: *Ts) -> Task[Any]:
        """Have the loop run a function, async or not, with these arguments; return at once. See Task for what comes back.

        It sees the caller's context variables. Raises MixedLibraries, if it is seen that an object of another library is
        handed in, and TypeError for a coroutine: the function itself is what is wanted.
        """
        self._check(function, args)
        return self._core.submit(lambda: function(*args), _name(function))

    @overload
    def call(self, function: Callable[[*Ts], Awaitable[T]], /, *args: *Ts, timeout: float | None = None) -> T: ...
    @overload
    def call(self, function: Callable[[*Ts], T], /, *args: *Ts, timeout: float | None = None) -> T: ...
    def call(self, function: Callable[[*Ts], Any], /, *args: *Ts, timeout: float | None = None) -> Any:
        """As `submit`, and wait for the result; raises the function's exception, its traceback included.

        timeout: seconds after which the function is cancelled and TimeoutError raised. An exception raised while this thread
        waits, a KeyboardInterrupt above all, cancels the function, waits for its end within the loop's grace, and passes on.

        In a worker thread of a loop in a thread this thread is not counted while it waits, so that the function finds one; a
        limiter of one's own, or a `run_in_executor` with one's own executor, knows nothing of that: give it room, or `timeout`.
        """
        self._core.refuse_to_wait(f"called {_name(function)}", "await it")
        self._check(function, args)
        task = self._core.promise(_name(function))
        try:  # an interrupt from here on leaves nothing running
            self._core.launch(task, lambda: function(*args))
            if task.wait(timeout):
                return task.result()
            task.cancel()
            if task.wait(self._grace) and not task.cancelled():
                return task.result()
            raise TimeoutError(f"{_name(function)} had no result within {timeout:g} s")
        except BaseException:
            if task.cancel():
                task.wait(self._grace)
            raise
        finally:
            del task

    def _check(self, function: Any, args: tuple[Any, ...]) -> None:
        what = _name(function)
        if not callable(function):
            if hasattr(function, "close"):
                function.close()  # or Python warns that it was never awaited
            raise TypeError(f"{what} is not a function: loop.call(function, argument), not loop.call(function(argument))")
        refuse_foreign(f"{what} for {self._core.name}", self._core.backend, function, *args)

    def serve(self, handler: Callable[..., Any], address: Address, *, backlog: int = 128) -> Server:
        """Listen at `address` and have the loop serve what connects, until the server or the loop is stopped.

        handler: for "asyncio" a Protocol class or factory, or a function of (reader, writer); for "trio" and "anyio" an async
        function of a stream, which is closed after it. address: (host, port), the path of a UNIX socket, or a bound socket.
        A handler's error is logged ("iomodels.bridge") and ends its connection. Raises OSError, MixedLibraries, TypeError.
        """
        serve = server_for(self._core.library, self._core.backend, handler)
        sockets = listen(address, backlog)
        close = closer(address, sockets)
        addresses = [sock.getsockname() for sock in sockets]
        try:
            task = self._core.submit(lambda: serve_and_close(serve, sockets, close), f"the server at {addresses[0]}")
        except BaseException:
            close()
            raise
        return Server(task, addresses, close, self._grace)

    def enter(
        self,
        manager: AbstractAsyncContextManager[T, bool | None] | Callable[[*Ts], AbstractAsyncContextManager[T, bool | None]],
        *args: *Ts,
    ) -> AbstractContextManager[T]:
        """An async context manager for a `with` of this thread. It is entered and left in one task of the loop.

        manager: one, or a function that is called with `args` in the loop to make one: `anyio.create_task_group` and
        `trio.open_nursery` want a loop about them.
        """
        refuse_foreign(f"entered for {self._core.name}", self._core.backend, manager, *args)
        return Entered(self._core, _maker(manager, "__aenter__", args), _name(manager))

    def iterate(self, source: AsyncIterable[T] | Callable[[*Ts], AsyncIterable[T]], *args: *Ts) -> Iteration[T]:
        """An async iterator for a `for` of this thread. An element is produced when it is asked for, not before.

        source: an async iterable, or a function that is called with `args` in the loop to make one.
        """
        refuse_foreign(f"iterated for {self._core.name}", self._core.backend, source, *args)
        return Iteration(self._core, _maker(source, "__aiter__", args), _name(source))


def _forget(core: Core) -> None:
    """What is left to do for a loop that nobody can stop any more."""
    if core.state == "running" and not core.is_over():
        warnings.warn(
            f"{core.name} was never stopped: `with in_thread() as loop:`, or loop.stop()", ResourceWarning, stacklevel=2
        )
        core.ask_to_stop()


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", None) or type(function).__qualname__


def _maker(made: Any, method: str, args: tuple[Any, ...]) -> Callable[[], Any]:
    """A function, to be called in the loop, that returns an object with that method."""
    if hasattr(type(made), method):
        return lambda: made
    if not callable(made):
        raise TypeError(f"{made!r} has no {method}, and is no function that makes something that has it")
    return partial(made, *args)
