"""Wait in the task, and its thread runs others; wait in the thread, and no task runs: calls, and which of them block the loop.

`await f()` is a synchronous call: f runs at once, in the caller's own task, and gives way at each `await` of trio's own
functions. `start_soon(f)` is an asynchronous one: f begins when the caller gives way. What f returns is lost, so it sends its
outcome through a channel, which one receives from, or asks. Nothing is called back.
Good for: tasks that nobody forgets: a nursery waits for its tasks, and hands on what they raise.
Costs: a call that blocks stops all tasks. It goes to a thread (`to_thread.run_sync`: 40 at once). If it computes in Python it
goes to a process; trio starts programs (`run_process`), not functions, so a thread waits for a ProcessPoolExecutor.
Traps: an `async def` around a call that blocks still blocks. A thread cannot be cancelled: its task stays until it has ended,
or leaves with `abandon_on_cancel`, and then the program ends without waiting for it.

Beside the synchronous calls another task could always run: it counts its turns, and its third ends the call that is awaited.
The work of each asynchronous call waits at a gate that its caller opens when the call has returned: proofs without a clock.

An idiomatic counterpart of models/calls.py: a channel for its futures. On asyncio: `create_task`, `await`, callbacks. On anyio:
`start_soon`, whose handle is awaited, and `to_process.run_sync`.
"""

from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from queue import SimpleQueue

import trio

from async_models.ground.calls import AWAITED, CANCELLED, RETURNED, Gate, blocking_square, go_on
from async_models.ground.calls_trio import run
from async_models.ground.turns import Turns, blocking_calls
from models.ground.calls import row, table


async def square(gate: trio.Event, number: int) -> int:
    await gate.wait()
    return number * number


async def synchronous(gate: Gate, processes: Executor) -> None:
    token, turns, event = trio.lowlevel.current_trio_token(), Turns(trio.lowlevel.checkpoint), trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(turns.take)
        await turns.blocked()
        with table(AWAITED):
            with turns.awaited("await f(), which waits", event.set):
                await square(event, 7)
            for call in blocking_calls():
                with turns.awaited(f"to_thread.run_sync({call.name})", call.end):
                    await trio.to_thread.run_sync(call.make)
            with turns.awaited("to_thread.run_sync(result)", gate.open):
                await trio.to_thread.run_sync(processes.submit(blocking_square, gate.path, 7).result)
            event = trio.Event()
            with turns.alone("await f(), no other task", lambda: trio.from_thread.run_sync(event.set, trio_token=token)):
                await square(event, 7)


async def asynchronous(gate: Gate) -> None:
    send, receive = trio.open_memory_channel[int](1)

    async def work(f: Callable[..., Awaitable[int]], *arguments: object) -> None:
        await send.send(await f(*arguments))

    event, shut = trio.Event(), trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(work, square, event, 7)
        found, state = event.statistics().tasks_waiting, go_on(event.set)
        row("start_soon, receive", f"found {found} at the gate, opened it, then waited: {await receive.receive()}", state)
        nursery.start_soon(work, square, shut, 2)
        nursery.start_soon(work, square, event, 3)
        first, state = await receive.receive(), go_on(shut.set)
        row("start_soon, twice", f"called for 4, then for 9; {first} came first, then {await receive.receive()}", state)
        nursery.start_soon(work, trio.to_thread.run_sync, blocking_square, gate.path, 7)
        asked, state = 0, go_on(gate.open)
        while not receive.statistics().current_buffer_used:
            asked += 1
            await trio.lowlevel.checkpoint()
        row("start_soon, statistics", f"asked again and again, and heard {asked} times: not yet", state)
        process: trio.Process = await nursery.start(trio.run_process, ["sh", "-c", 'read line < "$0"', gate.path])
        state, status = go_on(gate.open), await process.wait()
        row("start(run_process)", f"waited until it ran, opened the gate, then waited for its end: {status}", state)


async def cancelled(gate: Gate) -> None:
    said = SimpleQueue[int]()

    def work() -> None:
        trio.from_thread.run_sync(scope.cancel)
        said.put(blocking_square(gate.path, 7))

    state = go_on(gate.open)
    with trio.CancelScope() as scope:
        await trio.to_thread.run_sync(work)
        row("to_thread.run_sync", f"stayed until its thread had ended: {said.get_nowait()}", state)
    with trio.CancelScope() as scope:
        await trio.to_thread.run_sync(work, abandon_on_cancel=True)
    state, outcome = go_on(gate.open), await trio.to_thread.run_sync(said.get)
    row("abandon_on_cancel=True", f"left, then opened the gate; its thread went on: {outcome}", state)


async def show(processes: Executor) -> None:
    with Gate() as gate:
        await synchronous(gate, processes)
        with table(RETURNED):
            await asynchronous(gate)
        with table(CANCELLED):
            await cancelled(gate)


if __name__ == "__main__":
    run(show)
