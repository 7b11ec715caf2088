"""Concurrency is not parallelism: two tasks under way at once, and how many cores they keep busy.

Concurrent: the second begins before the first has ended. Parallel: they are at work in the same instant, and spend more than a
second of CPU time in a second. Two tasks of an event loop are the first and never the second, and so are two threads that
compute in Python, as long as there is an interpreter lock. How many cores two processes get depends on what else is going on.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time

SPIN = "import time; end = time.perf_counter() + {seconds}\nwhile time.perf_counter() < end: pass"
SECONDS = 0.5


async def take_turns(name: str, said: list[str]) -> None:
    for _ in range(3):
        said.append(name)
        await asyncio.sleep(0)


async def two_tasks() -> str:
    said: list[str] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(take_turns("A", said))
        group.create_task(take_turns("B", said))
    return " ".join(said)


def spin() -> None:
    exec(SPIN.format(seconds=SECONDS))


def cores_of_threads() -> float:
    """CPU seconds for each second, of two threads that compute in Python."""
    threads = [threading.Thread(target=spin) for _ in range(2)]
    used, passed = time.process_time(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.process_time() - used) / (time.perf_counter() - passed)


def cores_of_processes() -> float:
    """The same of two processes; their time is known when they have been waited for."""
    before, passed = os.times(), time.perf_counter()
    processes = [subprocess.Popen([sys.executable, "-c", SPIN.format(seconds=SECONDS)]) for _ in range(2)]
    for process in processes:
        process.wait()
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used / (time.perf_counter() - passed)


def main() -> None:
    print(f"two tasks, one thread    {asyncio.run(two_tasks())}")
    print(f"two threads              {cores_of_threads():.1f} cores")
    print(f"two processes            {cores_of_processes():.1f} cores")


if __name__ == "__main__":
    main()
