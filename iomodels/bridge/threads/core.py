"""The thread of a loop in a thread: its states, what it owes, and what may not wait for it."""

import atexit
import contextvars
import os
import threading
from collections.abc import Callable
from typing import Any

import anyio
import sniffio

from iomodels.bridge.misuse import Stopped
from iomodels.bridge.threads.groups import Group, Native, Structured
from iomodels.bridge.threads.post import Post, logger, poster
from iomodels.bridge.threads.task import Task
from iomodels.bridge.threads.watch import Watchdog
from iomodels.bridge.threads.workers import Workers

__all__ = ["Core"]


class Core(Workers):
    """A loop and its thread. It knows nothing of the object that the user holds, which may be forgotten: that ends it.

    library: "asyncio", "trio" or "anyio", for tasks and texts; backend: "asyncio" or "trio"; options: what that library's
    own run takes; exiting: the interpreter is; threads: how many worker threads it may have, None for the library's default;
    slow: seconds after which a blocked loop is reported, None for never.
    """

    def __init__(
        self, library: str, backend: str, options: dict[str, Any], name: str, threads: int | None, slow: float | None
    ) -> None:
        super().__init__(name, threads)
        self.library, self.backend = library, backend
        self._ran = self.exiting = False
        self._options = options
        self._slow = slow
        self._watchdog: Watchdog | None = None
        self._lock = threading.RLock()  # a finalizer may run in the midst of it, in the same thread
        self._changed = threading.Condition(self._lock)
        self._tasks: set[Task[Any]] = set()
        self._post: Post
        self._group: Group
        self._stop: anyio.Event

    # in any thread

    def start(self) -> None:
        """Start the thread and wait until the loop runs. Raises what the loop raised instead, and Stopped."""
        self.refuse_a_child("started")
        with self._changed:
            if self.state == "new" and self._thread is None:
                context = contextvars.Context()
                self._thread = threading.Thread(target=context.run, args=(self._run,), name=self.name, daemon=True)
                self._thread.start()
                atexit.register(self._at_exit)
            self._changed.wait_for(lambda: self.state != "new")
            if self.state == "running":
                return
            if self.crash is not None and not self._ran:
                self._told = True
                raise self.crash
        raise Stopped(f"{self.name} was stopped, and a loop is not started twice: make another with in_thread()")

    def launch(self, task: Task[Any], function: Callable[[], Any]) -> None:
        """Have the loop run `function` for the task, in a copy of this thread's context. Raises Stopped."""
        context = self.homed(contextvars.copy_context())
        # anyio starts a task only where this says what runs; else the caller's own, if it has one, would be in the way.
        context.run(sniffio.current_async_library_cvar.set, None if self.library == "asyncio" else self.backend)
        with self._lock:
            if self.state != "running" or not self._posted(lambda: self._begin(task, function, context)):
                raise self.not_running(task.what)

    def submit(self, function: Callable[[], Any], what: str) -> Task[Any]:
        """`promise` and `launch`."""
        task = self.promise(what)
        self.launch(task, function)
        return task

    def promise(self, what: str) -> Task[Any]:
        """A task that somebody else ends; the loop's end ends it as well. Raises Stopped and WrongThread."""
        self.refuse_a_child(f"asked to run {what}")
        task: Task[Any] = Task(self, what)
        with self._lock:
            if self.state != "running":
                raise self.not_running(what)
            self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def tell(self, function: Callable[[], object]) -> None:
        """Have the loop call it soon, if it still can."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            if self.state in ("running", "stopping"):
                self._posted(function)

    def _posted(self, function: Callable[[], object]) -> bool:
        try:
            self._post(function)
        except RuntimeError:  # it has had its last turn, and is not yet "stopped"
            return False
        return True

    def stop(self, grace: float) -> None:
        """Cancel what runs and wait, at most `grace` seconds, until the thread has ended. Raises TimeoutError."""
        self.ask_to_stop()
        if self._thread is None or os.getpid() != self._pid:
            return
        with self._changed:
            ended = self._changed.wait_for(lambda: self.state == "stopped", grace)
        if not ended:
            where = self.where()
            self._end_tasks("did not stop in time")
            raise TimeoutError(
                f"{self.name} did not stop within {grace:g} s: something ignores being cancelled, or blocks:\n{where}"
            )
        self._thread.join(grace)
        self.raise_crash()

    def ask_to_stop(self) -> None:
        """Let it stop, without waiting."""
        if os.getpid() != self._pid:
            return
        with self._changed:
            if self._thread is None:
                self.state = "stopped"
                return
            self._changed.wait_for(lambda: self.state != "new")
            if self.state == "running":
                self.state = "stopping"
                self._posted(lambda: self._stop.set())

    def _end_tasks(self, why: str) -> None:
        with self._lock:
            tasks = list(self._tasks)
        for task in tasks:
            error = Stopped(f"{self.name} {why} before {task!r} had a result: stop it after the last result, or expect this")
            self.blame(error)
            task.end(error)

    def _at_exit(self) -> None:
        self.exiting = True
        try:
            self.stop(2)
        except TimeoutError as error:
            logger.warning("%s", error)
        except KeyboardInterrupt:  # pressed again: the thread is a daemon, and ends with the process
            pass

    # in the loop's thread

    def _run(self) -> None:
        try:
            anyio.run(self._main, backend=self.backend, backend_options=self._options)
        except BaseException as error:
            if not (self.exiting and isinstance(error, RuntimeError)):  # asyncio starts a thread to end its executor: too late
                self.crash = error
        finally:
            with self._changed:
                self.state = "stopped"
                self._changed.notify_all()
            self._end_tasks("ended")
            if self._watchdog is not None:
                self._watchdog.stop()
            atexit.unregister(self._at_exit)

    async def _main(self) -> None:
        self._stop = anyio.Event()
        self.use_workers()
        self._post = poster()
        if self._slow is not None:
            self._watchdog = Watchdog(self._post, threading.get_ident(), self._slow)
        self._group = Native() if self.library == "asyncio" else Structured()
        try:
            async with self._group:
                with self._changed:
                    self._ran = True
                    self.state = "running"
                    self._changed.notify_all()
                await self._stop.wait()
                self._group.cancel()
        finally:
            with self._lock:
                self.state = "stopping"

    def _begin(self, task: Task[Any], function: Callable[[], Any], context: contextvars.Context) -> None:
        if task.done():
            return
        task.begun = True
        try:
            self._group.start(task, function, context)
        except BaseException as error:  # in trio, one out of here would end the loop
            task.end(error)
