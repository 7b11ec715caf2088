"""The server under test, as a process: starting it, signalling it, and what /proc tells of it. It is never imported."""

import contextlib
import os
import random
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import IO

import psutil

from iomodels.contract.broken import Broken
from iomodels.contract.fork_server import ForkServer, Process

__all__ = [
    "AT_ONCE",
    "HARMLESS",
    "TRACEBACK",
    "Ended",
    "Launch",
    "Server",
    "ServerError",
    "Unavailable",
    "Usage",
    "end_orphans",
    "free_port",
]

AT_ONCE = 2.0  # seconds in which a server that has nothing left to do must have ended: far less than any time of grace

HARMLESS = (signal.SIGWINCH, signal.SIGCHLD, signal.SIGURG, signal.SIGCONT)  # ignored where nobody handles them, signal(7)
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK = 0.01  # seconds between two looks at what has no event to wait for: another process's figures in /proc
SELDOM = range(20_000, 32_768)  # ports below those that Linux hands out
TRIES = 20  # for a port
KEPT = 64  # ports given away last, which nobody else is given: more than one process starts servers at once
READY = re.compile(rb"listening on (?:(/.*?)|(?:\[(.+)\]|([^\s:]+)):(\d+))[ \r]*\n")
TRACEBACK = "Traceback (most recent call last)"
LAST_LINES = 5  # of standard error, in a report
CANNOT_RUN_HERE = 3  # exit status of this project's programs when what they need is absent or forbidden

_claims: deque[int] = deque()


class ServerError(Exception):
    """The server could not be started: the harness's trouble, not a verdict. Its text is for the user."""


class Unavailable(ServerError):
    """One of this project's servers says that it cannot run here; the text is its reason."""


@dataclass(frozen=True)
class Usage:
    """What a server's process tree holds at one moment."""

    descriptors: int
    threads: int
    children: int

    def is_within(self, most: "Usage") -> bool:
        """Whether it is no more than `most` in any respect."""
        return self.descriptors <= most.descriptors and self.threads <= most.threads and self.children <= most.children


@dataclass(frozen=True)
class Ended:
    """How a program that was to end by itself did: its command, exit status, and what it wrote."""

    command: str
    status: int
    output: str
    errors: str

    def expect_refusal(self, status: int, *words: str) -> None:
        """It refused to start: this exit status, nothing on standard output, one line on standard error with all `words`."""
        lines = self.errors.splitlines()
        error = f"{len(lines)} lines, the last of them {lines[-1]!r}" if len(lines) > 1 else repr(self.errors)
        came = f"it ended with status {self.status}, wrote {self.output!r} and, to standard error, {error}"
        if self.status != status:
            raise Broken(f"`{self.command}` must end with status {status}: {came}")
        if self.output:
            raise Broken(f"`{self.command}` must write nothing to standard output: {came}")
        if len(lines) != 1:
            raise Broken(f"`{self.command}` must write one line to standard error: {came}")
        for word in words:
            if word not in self.errors:
                raise Broken(f"`{self.command}` must name {word!r}: {came}")


@dataclass(frozen=True)
class Launch:
    """How to start a server: a command, in which `{port}` stands for a free port and `{host}` for the address to bind.

    Without `{port}` the server must print `listening on HOST:PORT` as its first line. `flags` says that it takes this project's
    options (`--service`, `--max-connections`, ...), so that cases may add some. A `fork_server` starts it where it can, sooner.
    """

    command: Sequence[str]
    flags: bool = False
    environment: Mapping[str, str] | None = None
    directory: Path | None = None
    fork_server: ForkServer | None = None

    @classmethod
    def from_text(cls, text: str) -> "Launch":
        """A command line as a user writes it. Raises ServerError."""
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise ServerError(f"cannot read the command {text!r}: {error}") from error
        if not words:
            raise ServerError("the command is empty")
        return cls(words)

    @property
    def text(self) -> str:
        """The command as one would type it."""
        return shlex.join(self.command)

    @property
    def takes_port(self) -> bool:
        """Whether the harness may choose the port."""
        return self.flags or any("{port}" in word for word in self.command)

    def words(self, *options: str, port: int | None = None, host: str = "127.0.0.1") -> list[str]:
        """The command as it is executed, on `port` where that may be chosen."""
        if port and not any("{port}" in word for word in self.command):
            options = ("--port", str(port), *options)
        return [*(word.replace("{port}", str(port)).replace("{host}", host) for word in self.command), *options]

    def start(self, *options: str, wait: float = 10.0, host: str = "127.0.0.1", port: int | None = None) -> "Server":
        """Start it, and wait at most `wait` seconds until it takes connections. Raises ServerError, with its last words.

        port: the one to listen on; without it, a free one.
        """
        says_so = not any("{port}" in word for word in self.command)
        if not port and not says_so:
            port = free_port()
        # Files, not pipes: a server that writes a line for each client must not stop when nobody reads them.
        output, errors = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - as long as the server is there
        server = None
        try:
            with _signals_wait():
                words = self.words(*options, port=port, host=host)
                process = self._begin(words, output.fileno(), errors.fileno())
                server = Server(host, port or 0, process, output, errors)
            if says_so:
                server.wait_until_it_says_so(wait)
            else:
                server.wait_until_it_answers(wait)
        except BaseException as error:  # Ctrl-C included
            if server is None:
                raise
            server.kill()
            if isinstance(error, ServerError) and self.flags and server.status == CANNOT_RUN_HERE:
                raise Unavailable(server.log().strip().partition(": ")[2]) from error
            raise
        return server

    def run_to_end(self, *options: str, wait: float = 10.0) -> Ended:
        """Run it where it is to end by itself, within `wait` seconds. Raises ServerError when it cannot be executed."""
        words = self.words(*options, port=free_port())
        command = shlex.join(words)
        with self.spawn(words, output=subprocess.PIPE, errors=subprocess.PIPE) as process:
            try:
                output, errors = process.communicate(timeout=wait)
            except subprocess.TimeoutExpired:
                raise Broken(f"`{command}` must refuse to start, and runs {wait:g} s later") from None
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        return Ended(command, process.returncode, output.decode(errors="replace"), errors.decode(errors="replace"))

    def _begin(self, words: Sequence[str], output: int, errors: int) -> Process:
        if self.fork_server is None or not self.fork_server.runs(words):
            return self.spawn(words, output=output, errors=errors)
        try:
            return self.fork_server.spawn(words, output=output, errors=errors)
        except OSError as error:
            raise ServerError(f"cannot fork {words[2]}: {error}") from error

    def spawn(self, words: Sequence[str], *, output: int, errors: int) -> subprocess.Popen[bytes]:
        """Execute `words` in a session of their own. Raises ServerError."""
        try:
            with _interruptible():
                return subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors,
                    env=self.environment,
                    cwd=self.directory,
                    start_new_session=True,
                )
        except OSError as error:
            raise ServerError(f"cannot start {words[0]!r}: {error.strerror}") from error


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """What is started here heeds SIGINT, though we may not: a shell has background jobs ignore it (POSIX shell, 2.12), and
    what is ignored is inherited."""
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread()
    if ignored:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        if ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """What a handler does about Ctrl-C, SIGTERM or SIGHUP is done at the end of this block: in it there is a server that nobody
    holds yet, and nobody would end it."""
    if threading.current_thread() is not threading.main_thread():  # no handler is called here
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    handlers = {number: handler for number in ENDING if callable(handler := signal.getsignal(number))}
    for number in handlers:
        signal.signal(number, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for caught, frame in came:
            handlers[signal.Signals(caught)](caught, frame)


class Server:
    """A running server that the harness started, so that it may be signalled and looked into.

    status: its exit status once it has ended (negative: the signal that ended it), else None.
    """

    def __init__(self, host: str, port: int, process: Process, output: IO[bytes], errors: IO[bytes]) -> None:
        self.host = host
        self.port = port
        self._process = process
        self._output = output
        self._errors = errors
        self._tree = psutil.Process(process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        return self._process.poll()

    # Starting.

    def wait_until_it_says_so(self, seconds: float) -> None:
        """Read the ready line from its standard output."""
        end = time.monotonic() + seconds
        while not (found := READY.search(_content(self._output))):
            if self.status is not None:
                raise ServerError(f"it ended before it was ready: {self.epitaph()}")
            if time.monotonic() > end:
                raise ServerError(f"no ready line within {seconds:g} s{self.last_words()}")
            time.sleep(LOOK)
        self.host = os.fsdecode(found[1] or found[2] or found[3])
        self.port = int(found[4] or 0)

    def wait_until_it_answers(self, seconds: float) -> None:
        """Connect until it works: the only event that a server without a ready line offers."""
        end = time.monotonic() + seconds
        while True:
            with socket.socket() as caller:
                if caller.connect_ex((self.host, self.port)) == 0:
                    return
            if self.status is not None:
                raise ServerError(f"it ended before it was ready: {self.epitaph()}")
            if time.monotonic() > end:
                raise ServerError(f"nothing listens on {self.host}:{self.port} after {seconds:g} s{self.last_words()}")
            time.sleep(LOOK)

    # Resting.

    def suspend(self) -> None:
        """Suspend it and its children until `resume`: while nobody asks it anything, even one that polls takes no core."""
        self._to_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._to_all(signal.SIGCONT)

    def _to_all(self, number: int) -> None:
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and who waited for it has yet to say so
                os.killpg(self.pid, number)

    # Ending.

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended and its end is known."""
        if self._process.returncode is None:  # Popen.send_signal asks the kernel first, and a storm is ten thousand of them
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def interrupt(self) -> None:
        """What Ctrl-C does: SIGINT to its whole process group (termios(3), ISIG)."""
        self._to_all(signal.SIGINT)

    def wait(self, seconds: float) -> int:
        """Its exit status; it must end within `seconds`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Broken(f"the server still runs {seconds:g} s later") from None

    def expect_end(self, within: float = AT_ONCE) -> None:
        """It ends by itself within so many seconds, with exit status 0 and without a traceback."""
        if self.wait(within) != 0 or TRACEBACK in self.log():
            raise Broken(f"the server did not end well: {self.epitaph()}")

    def survivors(self, family: Sequence[psutil.Process]) -> list[psutil.Process]:
        """Those of its session, and of what was its `family`, that still run; a zombie is its new parent's affair."""
        left = []
        for process in {*psutil.process_iter(), *family}:
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                known = process in family or os.getsid(process.pid) == self.pid
                if known and process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    left.append(process)
        return left

    def stop(self) -> None:
        """End it politely, or by force, with all that it started."""
        try:
            if self.status is None:
                self._process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(10)
        finally:
            self.kill()

    def kill(self) -> None:
        """End it and all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def rest_of_output(self) -> bytes:
        """What it has written to standard output after the ready line."""
        said = _content(self._output)
        ready = READY.search(said)
        return said[ready.end() :] if ready else said

    def epitaph(self) -> str:
        """How it ended: exit status or signal, and its last lines on standard error."""
        status = self.status
        if status is None:
            how = "it still runs"
        elif status < 0:
            how = f"killed by {signal.Signals(-status).name}"
        else:
            how = f"exit status {status}"
        return how + self.last_words()

    def last_words(self) -> str:
        """`; its last lines: ...`, or nothing when it was silent."""
        lines = self.log().rstrip().splitlines()[-LAST_LINES:]
        return "; its last lines on standard error:\n  " + "\n  ".join(lines) if lines else ""

    def log(self) -> str:
        """All that it wrote to standard error."""
        return _content(self._errors).decode(errors="replace")

    # Looking into it.

    def processes(self) -> list[psutil.Process]:
        """It and its descendants."""
        family = [self._tree] if self._tree.is_running() else []
        for process in family:
            family += _children(process)
        return family

    def usage(self) -> Usage:
        """Descriptors, threads and children of the whole tree."""
        descriptors = threads = 0
        processes = self.processes()
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess, FileNotFoundError):
                descriptors += process.num_fds()
                threads += process.num_threads()
        return Usage(descriptors, threads, max(0, len(processes) - 1))

    def memory(self) -> int:
        """Bytes of memory of the whole tree: the proportional set size, which counts shared pages once (proc(5))."""
        total = 0
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess, FileNotFoundError):
                total += process.memory_full_info().pss
        return total

    def cpu(self) -> float:
        """CPU seconds that the whole tree has used, children that have ended included."""
        total = 0.0
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                times = process.cpu_times()
                total += times.user + times.system
                if process.pid == self.pid:
                    total += times.children_user + times.children_system
        return total

    def busy(self) -> float:
        """Seconds that its threads have run, or waited for a core to run on: what a loop without a pause takes up, however many
        others want the cores (schedstat, Linux)."""
        total = 0
        for process in self.processes():
            for task in _tasks(process):
                with contextlib.suppress(OSError):  # it has just ended
                    ran, waited, _ = (task / "schedstat").read_text().split()
                    total += int(ran) + int(waited)
        return total / 1e9

    def zombies(self) -> int:
        """Descendants that have ended and were not waited for."""
        count = 0
        for process in self.processes()[1:]:
            with contextlib.suppress(psutil.NoSuchProcess):
                count += process.status() == psutil.STATUS_ZOMBIE
        return count

    def queued(self) -> int:
        """Clients in the accept queue: connected, and not accepted yet (rx_queue of the LISTEN row, proc(5))."""
        total = 0
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with contextlib.suppress(FileNotFoundError), Path(table).open() as rows:
                next(rows)  # the heading
                for fields in map(str.split, rows):
                    if fields[3] != "0A":  # those that listen come first (proc_net_tcp.rst); thousands in TIME_WAIT follow
                        break
                    if int(fields[1].rpartition(":")[2], 16) == self.port:
                        total += int(fields[4].partition(":")[2], 16)
        return total

    def holders(self, inode: int) -> list[int]:
        """The processes of the tree that have this socket open (see `Client.far_end`)."""
        pids = []
        for process in self.processes():
            with contextlib.suppress(OSError):
                links = {str(link.readlink()) for link in Path(f"/proc/{process.pid}/fd").iterdir()}
                if f"socket:[{inode}]" in links:
                    pids.append(process.pid)
        return pids

    def rest(self, seconds: float = 2.0, look: float = LOOK) -> None:
        """Wait, at most `seconds`, until all that was begun is done: every thread sleeps, and no zombie is left."""
        end = time.monotonic() + seconds
        while self.status is None and time.monotonic() < end and not (self.is_asleep() and not self.zombies()):
            time.sleep(look)

    def is_asleep(self) -> bool:
        """Whether all its threads slept at the same moment, or had ended: none ran, or was halted by a tracer.

        They are looked at one after the other, and one may wake the next behind the look. So a second look must find each as
        the first has: who slept at both, and has not gone to sleep once more, has slept all the while between the two.
        """
        seen = self._threads()
        return bool(seen) and all(state in "SZ" for state, _ in seen.values()) and self._threads() == seen

    def _threads(self) -> dict[int, tuple[str, str]]:
        """For each of its threads: its state (S, suspended; R, running or ready to; Z, ended; t, halted by a tracer), and how
        often it has gone to sleep (voluntary_ctxt_switches, proc_pid_status(5)); "" where a kernel does not count it."""
        threads = {}
        for process in self.processes():
            for task in _tasks(process):
                with contextlib.suppress(OSError):  # it has just ended
                    status = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
                    threads[int(task.name)] = status["State"].split()[0], status.get("voluntary_ctxt_switches", "")
        return threads

    def highest_descriptor(self) -> int:
        """The highest number of a descriptor that one of its processes has open."""
        used = [0]
        for process in self.processes():
            with contextlib.suppress(OSError):  # it has just ended
                used += [int(entry.name) for entry in Path(f"/proc/{process.pid}/fd").iterdir()]
        return max(used)

    def comes_back_to(self, before: Usage) -> None:
        """It holds no more than `before` again, soon."""
        self.reaches(lambda: self.usage().is_within(before), lambda: f"held {before} before and holds {self.usage()} now")

    @contextlib.contextmanager
    def stopped(self, seconds: float = 10.0) -> Iterator[None]:
        """Suspend the whole tree: all that is done meanwhile is queued, and found together when it goes on."""
        suspended: list[psutil.Process] = []
        try:
            # From the top down: once a process has stopped it has no more children than those that are listed.
            waiting = [self._tree]
            while waiting:
                process = waiting.pop()
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.suspend()
                    suspended.append(process)
                    self.reaches(partial(_has_halted, process), "does not stop", seconds)
                    waiting += _children(process)
            yield
        finally:
            for process in suspended:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()

    def reaches(self, condition: Callable[[], bool], words: str | Callable[[], str], seconds: float = 10.0) -> None:
        """Look at /proc until `condition` holds; Broken, with `words`, when it does not within `seconds`."""
        end = time.monotonic() + seconds
        while not condition():
            if self.status is not None:
                raise Broken(f"the server ended: {self.epitaph()}")
            if time.monotonic() > end:
                raise Broken(f"the server {words if isinstance(words, str) else words()} (looked for {seconds:g} s)")
            time.sleep(LOOK)


def _has_halted(process: psutil.Process) -> bool:
    """Whether every thread has: one that SIGSTOP finds in accept may take a client before it halts (proc_pid_stat(5))."""
    threads = _tasks(process)
    if not threads:  # not Linux
        return process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
    for thread in threads:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            if (thread / "stat").read_text().rpartition(") ")[2][0] not in "TtZX":
                return False
    return True


def _tasks(process: psutil.Process) -> list[Path]:
    """The folder of each of its threads (proc_pid_task(5)); none when it has ended, or where there is no /proc."""
    try:
        return list(Path(f"/proc/{process.pid}/task").iterdir())
    except OSError:
        return []


def _children(process: psutil.Process) -> list[psutil.Process]:
    """Its children, from the list that Linux keeps of them for each thread; psutil looks at every process of the machine."""
    try:
        lists = [_settled(task / "children") for task in Path(f"/proc/{process.pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):  # one of its threads has just ended, or there are no such lists here
        with contextlib.suppress(psutil.NoSuchProcess):
            return process.children()
        return []
    children = []
    for pid in " ".join(lists).split():
        with contextlib.suppress(psutil.NoSuchProcess):
            children.append(psutil.Process(int(pid)))
    return children


def _settled(path: Path) -> str:
    """What it says twice running: a list of children leaves some out when one before them goes meanwhile (proc_pid_task(5))."""
    before, text = "", path.read_text()
    while text != before:
        before, text = text, path.read_text()
    return text


def _content(file: IO[bytes]) -> bytes:
    """All that has been written to the file, wherever its writer stands."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def end_orphans() -> None:
    """End all that this process has started: an interrupt between fork and assignment leaves a server that nobody knows."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait()


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on at this moment.

    As a rule it is not one of those that the kernel hands out (ip(7), ip_local_port_range): no client, and no server on port 0,
    is given it before the server that it is meant for has taken it. Nor is anybody else who asks here, in whichever process,
    until `KEPT` more were given: of two servers that want one port, one would answer for both.
    """
    for port in (*random.SystemRandom().sample(SELDOM, TRIES), *[0] * TRIES):
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind((host, port))
            port = int(sock.getsockname()[1])
            _claim(port)
            return port
    raise ServerError(f"no port of {host} is free")


def _claim(port: int) -> None:
    """Hold a socket whose name in the abstract namespace (unix(7)) says that the port is given away; it ends with this process.

    Raises OSError when the port is given away already; nothing where there is no such namespace.
    """
    if sys.platform != "linux":
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim:
        claim.bind(f"\0iomodels port {port}")
        _claims.append(claim.detach())
    if len(_claims) > KEPT:
        os.close(_claims.popleft())
