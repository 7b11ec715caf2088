"""Worker threads for requests: how many at once, started by the loop, let go of at the end."""

import math
import sys
import threading
from collections.abc import Callable
from functools import partial
from socketserver import BaseServer
from typing import Any

import anyio
import anyio.to_thread

__all__ = ["Request", "Workers", "here"]

DEFAULT = 40  # workers at once, where nothing else is said: as many as anyio's and trio's own limit for threads
here = threading.local()  # .owner: whose request, or whose server, this thread runs


class Request:
    """A request on its way to a worker thread, or in it.

    owner: whose it is; ended: called when it is over, in whichever thread; cancelled: the class of the library's cancellations.
    """

    def __init__(
        self,
        server: Any,
        request: Any,
        client_address: Any,
        *,
        owner: object,
        ended: Callable[[], None],
        cancelled: type[BaseException],
    ) -> None:
        self._process: Callable[[], None] | None = partial(server.process_request_thread, request, client_address)
        self._turn_away: Callable[[BaseException], None] | None = partial(_turn_away, server, request, client_address)
        self._owner = owner
        self._ended = ended
        self._cancelled = cancelled
        self._claimed = threading.Lock()

    def __call__(self) -> None:
        """In the worker: as in a thread of ThreadingMixIn's, where what is no Exception goes to `threading.excepthook`."""
        if not self._claimed.acquire(blocking=False):
            return
        here.owner = self._owner
        try:
            self._process()  # type: ignore[misc]
        except self._cancelled:  # anyio.from_thread.check_cancelled() was asked
            pass
        except BaseException:
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
        finally:
            del here.owner
            self._over()

    def refuse(self, error: BaseException) -> None:
        """No worker will run it: no thread could be started, or the loop is being torn down."""
        if self._claimed.acquire(blocking=False):
            try:
                self._turn_away(error)  # type: ignore[misc]
            finally:
                self._over()

    def _over(self) -> None:
        self._process = self._turn_away = None  # the thread is reused, the connection must not be kept by it
        self._ended()


def _turn_away(server: BaseServer, request: Any, client_address: Any, error: BaseException) -> None:
    try:
        raise error
    except Exception:
        server.handle_error(request, client_address)
    except BaseException:  # a cancellation
        pass
    finally:
        server.shutdown_request(request)


class Workers:
    """Threads under a limiter; all methods are the loop's.

    limit: a number, a CapacityLimiter, or None.
    tasks: the group whose tasks wait for the threads.
    freed: set when a thread has ended.
    """

    def __init__(self, limit: Any) -> None:
        self.one = limit is None or limit == 1  # a sequential server stays so
        if not hasattr(limit, "acquire_on_behalf_of"):
            limit = DEFAULT if limit is None else limit
            if limit < 1:
                raise ValueError(f"limit is a number of requests from 1 up, not {limit!r}")
            limit = anyio.CapacityLimiter(limit)
        self._limiter: anyio.CapacityLimiter = limit
        self._place: object | None = None  # what the next request will take
        self._threads = anyio.CapacityLimiter(math.inf)  # run_sync would take a place of its own, later than we must have it
        self._scopes: set[anyio.CancelScope] = set()
        self.tasks = anyio.create_task_group()
        self.freed = anyio.Event()

    async def reserve(self) -> None:
        """Wait for a place for the next request."""
        if self._place is None:
            place = object()
            await self._limiter.acquire_on_behalf_of(place)
            self._place = place

    def unreserve(self) -> None:
        """No request took the place."""
        self._release(self._place)
        self._place = None

    async def launch(self, request: Request) -> None:
        """Have a worker run the request."""
        await self.reserve()
        place, self._place = self._place, None
        self.tasks.start_soon(self.attend, request, request.refuse, place)

    async def attend(self, function: Callable[[], None], failed: Callable[[BaseException], None], place: object = None) -> None:
        """Have a thread run `function`, whatever is cancelled round about; `failed` is told if it may not have run."""
        with anyio.CancelScope(shield=True) as scope:
            self._scopes.add(scope)
            try:
                await anyio.to_thread.run_sync(function, abandon_on_cancel=True, limiter=self._threads)
            except Exception as error:
                failed(error)
            except BaseException as error:
                failed(error)
                raise
            finally:
                self._scopes.discard(scope)
                self._release(place)
                self.freed.set()

    def let_go(self) -> None:
        """Wait for no thread any longer; in those that still run, `anyio.from_thread.check_cancelled` raises from here on."""
        for scope in self._scopes:
            scope.cancel()

    def _release(self, place: object | None) -> None:
        if place is not None:
            self._limiter.release_on_behalf_of(place)
