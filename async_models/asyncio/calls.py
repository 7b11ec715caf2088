"""Wait in the task, and its thread runs others; wait in the thread, and no task runs: calls, and which of them block the loop.

`await f()` is a synchronous call: f runs at once, in the caller's own task, and gives way only where it has to wait.
`create_task(f())` is an asynchronous one: f begins when the caller gives way. Its outcome is awaited, asked for, or told to a
callback, which comes in the loop's thread; models/calls.py is called back in another one.
Good for: waiting for much at once in one thread, with a TaskGroup that waits for its tasks and hands on what they raise.
Costs: a call that blocks stops all tasks. It goes to a thread (`to_thread`: as many at once as cores and four, 32 at most) or,
if it computes in Python, to a process (`run_in_executor`).
Traps: an `async def` around a call that blocks still blocks. `to_thread` begins when awaited, `run_in_executor` at once. A
thread cannot be cancelled: its task leaves, it goes on, and the program does not end before it.

Beside the synchronous calls another task could always run: it counts its turns, and its third ends the call that is awaited.
The work of each asynchronous call waits at a gate that its caller opens when the call has returned: proofs without a clock.

A literal counterpart of models/calls.py: `create_task` for `submit`, `await` for `result`. On trio: `start_soon`, and a channel
for results. On anyio: `start_soon`, whose handle is awaited.
"""

import asyncio
import inspect
import threading
from concurrent.futures import Executor
from queue import SimpleQueue

from async_models.ground.calls import AWAITED, CANCELLED, RETURNED, Gate, blocking_square, go_on
from async_models.ground.calls_asyncio import run
from async_models.ground.turns import Turns, blocking_calls
from models.ground.calls import row, table


async def square(gate: asyncio.Event, number: int) -> int:
    await gate.wait()
    return number * number


async def synchronous(gate: Gate, processes: Executor) -> None:
    loop, turns, event = asyncio.get_running_loop(), Turns(lambda: asyncio.sleep(0)), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(turns.take())
        await turns.blocked()
        with table(AWAITED):
            with turns.awaited("await f(), which waits", event.set):
                await square(event, 7)
            for call in blocking_calls():
                with turns.awaited(f"to_thread({call.name})", call.end):
                    await asyncio.to_thread(call.make)
            with turns.awaited("run_in_executor", gate.open):
                await loop.run_in_executor(processes, blocking_square, gate.path, 7)
            event.clear()
            with turns.alone("await f(), no other task", lambda: loop.call_soon_threadsafe(event.set)):
                await square(event, 7)


async def asynchronous(gate: Gate, processes: Executor) -> None:
    loop, event, shut = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(work := square(event, 7))
    found = "not begun" if inspect.getcoroutinestate(work) == inspect.CORO_CREATED else "begun"
    state = go_on(event.set)
    row("create_task, await", f"found it {found}, opened the gate, then waited: {await task}", state)
    came = asyncio.as_completed([square(shut, 2), square(event, 3)])
    first, state = await next(came), go_on(shut.set)
    row("as_completed", f"called for 4, then for 9; {first} came first, then {await next(came)}", state)
    shut.clear()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(square(shut, number)) for number in (1, 2)]
        state = go_on(shut.set)
    row("TaskGroup", f"opened the gate, then waited at the end of the block: {[task.result() for task in tasks]}", state)
    future = loop.run_in_executor(processes, blocking_square, gate.path, 7)
    asked, state = int(not future.done()), go_on(gate.open)
    while not future.done():
        asked += 1
        await asyncio.sleep(0)
    row("run_in_executor, done", f"asked again and again, and heard {asked} times: not yet", state)
    said: SimpleQueue[str] = SimpleQueue()
    future = loop.run_in_executor(processes, blocking_square, gate.path, 7)
    future.add_done_callback(lambda done: said.put(f"{done.result()}, in {threading.current_thread().name}"))
    state = go_on(gate.open)
    row("add_done_callback", f"opened the gate, and was called back: {await asyncio.to_thread(said.get)}", state)
    shut.clear()
    promise = await asyncio.to_thread(asyncio.run_coroutine_threadsafe, square(shut, 7), loop)
    state, result = go_on(shut.set), await asyncio.to_thread(promise.result)
    row("run_coroutine_threadsafe", f"called in a thread; opened the gate, then waited in one: {result}", state)


async def cancelled(gate: Gate) -> None:
    loop, said = asyncio.get_running_loop(), SimpleQueue[int]()

    def work() -> None:
        loop.call_soon_threadsafe(task.cancel)
        said.put(blocking_square(gate.path, 7))

    task = asyncio.create_task(asyncio.to_thread(work))
    await asyncio.wait([task])
    state = go_on(gate.open)
    row("to_thread", f"left, then opened the gate; its thread went on: {await asyncio.to_thread(said.get)}", state)


async def show(processes: Executor) -> None:
    with Gate() as gate:
        await synchronous(gate, processes)
        with table(RETURNED):
            await asynchronous(gate, processes)
        with table(CANCELLED):
            await cancelled(gate)


if __name__ == "__main__":
    run(show)
