"""uvloop 0.22: a signal that comes while uvloop calls the handlers of others is told twice.

It reads the wakeup socket, calls the handlers, and tells what they have noted; then it reads what was written to the socket
meanwhile, and tells that (loop.pyx, _invoke_signals). A server that ends at once at the second signal would do so at the first.
When this test fails, uvloop has mended it, and `is_echo` of async_models/ground/signals.py can go.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

uvloop = pytest.importorskip("uvloop")


@pytest.fixture(autouse=True)
def handlers_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGUSR1, signal.SIGUSR2)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


async def times_told() -> int:
    """How often the loop tells of one SIGUSR2, which comes while the handler of SIGUSR1 is called."""
    loop, awake = asyncio.get_running_loop(), asyncio.Event()
    told: list[int] = []
    loop.add_signal_handler(signal.SIGUSR1, awake.set)
    loop.add_signal_handler(signal.SIGUSR2, told.append, signal.SIGUSR2)
    noted = signal.getsignal(signal.SIGUSR1)
    assert callable(noted)

    def comes_with_another(number: int, frame: FrameType | None) -> None:
        noted(number, frame)
        signal.raise_signal(signal.SIGUSR2)

    signal.signal(signal.SIGUSR1, comes_with_another)
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGUSR1)).start()  # it sleeps by then
    await awake.wait()
    for _ in range(10):  # turns: what is in the wakeup socket is told in the next
        await asyncio.sleep(0.01)
    return len(told)


def test_asyncio_tells_once_and_uvloop_twice() -> None:
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        assert runner.run(times_told()) == 1
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(times_told()) == 2
