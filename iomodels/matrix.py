"""The matrix: every case on every variant."""

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from iomodels.catalogue import Variant
from iomodels.contract.case import Case
from iomodels.contract.runner import Result, Target, Verdict
from iomodels.contract.server import end_orphans

__all__ = ["Servers", "run_matrix"]

ENDING = (signal.SIGINT, signal.SIGTERM)
WORST_FIRST = (Verdict.ERROR, Verdict.FAIL, Verdict.NOT_RUN, Verdict.PASS, Verdict.NOT_APPLICABLE)


class Servers:
    """A variant's servers, one for each service: started when first needed, kept for all cases. A context manager."""

    def __init__(self, variant: Variant) -> None:
        self._variant = variant
        self._targets: dict[str, Target] = {}
        self._fork_server = variant.fork_server()

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._fork_server)
            for target in self._targets.values():
                stack.callback(target.stop)

    def run(self, case: Case) -> Result:
        """The case's verdict; one that looks back on a whole run is asked of each server that there was."""
        if not case.looks_back or not self._targets:
            return self._target(case.service()).run(case)
        results = []
        for service, target in self._targets.items():
            result = target.run(case)
            if result.verdict in (Verdict.FAIL, Verdict.ERROR):
                result = Result(case, result.verdict, f"with --service {service}: {result.detail}", result.seconds)
            results.append(result)
        return min(results, key=lambda result: WORST_FIRST.index(result.verdict))

    def _target(self, service: str) -> Target:
        for other, target in self._targets.items():
            if other != service:  # of four servers that poll, three would be in the way of the one that is asked
                target.suspend()
        if service not in self._targets:
            launch, profile, forks = self._variant.launch(service), self._variant.profile, self._fork_server
            if self._targets:  # the first is started by the true command
                launch = replace(launch, fork_server=forks)
            self._targets[service] = Target(launch, service, profile, restart=True, fork_server=forks)
        return self._targets[service]


def run_matrix(variants: Sequence[Variant], cases: Sequence[Case], jobs: int) -> Generator[tuple[Variant, Result], None, None]:
    """Each result as it comes: `jobs` variants at a time, each in a process of its own, so that no case disturbs another.

    When the iterator is closed, or Ctrl-C ends it, the processes and their servers are ended.
    """
    context = multiprocessing.get_context("spawn")
    waiting = deque(variants)
    running: dict[Connection, tuple[BaseProcess, Variant, deque[Case]]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                variant = waiting.popleft()
                ours, theirs = context.Pipe(duplex=False)
                worker = context.Process(target=_work, args=(variant, [case.id for case in cases], theirs), name=variant.name)
                with _signals_wait():
                    worker.start()
                theirs.close()
                running[ours] = worker, variant, deque(cases)
            for connection in wait(list(running)):
                assert isinstance(connection, Connection)
                process, variant, left = running[connection]
                try:
                    verdict, detail, seconds = connection.recv()
                    yield variant, Result(left.popleft(), verdict, detail, seconds)
                except EOFError:
                    process.join()
                    del running[connection]
                    for case in left:
                        detail = f"the process that ran the cases ended with status {process.exitcode}"
                        yield variant, Result(case, Verdict.ERROR, detail)
    finally:
        for process, _, _ in running.values():
            process.terminate()
        for process, _, _ in running.values():
            process.join()


def _work(variant: Variant, case_ids: list[str], results: Connection) -> None:
    """Run the cases of one variant, in a process of its own."""
    from iomodels.contract.case import all_cases

    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        with Servers(variant) as servers:
            for number in ENDING:
                signal.signal(number, _interrupt)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            cases = {case.id: case for case in all_cases()}
            for case_id in case_ids:
                result = servers.run(cases[case_id])
                results.send((result.verdict, result.detail, result.seconds))
        _heed_no_more()
    end_orphans()


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """A process that is started meanwhile gets no signal before it is ready for them: it inherits the mask (sigprocmask(2))."""
    resource_tracker.ensure_running()  # it is started with the first process, and unblocks signals when it is
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _interrupt(*_: object) -> None:
    _heed_no_more()
    raise KeyboardInterrupt


def _heed_no_more() -> None:
    """Once is enough, and nothing must disturb the ending of the servers."""
    for number in ENDING:
        signal.signal(number, lambda *_: None)
