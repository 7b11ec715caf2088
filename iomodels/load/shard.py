"""One shard of a load, on a Dask worker. The load itself runs in a process that the worker starts, so that the worker stays
free to say that it is alive.

The task connects and warms up, says `ready`, and does what it is told until it is told to finish. It says what happens through
the scheduler's events, which come in order, with those about lost workers among them; it is told through the worker, where a
message takes a millisecond. When nobody wants its result any more, because who asked for it has gone, the load ends. When the
worker is killed, the load's process finds at the next second that nobody listens, and ends.
"""

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from iomodels.load.generator import Generator, Interrupted
from iomodels.load.spec import Spec

__all__ = ["PROTOCOL", "RESOURCE", "TOPIC", "offer", "shard", "tell"]

PROTOCOL = 1  # goes up when what is said changes: a worker with another one is refused
TOPIC = "iomodels-load"  # of the events
RESOURCE = "iomodels-load"  # each worker has one: a second load waits, whoever asked for it
LOOK = 0.2  # seconds between two looks whether the result is still wanted: a task is not told that it is not

_told: dict[str, SimpleQueue[dict[str, Any]]] = {}  # what the shards of this worker are to do, by the names of their tasks


class UnwantedError(Exception):
    """Nobody waits for this shard any more."""


async def offer(dask_worker: Any) -> None:
    """Have this worker take one shard at a time. Dask calls it, with the worker."""
    if RESOURCE not in dask_worker.state.total_resources:
        await dask_worker.set_resources(**{RESOURCE: 1})


def tell(task: str, order: dict[str, Any]) -> None:
    """Have a shard of this worker do something: `{"seconds": 1.5, "start": ...}`, the latter by this machine's monotonic clock,
    `{"stop": True}` in mid-run, or `{"finish": True}`.
    """
    _told[task].put(order)


def shard(task: str, spec: dict[str, Any]) -> None:
    """Dask runs this, as the task of that name."""
    from distributed import Status, get_worker

    worker = get_worker()
    ending = (Status.closing, Status.closed)  # as it does when it has lost its scheduler

    def say(word: str, **more: Any) -> None:
        worker.log_event(TOPIC, {"task": task, "says": word, **more})

    def check() -> None:
        state = worker.state.tasks.get(task)
        if state is None or state.state != "executing" or worker.status in ending:
            raise UnwantedError

    def second(done: int) -> None:
        check()
        say("second", done=done)
        if not told.empty():  # stop: in mid-run nothing else is said
            raise KeyboardInterrupt

    told = _told[task] = SimpleQueue()
    say("begun")
    try:
        with Generator(Spec(**spec)) as generator:
            say("ready", remarks=generator.remarks)
            while "seconds" in (order := _next(told, check)):
                time.sleep(max(0.0, order["start"] - time.monotonic()))
                began = time.monotonic()
                outcome = generator.run(order["seconds"], second)
                say("done", began=began, outcome=outcome.dump())
            if "finish" in order:  # and not a stop that came too late
                generator.finish()
                say("finished")
    except Interrupted as stopped:
        say("done", began=began, outcome=stopped.outcome.dump())
    except UnwantedError:
        pass
    except Exception as error:  # whatever it is: who asked learns of it, not this machine's log
        say("failed", reason=str(error) or type(error).__name__)
    finally:
        del _told[task]


def _next(told: SimpleQueue[dict[str, Any]], check: Callable[[], None]) -> dict[str, Any]:
    """What is to be done next."""
    while True:
        try:
            return told.get(timeout=LOOK)
        except Empty:
            check()
