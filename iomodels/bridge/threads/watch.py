"""Is a loop blocked, and where? A thread asks the loop to answer, and looks at its stack when it does not."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from iomodels.bridge.misuse import NotRunning, running
from iomodels.bridge.threads.post import Post, logger, poster, stack

__all__ = ["Watchdog", "watch_blocking"]

# Where a loop waits for events: a stack that ends there is that of a loop that was not given the processor.
# uvloop's waits in C, below the last Python function.
_WAITING = ("selectors.py", "_io_epoll.py", "_io_kqueue.py", "asyncio/runners.py")


class Watchdog:
    """A thread that watches another thread's loop; report: gets the text once for each time that it is blocked.

    seconds: how long the loop may go without answering. It is asked four times in that time, so that what blocks for
    1.25 times as long is found for certain; the cost is that many wake-ups of an idle loop.
    """

    def __init__(self, post: Post, ident: int, seconds: float, report: Callable[[str], object] = logger.warning) -> None:
        if seconds <= 0:
            raise ValueError(f"how long a loop may be blocked is more than 0 seconds, not {seconds}")
        self._post, self._ident, self._seconds, self._report = post, ident, seconds, report
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"watchdog-{ident:x}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it, within about a quarter of `seconds`."""
        self._ended.set()
        self._thread.join(self._seconds)

    def _watch(self) -> None:
        while not self._ended.wait(self._seconds / 4):
            answered = threading.Event()
            try:
                self._post(answered.set)
            except RuntimeError:
                return
            reported = False
            waited = 0.0
            while not answered.wait(self._seconds / 4) and not self._ended.is_set():
                waited += self._seconds / 4
                if waited >= self._seconds and not reported and not self._merely_waits():
                    reported = True
                    self._report(
                        f"the loop has been blocked for {waited:g} s: await what takes so long, or give it to a worker thread "
                        f"(anyio.to_thread.run_sync). It is here:\n{stack(self._ident)}"
                    )

    def _merely_waits(self) -> bool:
        frame = sys._current_frames().get(self._ident)
        return frame is None or frame.f_code.co_filename.endswith(_WAITING)


@contextmanager
def watch_blocking(seconds: float, report: Callable[[str], object] = logger.warning) -> Iterator[None]:
    """Inside a running loop (`with`, not `async with`): say so when something blocks that loop longer than `seconds`.

    report: called with the text, which has the loop's stack in it, in another thread; by default it is logged as a warning
    of the logger "iomodels.bridge". Raises NotRunning where no loop runs.
    """
    if running() is None:
        raise NotRunning("watch_blocking outside a running loop: enter it in a coroutine, or use in_thread(slow=seconds)")
    watchdog = Watchdog(poster(), threading.get_ident(), seconds, report)
    try:
        yield
    finally:
        watchdog.stop()
