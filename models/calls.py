"""Wait in the call, ask later, or be called back: synchronous and asynchronous calls, and which of them block.

Synchronous: the call returns when its work is done. Asynchronous: it returns at once; for the outcome one asks again and again
(polling), waits where one likes, or is called back. Blocking: the caller is suspended, and the kernel runs others meanwhile.
Trap: taking synchronous for blocking. A caller that computes is in a synchronous call, and runs (state R, proc(5)); one in recv
is in a synchronous call too, and is suspended (S). And asking an asynchronous call for its outcome may block after all.

The work of each asynchronous call waits at a gate that its caller opens when the call has returned: a proof without a clock.

On asyncio: `await`, `create_task`, `wait`, `add_done_callback`. On trio and anyio: `await`, and tasks; nothing is called back.
"""

import multiprocessing
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed, wait
from multiprocessing.pool import Pool
from multiprocessing.synchronize import Semaphore
from queue import SimpleQueue

from models.ground.calls import compute, hold_interrupt, legend, row, table
from models.ground.dial import one_line
from models.ground.program import Parser, program_name
from models.ground.states import own_state, state_within

Shown = tuple[str, str, str]  # a call, what its caller did meanwhile, the state that the caller was seen in
gate: Semaphore  # which lets one call through for each release


def adopt(semaphore: Semaphore) -> None:
    """Begin a worker: processes share a semaphore by inheritance, it cannot be sent as an argument."""
    global gate
    gate = semaphore


def square(number: int) -> int:
    gate.acquire()
    return number * number


def go_on(calls: int = 1) -> str:
    """What a caller does that need not wait: it looks at itself, and opens the gate for its calls."""
    state = own_state()
    for _ in range(calls):
        gate.release()
    return state


def synchronous(pool: Pool) -> Iterator[Shown]:
    enough = threading.Event()
    yield "sha256", "computed", state_within(lambda: compute(enough), enough.set, "R")
    near, far = socket.socketpair()
    with near, far:
        yield "recv", "nothing, until a byte came", state_within(lambda: near.recv(1), lambda: far.send(b"."), "S")
    yield "Pool.apply", "nothing, until the result came", state_within(lambda: pool.apply(square, (7,)), gate.release, "S")
    promise = pool.apply_async(square, (7,))
    yield "AsyncResult.get", "nothing, until the result came", state_within(promise.get, gate.release, "S")


def asynchronous(pool: Pool, processes: Executor, threads: Executor) -> Iterator[Shown]:
    promise = pool.apply_async(square, (7,))
    state = go_on()
    yield "Pool.apply_async, get", f"opened the gate, then waited: {promise.get()}", state
    future = processes.submit(square, 7)
    state = go_on()
    yield "submit, result", f"opened the gate, then waited: {future.result()}", state
    future = threads.submit(square, 7)
    asked, state = int(not future.done()), go_on()
    while not future.done():
        asked += 1
    yield "submit, done", f"asked again and again, and heard {asked} times: not yet", state
    futures = [threads.submit(square, 1), threads.submit(square, 2)]
    early, state = wait(futures, timeout=0), go_on(len(futures))
    yield "submit, wait", f"heard that {len(early.done)} of 2 were done, then waited: {len(wait(futures).done)}", state
    came = as_completed([threads.submit(square, 2), threads.submit(pow, 3, 2)])
    first, state = next(came).result(), go_on()
    yield "submit, as_completed", f"called for 4, then for 9; {first} came first, then {next(came).result()}", state

    said: SimpleQueue[str] = SimpleQueue()
    pool.apply_async(square, (7,), callback=lambda result: said.put(f"{result}, in {threading.current_thread().name}"))
    state = go_on()
    yield "apply_async, callback", f"opened the gate, and was called back: {said.get()}", state
    future = threads.submit(square, 7)
    future.add_done_callback(lambda done: said.put(f"{done.result()}, in {threading.current_thread().name}"))
    state = go_on()
    yield "add_done_callback", f"opened the gate, and was called back: {said.get()}", state


def show(title: str, rows: Iterator[Shown]) -> None:
    with table(title):
        for shown in rows:
            row(*shown)


def main() -> None:
    Parser(prog=program_name(), description=__doc__).parse()
    context = multiprocessing.get_context("spawn")  # alike on every system and version, and no fork beside threads
    with one_line("stopped"):
        adopt(context.Semaphore(0))
        hold_interrupt()
        with (
            context.Pool(1, adopt, (gate,)) as pool,
            ProcessPoolExecutor(1, context, adopt, (gate,)) as processes,
            ThreadPoolExecutor(2) as threads,
        ):
            show("Synchronous: it returned when its work was done.", synchronous(pool))
            show("Asynchronous: it returned at once.", asynchronous(pool, processes, threads))
    legend()


if __name__ == "__main__":
    main()
