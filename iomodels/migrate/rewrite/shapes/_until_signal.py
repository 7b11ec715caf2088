"""What new code waits for signals with: what is served within is cancelled when one of them arrives."""

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper

__all__ = ["UNTIL_SIGNAL"]

UNTIL_SIGNAL = {
    Target.ASYNCIO: Helper(
        "until_signal",
        '''
@contextlib.asynccontextmanager
async def until_signal(arrived: list[int], *numbers: int) -> AsyncIterator[None]:
    """What is done within is cancelled when one of the signals arrives, or has arrived before; the program goes on then."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    handlers = {number: signal.getsignal(number) for number in numbers}
    ended = False

    def end() -> None:
        nonlocal ended
        if not ended:
            ended = task.cancel()

    for number in numbers:
        loop.add_signal_handler(number, end)
    if arrived:
        end()
    try:
        yield
    except asyncio.CancelledError:
        if not ended or task.uncancel():
            raise
    finally:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)  # without a handler, a second signal would kill
        for number, handler in handlers.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
''',
        ("asyncio", "contextlib", "signal", "collections.abc:AsyncIterator"),
    ),
    Target.TRIO: Helper(
        "until_signal",
        '''
@contextlib.asynccontextmanager
async def until_signal(arrived: list[int], *numbers: int) -> AsyncIterator[None]:
    """What is done within is cancelled when one of the signals arrives, or has arrived before; the program goes on then."""

    async def wait(signals: AsyncIterator[int]) -> None:
        async for _ in signals:
            within.cancel_scope.cancel()

    with trio.open_signal_receiver(*numbers) as signals:
        try:
            async with trio.open_nursery() as within:
                within.start_soon(wait, signals)
                if arrived:
                    within.cancel_scope.cancel()
                yield
                within.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None  # what ended the loop
''',
        ("contextlib", "trio", "collections.abc:AsyncIterator"),
    ),
    Target.ANYIO: Helper(
        "until_signal",
        '''
@contextlib.asynccontextmanager
async def until_signal(arrived: list[int], *numbers: int) -> AsyncIterator[None]:
    """What is done within is cancelled when one of the signals arrives, or has arrived before; the program goes on then."""

    async def wait(signals: AsyncIterator[signal.Signals]) -> None:
        async for _ in signals:
            within.cancel_scope.cancel()

    handlers = {number: signal.getsignal(number) for number in numbers}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        with anyio.open_signal_receiver(*map(signal.Signals, numbers)) as signals:
            try:
                async with anyio.create_task_group() as within:
                    within.start_soon(wait, signals)
                    if arrived:
                        within.cancel_scope.cancel()
                    yield
                    within.cancel_scope.cancel()
            finally:
                signal.pthread_sigmask(signal.SIG_BLOCK, numbers)  # without a handler, a second signal would kill
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
''',
        ("anyio", "contextlib", "signal", "collections.abc:AsyncIterator"),
    ),
}
