"""`in_thread` when the program ends around it: whoever still waits ends without a word, and what failed is let go."""

import gc
import subprocess
import sys
import weakref

import pytest

from tests.iomodels.bridge.loops_in_threads import BOUND, KINDS, loop_of

pytestmark = pytest.mark.parametrize("kind", KINDS)

WAITING = """
import signal, sys, threading
import anyio
from tests.iomodels.bridge.loops_in_threads import loop_of

loop = loop_of(sys.argv[1]).start()
begun = threading.Event()

async def waits():
    begun.set()
    await anyio.sleep_forever()

threading.Thread(target=lambda: loop.call(waits), daemon=True).start()
begun.wait()
"""
PRESSED_AGAIN = """
import atexit, os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
stop = loop._core.stop

def stop_meanwhile_pressed(grace):
    os.kill(os.getpid(), signal.SIGINT)
    stop(grace)

loop._core.stop = stop_meanwhile_pressed
"""


@pytest.mark.parametrize("more", ["", PRESSED_AGAIN], ids=["once", "pressed-again"])
def test_a_daemon_thread_that_waits_ends_with_the_program(kind: str, more: str) -> None:
    command = [sys.executable, "-c", WAITING + more, kind]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_a_failed_call_held_is_let_go_at_once(kind: str) -> None:
    class Held:
        pass

    async def fails(_: Held) -> None:
        raise ValueError("on purpose")

    with loop_of(kind) as loop:
        gc.disable()
        try:
            for way in (loop.call, lambda *words: loop.submit(*words).result(BOUND)):
                held = Held()
                seen = weakref.ref(held)
                with pytest.raises(ValueError, match="on purpose"):
                    way(fails, held)
                del held
                loop.call(int)  # the loop has had a turn, and let go of what it ran
                assert seen() is None
        finally:
            gc.enable()
