"""The model in models/ under the bridge, its loop awaited. Other programs on asyncore: tests/corpus/test_bridges.py."""

from pathlib import Path

import pytest

from tests.corpus.header import parse
from tests.corpus.record import passed

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


@pytest.mark.parametrize("library", RUN)
def test_the_model(library: str, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(MODEL.format(run=RUN[library], root=str(ROOT)))
    assert set(passed(parse(path), only=TELLING)) == set(TELLING)
