"""The states of a process, each brought about on purpose and seen in /proc (proc(5)): R, S, T, Z and D.

D is the hardest to hold still. Here a child is started as `posix_spawn` does it: its parent is suspended in the kernel until
the child has become another program, and no signal wakes it, SIGKILL excepted (vfork(2)). This child is to open a FIFO before
that, and waits for somebody to write to it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

PATIENCE = 10.0  # seconds
SPAWN = """
import os, sys
os.posix_spawn("/bin/true", ["true"], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 0, sys.argv[1], os.O_RDONLY, 0)])
"""


def state(pid: int) -> str:
    """The letter of a process's state; its name, which may hold anything, stands before it in parentheses."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def seen(pid: int, wanted: str) -> str:
    """Look until it is in this state; "-" when it never is."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if state(pid) == wanted:
            return wanted
        time.sleep(0.001)
    return "-"


def python(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE)


def show(what: str, process: subprocess.Popen[bytes], wanted: str) -> None:
    print(f"{seen(process.pid, wanted)}  {what}")


def let_go(fifo: Path, process: subprocess.Popen[bytes]) -> None:
    """Have the FIFO open for writing, so that its reader goes on whenever it comes, until the process has ended."""
    descriptor = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    process.wait(PATIENCE)
    os.close(descriptor)


def main() -> None:
    if not Path("/proc/self/stat").exists():
        print("this system has no /proc", file=sys.stderr)
        sys.exit(3)
    with ExitStack() as ends:

        def start(code: str, *arguments: str) -> subprocess.Popen[bytes]:
            process = ends.enter_context(python(code, *arguments))
            ends.callback(process.kill)
            return process

        computing = start("while True: pass")
        show("it computes", computing, "R")
        show("it reads from a pipe, and nothing comes", start("input()"), "S")
        computing.send_signal(signal.SIGSTOP)
        show("the first again, after SIGSTOP", computing, "T")
        computing.send_signal(signal.SIGCONT)
        show("and after SIGCONT", computing, "R")
        show("it has ended, and nobody has asked how", start(""), "Z")
        fifo = Path(ends.enter_context(tempfile.TemporaryDirectory()), "fifo")
        os.mkfifo(fifo)
        spawning = start(SPAWN, str(fifo))
        ends.callback(let_go, fifo, spawning)
        show("it starts a program that is not there yet; no signal would wake it", spawning, "D")


if __name__ == "__main__":
    main()
