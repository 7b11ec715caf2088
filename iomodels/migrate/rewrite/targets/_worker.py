"""What runs a worker of a pool in a task, whatever the library: it needs none of the three."""

from iomodels.migrate.rewrite.targets import Helper

__all__ = ["ATTEND_WORKER"]

ATTEND_WORKER = Helper(
    "attend_worker",
    '''
async def attend_worker(worker: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails in a worker, and is not caught there, ends that one alone, as it ended its thread: there is one fewer."""
    try:
        await worker(*args)
    except Exception:
        traceback.print_exc()
''',
    ("traceback", "collections.abc:Awaitable", "collections.abc:Callable", "typing:Any"),
)
