"""A blocking wait for another process in `async def`."""

import ast

from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule
from iomodels.migrate.stalls import stalls, zero

EXAMPLE = """\
import subprocess


async def revision():
    return subprocess.check_output(["git", "rev-parse", "HEAD"])
"""

RUNS = frozenset(
    f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput")
) | frozenset({"os.system", "os.popen"})
WAITS = frozenset({"subprocess.Popen.wait", "subprocess.Popen.communicate"})
WAITS |= frozenset({"os.waitpid", "os.wait", "os.wait3", "os.wait4"})


def _asks(_module: Module, call: Call) -> bool:
    """WNOHANG or a timeout of 0 only asks."""
    return "WNOHANG" in ast.unparse(call.node) or zero(call.keyword("timeout"))


RULE = Rule(
    code="IOM309",
    name="subprocess-in-async",
    group=Group.BLOCKING,
    summary="a wait for another process in async code: the loop stands still until that has ended",
    asyncio="process = await asyncio.create_subprocess_exec(*command, stdout=PIPE); output, _ = await process.communicate()",
    trio="await trio.run_process(command, capture_stdout=True)",
    anyio="await anyio.run_process(command)",
    by=By.BOTH,
    trap="trio.run_process and anyio.run_process raise on a status other than 0 (check=True); subprocess.run does not. When "
    "cancelled, trio and anyio end the child; asyncio leaves it running.",
    guide="recipes/blocking_work.md",
    case="backpressure/others-served-meanwhile",
    example=EXAMPLE,
    check=stalls(RUNS | WAITS, _asks),
    needs=RUNS | WAITS,
)
