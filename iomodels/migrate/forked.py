"""Processes that share out the work on files. They are forked: what the parent has read they have without being sent it.

Not a Pool of multiprocessing: a thread of that goes round and round as long as an answer waits to be read, which costs as much
as the reading of a tenth of the files.
"""

import os
import pickle
import signal
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

__all__ = ["Forked", "can_fork"]

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def can_fork() -> bool:
    """Whether this system has such processes."""
    return hasattr(os, "fork")


class Forked(Generic[Task, Answer]):
    """So many processes, each of which calls `begin` first and then `work` for each task; they end with the `with`.

    Where the system gives fewer (fork(2), EAGAIN), those do it; where it gives none, this process does.
    """

    def __init__(self, jobs: int, work: Callable[[Task], Answer], begin: Callable[[], None] = lambda: None) -> None:
        self._jobs, self._work, self._begin = jobs, work, begin
        self._processes: list[ForkProcess] = []
        self._ends: list[Connection] = []  # the parent's, of a pipe to each process

    def __enter__(self) -> Self:
        import multiprocessing  # a tenth of the time that a small scan takes

        context = multiprocessing.get_context("fork")
        for _ in range(self._jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=self._serve, args=(theirs, ours), daemon=True)
            try:
                process.start()
            except BlockingIOError:
                ours.close()
                break
            finally:
                theirs.close()
            self._ends.append(ours)
            self._processes.append(process)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
        for process, end in zip(self._processes, self._ends, strict=True):
            process.join()
            end.close()

    def answers(self, tasks: Iterable[Task]) -> Iterator[tuple[int, Answer]]:
        """What each task gave, with its number, whichever is done first. Raises what the work raised.

        A process is given a task only when it has answered the last: each writes while the other reads, so that none waits
        for ever. Raises EOFError when a process has ended.
        """
        from multiprocessing.connection import wait

        ahead = enumerate(tasks)
        if not self._processes:
            for number, task in ahead:
                yield number, self._work(task)
        numbers: dict[Connection, int] = {}  # of the task that each is at

        def give(end: "Connection") -> None:
            for number, task in ahead:
                numbers[end] = number
                end.send(task)
                return

        for end in self._ends:
            give(end)
        while numbers:
            ready = wait(numbers)
            for end in [end for end in self._ends if end in ready]:
                number, written = numbers.pop(end), end.recv_bytes()
                give(end)  # before anything else, so that it need not wait
                answer, error = pickle.loads(written)
                if error is not None:
                    raise error
                yield number, answer

    def _serve(self, end: "Connection", parents: "Connection") -> None:
        """The life of a process. parents: the other end of its pipe.

        SIGTERM ends it at once, and Ctrl-C is its parent's affair. The handlers of the command line are Python's: of a signal
        that comes just before a wait in the kernel they are told when the wait is over, which it may never be.
        """
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for inherited in (*self._ends, parents):
            inherited.close()  # or this process would keep its own pipe open when the parent is gone
        self._begin()
        while True:
            try:
                task = end.recv()
            except EOFError:
                return
            end.send(_outcome(self._work, task))


def _outcome(work: Callable[[Task], Answer], task: Task) -> tuple[Answer | None, Exception | None]:
    try:
        return work(task), None
    except Exception as error:  # whatever it is, it is the parent's to tell
        return None, error
