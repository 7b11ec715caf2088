"""Running cases on a server, and their verdicts."""

import contextlib
import enum
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from iomodels.contract.broken import Broken
from iomodels.contract.case import NEEDS, Case, NotApplicable
from iomodels.contract.dialects import DIALECTS
from iomodels.contract.fork_server import ForkServer
from iomodels.contract.profile import Profile
from iomodels.contract.server import Launch, Server, ServerError, Unavailable, Usage
from iomodels.contract.trial import DYING, Trial

__all__ = ["AFTERMATH", "Address", "Result", "Target", "Verdict", "address_of", "run"]

Address = tuple[str, int]

AFTERMATH = "what must hold held; but when the clients of this case had left, a new one was not served:"
LOOK = 0.05  # seconds between two attempts to reach a server that somebody else starts


def address_of(text: str) -> Address:
    """`HOST:PORT` or `[HOST]:PORT` as a pair. Raises ServerError."""
    host, _, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ServerError(f"{text!r} is not an address: it is HOST:PORT, as in 127.0.0.1:8080")
    return host, int(port)


class Verdict(enum.Enum):
    """What a case says of a server. An error is the harness's own fault and never counts as a pass."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    ERROR = "error"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Result:
    """One case's verdict on one server; `detail` is the failure or the reason, `seconds` what it took."""

    case: Case
    verdict: Verdict
    detail: str = ""
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The verdict in words: what must hold, what happened instead, and where it is written."""
        title = "harness error, no verdict" if self.verdict is Verdict.ERROR else self.verdict.value
        return f"{title}: {self.case.says}\n{self.detail}\nreference: {self.case.reference}"


class Target:
    """A server to be checked, speaking one service: an address, or a command that the target starts itself.

    Use it as a context manager. After a failure a server of ours is started anew, so that one defect is not reported by every
    case that comes after it. When the server has ended by itself, the case fails and says so, and the rest is not run.

    restart: start a server that has ended by itself anew as well, and go on. fork_server: what starts those of the cases' own.
    """

    def __init__(
        self,
        where: Address | Launch,
        service: str,
        profile: Profile | None = None,
        *,
        patience: float = 10.0,
        wait: float = 10.0,
        restart: bool = False,
        fork_server: ForkServer | None = None,
    ) -> None:
        self.service = service
        self.profile = profile or Profile()
        self.patience = patience
        self.wait = wait
        self.restart = restart
        self._fork_server = fork_server
        self._launch = where if isinstance(where, Launch) else None
        self._address = None if isinstance(where, Launch) else where
        self._server: Server | None = None
        self._baseline: Usage | None = None
        self._reached = False
        self._suspended = False
        self._unavailable = ""  # why it cannot run here
        self._gone = ""  # why no case can be run any more

    def __enter__(self) -> "Target":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server unless it runs, or wait for the one that others start. Raises ServerError."""
        if self._launch is None:
            assert self._address is not None
            if not self._reached:
                self._address = _reach(self._address, self.wait)
                self._reached = True
            return
        self.resume()
        if self._server is not None:
            return
        self._server = self._launch.start(wait=self.wait)
        self._address = (self._server.host, self._server.port)
        # The first client makes a server load and allocate what it keeps: the baseline is what it holds after that.
        with self._trial() as trial:
            try:
                trial.is_well()
            except (Broken, OSError):
                return  # the cases will say so better
        self._server.rest()  # pools of threads and of children are still being filled when the first of them serves
        self._baseline = self._server.usage()

    def suspend(self) -> None:
        """Suspend the server, if it is ours, until it is asked again."""
        if self._server is not None and not self._suspended:
            self._server.suspend()
            self._suspended = True

    def resume(self) -> None:
        """Let a suspended server go on."""
        if self._server is not None and self._suspended:
            self._server.resume()
        self._suspended = False

    def stop(self) -> None:
        """End the server, if it is ours."""
        self.resume()
        if self._server is not None:
            server, self._server, self._baseline = self._server, None, None
            server.stop()

    def run(self, case: Case) -> Result:
        """The case's verdict."""
        reason = self._not_applicable(case)
        if reason is not None:
            return Result(case, Verdict.NOT_APPLICABLE, reason)
        if self._gone:
            return Result(case, Verdict.NOT_RUN, self._gone)
        try:
            self.start()
        except Unavailable as error:
            self._unavailable = f"cannot run here: {error}"
            return Result(case, Verdict.NOT_APPLICABLE, self._unavailable)
        except ServerError as error:
            self._gone = "the server did not start"
            return Result(case, Verdict.FAIL, f"the server did not start: {error}")
        began = time.perf_counter()
        verdict, detail = self._judge(case.check)
        if verdict is Verdict.PASS:  # or what its clients did by leaving would be blamed on the case that comes next
            verdict, detail = self._judge(Trial.is_well)
            detail = detail and f"{AFTERMATH}\n{detail}"
        seconds = time.perf_counter() - began
        bad = verdict in (Verdict.FAIL, Verdict.ERROR)
        if end := self._end(wait=bad):
            verdict = Verdict.FAIL
            detail = f"{detail}\n{end}".lstrip()
            if not (self._launch and self.restart):
                self._gone = "the server had ended"
            self.stop()
        elif bad:
            self.stop()
        return Result(case, verdict, detail, seconds)

    def _judge(self, check: Callable[[Trial], None]) -> tuple[Verdict, str]:
        with self._trial() as trial:
            try:
                check(trial)
            except NotApplicable as reason:
                return Verdict.NOT_APPLICABLE, str(reason)
            except Broken as broken:
                return Verdict.FAIL, f"{broken}{trial.obituary()}"
            except (ConnectionRefusedError, ConnectionResetError):
                return Verdict.FAIL, f"a client was refused{trial.obituary()}"
            except TimeoutError:
                return Verdict.FAIL, f"the server does not take connections any more (tried for {self.patience:g} s)"
            except ServerError as error:
                return Verdict.FAIL, f"the server did not start: {error}"
            except Exception:
                return Verdict.ERROR, traceback.format_exc()
        return Verdict.PASS, ""

    def _end(self, *, wait: bool) -> str:
        """That the server has ended by itself, and how; "" when it lives. Waiting gives one that is about to end its time."""
        if self._server is not None:
            if wait:
                with contextlib.suppress(Broken):
                    self._server.wait(DYING)
            return "" if self._server.status is None else f"the server ended: {self._server.epitaph()}"
        if wait and self._address is not None and (error := _refusal(self._address, self.wait)):
            return f"the server ended: {_name(self._address)} takes no connections any more ({error.strerror or error})"
        return ""

    def _not_applicable(self, case: Case) -> str | None:
        if self._unavailable:
            return self._unavailable
        if (reason := self.profile.reason(case.id)) is not None:
            return reason
        if self.service not in case.services:
            return f"it is about {' and '.join(case.services)}, and the server speaks {self.service}"
        able = {"linux"} if sys.platform == "linux" else set()
        if self._launch is not None:
            able.add("process")
            if self._launch.flags:
                able.add("flags")
        missing = sorted(case.needs - able)
        return NEEDS[missing[0]] if missing else None

    def _trial(self) -> contextlib.closing[Trial]:
        assert self._address is not None
        return contextlib.closing(
            Trial(
                self._address,
                DIALECTS[self.service],
                self.profile,
                server=self._server,
                launch=self._launch and replace(self._launch, fork_server=self._fork_server),
                baseline=self._baseline,
                patience=self.patience,
                wait=self.wait,
            )
        )


def run(target: Target, cases: Iterable[Case]) -> Iterator[Result]:
    """Each case's result, as it comes."""
    for case in cases:
        yield target.run(case)


def _reach(address: Address, seconds: float) -> Address:
    """The numeric address on which a server answers, within so many seconds. Raises ServerError."""
    end = time.monotonic() + seconds
    try:
        ends = [entry[4][:2] for entry in socket.getaddrinfo(*address, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise ServerError(f"cannot find the host {address[0]!r}: {error.strerror or error}") from error
    while True:
        for host, port in ends:
            left = max(LOOK, end - time.monotonic())
            with contextlib.suppress(OSError), socket.create_connection((str(host), int(port)), left):
                return str(host), int(port)
        if time.monotonic() > end:
            raise ServerError(f"nothing listens on {_name(address)} (tried for {seconds:g} s)")
        time.sleep(LOOK)


def _refusal(address: Address, seconds: float) -> OSError | None:
    """Why nobody takes connections there any more, or None. A server that is ending resets the probe, and is asked again."""
    try:
        with socket.create_connection(address, seconds) as probe:
            probe.settimeout(DYING)
            with contextlib.suppress(OSError):
                probe.recv(1)
        socket.create_connection(address, seconds).close()
    except OSError as error:
        return error
    return None


def _name(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
