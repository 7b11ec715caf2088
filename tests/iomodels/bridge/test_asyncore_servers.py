"""Servers on asyncore, asynchat and smtpd under the bridge: they pass what they passed on asyncore's own loop.

The programs of the corpus get the change that the bridge asks of a user, and the model in models/ its loop awaited.
"""

import importlib.util
from pathlib import Path

import pytest

from tests.corpus.header import Program, parse, programs
from tests.corpus.moves import differs
from tests.corpus.record import passed

FAMILY = "asyncore_echo", "asyncore_with_send", "asynchat_lines", "asynchat_frames", "smtpd_counter"
PROGRAMS = {program.name: program for program in programs() if program.name in FAMILY}
RUN = {
    "asyncio": "import asyncio\nrun = lambda main: asyncio.run(main())\n",
    "trio": "from trio import run\n",
    "anyio": "from anyio import run\n",
}
TELLING = (
    "backpressure/never-reads-from-first-byte",
    "half-close/at-once",
    "half-close/flushes-then-fin",
    "half-close/pieces-and-fin-queued",
    "integrity/large-stream",
    "integrity/pipelined-10000",
    "integrity/two-interleaved",
    "integrity/urgent-byte",
    "leaks/cpu-idle",
    "limits/descriptor-reuse",
    "reset/between-messages",
    "reset/thirty-at-once",
    "segmentation/byte-by-byte",
    "stop/in-mid-reply",
    "stop/nothing-left",
)
MODEL = """# corpus
#   what: models/asyncore.py with its loop awaited
#   service: upper
#   run: {{file}} --port {{port}} --service upper
#   finds: IOM115
# /corpus
{run}
import os, signal, sys
sys.path.insert(0, {root!r})
import anyio
from iomodels.bridge import asyncore
from models.asyncore import LOOK, Door
from models.ground import program
from models.ground.watch import STOPPING

async def hearing(ringer):
    with anyio.open_signal_receiver(*STOPPING) as numbers:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        async for number in numbers:
            os.write(ringer, bytes([number]))

async def serving(listener, service, ringer):
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hearing, ringer)
        listener.setblocking(False)
        channels = {{}}
        door = Door(listener, service, channels)
        while listener.open:
            await asyncore.loop(LOOK, use_poll=True, map=channels, count=1)
        door.del_channel(channels)
        await asyncore.loop(LOOK, use_poll=True, map=channels)
        tasks.cancel_scope.cancel()

def serve(listener, service):
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    ringer = signal.set_wakeup_fd(-1)  # of the models' thread that waits for signals: trio takes it for its own
    run(lambda: serving(listener, service, ringer))

program.run(serve)
"""
ROOT = Path(__file__).resolve().parents[3]


def bridged(program: Program, library: str, folder: Path) -> Program:
    """A copy with its import changed, and its loop awaited under a library."""
    text = program.path.read_text()
    begins = text.index("# /corpus\n") + len("# /corpus\n")
    changed = text[begins:].replace("import asyncore\n", "from iomodels.bridge import asyncore\n")
    changed = changed.replace("asyncore.loop(", "run(lambda: asyncore.loop(")
    lines = [f"{line})" if "run(lambda: asyncore.loop(" in line else line for line in changed.splitlines()]
    copy = folder / program.path.name
    copy.write_text(text[:begins] + RUN[library] + "\n".join(lines) + "\n")
    return parse(copy)


@pytest.mark.parametrize("library", RUN)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_of_the_corpus(program: Program, library: str, tmp_path: Path) -> None:
    if program.name == "smtpd_counter" and importlib.util.find_spec("smtpd") is None:
        pytest.skip("this Python has no smtpd")
    copy = bridged(program, library, tmp_path)
    assert not differs(program, copy, TELLING)


@pytest.mark.parametrize("library", RUN)
def test_the_model(library: str, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(MODEL.format(run=RUN[library], root=str(ROOT)))
    assert set(passed(parse(path), only=TELLING)) == set(TELLING)
