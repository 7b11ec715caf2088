"""A task that stands for a thread: what fails in it is printed, and is no affair of the others."""

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper

__all__ = ["ALONE"]

CODE = '''
async def alone(function: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails in it ends it alone, as an exception ended its thread alone."""
    try:
        await function(*args)
    except Exception:
        traceback.print_exc()
'''
IMPORTS = ("traceback", "collections.abc:Awaitable", "collections.abc:Callable", "typing:Any")
ALONE = {target: Helper("alone", CODE, IMPORTS) for target in Target}
