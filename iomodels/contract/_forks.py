"""The program behind `fork_server`: imports what a module needs once, and forks a child for each time that it is to run.

Started by its path, with the number of a socket and the names of the modules to import first; it imports nothing else of this
project, so that a child holds no more than `python -m MODULE` does. A request is the words after `-m`, as JSON, with three
descriptors: standard output, standard error, and a pipe for the exit status. The child answers with its pid.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys

MOST = 65536  # bytes of a request


def main() -> None:
    """Serve until the other side hangs up."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        with contextlib.suppress(ImportError):  # the program itself will say so
            importlib.import_module(name)
    gc.freeze()  # or the first collection in a child copies every page (gc.freeze, bpo-31558)
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    pipes: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_of_the_ended(pipes)
        if requests.fileno() in ready:
            request, descriptors, _, _ = socket.recv_fds(requests, MOST, 3)
            if not request:
                return
            *outputs, pipe = descriptors
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _become(requests, json.loads(request), outputs)
                return
            pipes[pid] = pipe
            for descriptor in outputs:
                os.close(descriptor)


def _tell_of_the_ended(pipes: dict[int, int]) -> None:
    """Write the exit status of each child that has ended into its pipe."""
    for pid in list(pipes):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            pipe = pipes.pop(pid)
            with contextlib.suppress(BrokenPipeError):
                os.write(pipe, b"%d" % os.waitstatus_to_exitcode(status))
            os.close(pipe)


def _become(requests: socket.socket, words: list[str], outputs: list[int]) -> None:
    """Run the module as `python -m` would, in a session and with descriptors of its own."""
    os.setsid()
    for number, descriptor in enumerate(outputs, 1):
        os.dup2(descriptor, number)
    requests.sendall(b"%d" % os.getpid())
    requests.detach()
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    module, *sys.argv[1:] = words
    package, _, name = module.rpartition(".")
    sys.modules.pop(module, None)  # what was imported as itself is run as `__main__`
    if package in sys.modules and hasattr(sys.modules[package], name):
        delattr(sys.modules[package], name)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
