"""Wait in the task, and its thread runs others; wait in the thread, and no task runs: calls, and which of them block the loop.

`await f()` is a synchronous call: f runs at once, in the caller's own task, and gives way at each `await` of anyio's own
functions. `start_soon(f)` is an asynchronous one: f begins when the caller gives way. Since 4.14 it returns a handle, which is
awaited, or asked for its status. Nothing is called back.
Good for: libraries that leave the choice of the loop to whoever uses them; functions in processes, on trio as well.
Costs: a call that blocks stops all tasks. It goes to a thread (`to_thread.run_sync`: 40 at once) or, if it computes in Python,
to a process (`to_process.run_sync`: as many at once as cores).
Traps: an `async def` around a call that blocks still blocks. A thread cannot be cancelled: its task stays until it has ended,
or leaves with `abandon_on_cancel`, and then on asyncio the program's end waits for it, on trio it does not. A process can be:
with `cancellable` it is killed.

Beside the synchronous calls another task could always run: it counts its turns, and its third ends the call that is awaited.
The work of each asynchronous call waits at a gate that its caller opens when the call has returned: proofs without a clock.

A literal counterpart of models/calls.py: `start_soon` for `submit`, `await` for `result`. On asyncio: `create_task`, `await`,
callbacks. On trio: `start_soon`, and a channel for results.
"""

from queue import SimpleQueue

import anyio
from anyio import from_thread, lowlevel, to_process, to_thread
from anyio.abc import TaskStatus

from async_models.ground.calls import AWAITED, CANCELLED, RETURNED, Gate, blocking_square, go_on
from async_models.ground.calls_anyio import run
from async_models.ground.turns import Turns, blocking_calls
from models.ground.calls import row, table


async def square(gate: anyio.Event, number: int, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> int:
    task_status.started()
    await gate.wait()
    return number * number


async def synchronous(gate: Gate) -> None:
    token, turns, event = lowlevel.current_token(), Turns(lowlevel.checkpoint), anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(turns.take)
        await turns.blocked()
        with table(AWAITED):
            with turns.awaited("await f(), which waits", event.set):
                await square(event, 7)
            for call in blocking_calls():
                with turns.awaited(f"to_thread.run_sync({call.name})", call.end):
                    await to_thread.run_sync(call.make)
            with turns.awaited("to_process.run_sync", gate.open):
                await to_process.run_sync(blocking_square, gate.path, 7)
            event = anyio.Event()
            with turns.alone("await f(), no other task", lambda: from_thread.run_sync(event.set, token=token)):
                await square(event, 7)


async def asynchronous(gate: Gate) -> None:
    event, shut = anyio.Event(), anyio.Event()
    async with anyio.create_task_group() as group:
        handle = group.start_soon(square, event, 7)
        found, state = event.statistics().tasks_waiting, go_on(event.set)
        row("start_soon, await", f"found {found} at the gate, opened it, then waited: {await handle}", state)
        started = await group.start(square, shut, 7, return_handle=True)
        found, state = shut.statistics().tasks_waiting, go_on(shut.set)
        row("start, await", f"found {found} at the gate, opened it, then waited: {await started}", state)
        shut = anyio.Event()
        late, early = group.start_soon(square, shut, 2), group.start_soon(square, event, 3)
        first, state = await early, go_on(shut.set)
        row("start_soon, twice", f"called for 4, then for 9; {first} came first, then {await late}", state)
        handle = group.start_soon(to_process.run_sync, blocking_square, gate.path, 7)
        asked, state = 0, go_on(gate.open)
        while handle.status is handle.Status.PENDING:
            asked += 1
            await lowlevel.checkpoint()
        row("start_soon, status", f"asked again and again, and heard {asked} times: not yet", state)


async def cancelled(gate: Gate) -> None:
    said = SimpleQueue[int]()

    def work() -> None:
        from_thread.run_sync(scope.cancel)
        said.put(blocking_square(gate.path, 7))

    state = go_on(gate.open)
    with anyio.CancelScope() as scope:
        await to_thread.run_sync(work)
        row("to_thread.run_sync", f"stayed until its thread had ended: {said.get_nowait()}", state)
    with anyio.CancelScope() as scope:
        await to_thread.run_sync(work, abandon_on_cancel=True)
    state, outcome = go_on(gate.open), await to_thread.run_sync(said.get)
    row("abandon_on_cancel=True", f"left, then opened the gate; its thread went on: {outcome}", state)


async def show() -> None:
    with Gate() as gate:
        await synchronous(gate)
        with table(RETURNED):
            await asynchronous(gate)
        with table(CANCELLED):
            await cancelled(gate)


if __name__ == "__main__":
    run(show)
