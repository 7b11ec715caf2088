"""Every case can fail: each server here has one defect, the cases in its CAUGHT_BY name it, and no other case does.

A server is a program, and says as literals what this test has to know: CAUGHT_BY, the ids of the cases that must fail;
PERHAPS_BY, of those that notice the defect when the timing is right; SERVICE (`upper` without it); PROFILE, where it may
differ; FLAGS, that it takes this project's options.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from iomodels.contract.case import all_cases
from iomodels.contract.profile import Profile
from iomodels.contract.runner import Result, Target, Verdict, run
from iomodels.contract.server import Launch
from tests.broken import _talks
from tests.iomodels.running import environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="half of the defects are seen in /proc, or are epoll's")

HERE = Path(__file__).parent
TRIES = 3
FINE = (Verdict.PASS, Verdict.NOT_APPLICABLE)
SAID = ("CAUGHT_BY", "PERHAPS_BY", "SERVICE", "PROFILE", "FLAGS")
CASES = {case.id: case for case in all_cases()}

# Those that must pass on every server that they do not catch: all that cost a sound server less than some 50 ms.
QUICK = {
    "abuse/random-bytes",
    "half-close/at-once",
    "half-close/flushes-then-fin",
    "half-close/idle-client-is-let-go",
    "half-close/pieces-and-fin-queued",
    "half-close/reply-after-fin",
    "half-close/unread-input-gets-fin",
    "integrity/every-byte-value",
    "integrity/one-byte",
    "integrity/pipelined-10000",
    "integrity/silent-client",
    "integrity/two-interleaved",
    "integrity/urgent-byte",
    "leaks/no-close-wait",
    "leaks/no-zombies",
    "leaks/one-owner",
    "limits/child-holds-no-others",
    "reset/between-messages",
    "reset/in-backlog",
    "reset/unread-replies",
    "segmentation/byte-by-byte",
    "segmentation/larger-than-any-buffer",
    "segmentation/many-in-one-segment",
    "segmentation/marks-each-receive",
    "segmentation/split-at-every-border",
    "slow-peers/one-byte-at-a-time-writer",
    *(name for name, case in CASES.items() if case.group in ("http", "lines", "resp")),
} - {"http/slowloris", "resp/nothing-allocated-ahead", "resp/shared-state"}

# A defect that shows as silence costs its case the patience; what must pass is given more, for a machine that is busy.
PATIENCE_TO_FAIL = 0.5
PATIENCE_TO_PASS = 10.0

NOT_EVERYWHERE = {  # cases that need what a machine may lack, and say so
    "limits/beyond-fd-setsize",
    "limits/no-more-threads-or-processes",
    "start/ipv6",
    "start/privileged-port",
}


@dataclass(frozen=True)
class Server:
    """A program to run the contract on.

    made_of: the class in `_servers` or `_talks` that has the defect, or the model.
    caught_by: the ids of the cases that must fail. perhaps_by: those that may.
    """

    name: str
    command: tuple[str, ...]
    made_of: str
    caught_by: tuple[str, ...]
    perhaps_by: tuple[str, ...]
    service: str
    profile: Profile
    flags: bool

    @classmethod
    def from_file(cls, path: Path) -> "Server":
        said, made_of = _read(path)
        service, flags = said.get("SERVICE", "upper"), said.get("FLAGS", False)
        return cls(
            name=path.stem,
            command=(sys.executable, str(path), *_arguments(service, flags=flags)),
            made_of=made_of,
            caught_by=said["CAUGHT_BY"],
            perhaps_by=said.get("PERHAPS_BY", ()),
            service=service,
            profile=Profile.from_mapping(said.get("PROFILE", {})),
            flags=flags,
        )

    @property
    def sound(self) -> "Server":
        """The same without the defect."""
        if self.flags:
            program = ["-m", self.made_of]
        elif self.made_of in _talks.__all__:
            program = ["-c", f"from tests.broken._talks import {self.made_of}, run; run({self.made_of})"]
        else:
            program = ["-c", f"from tests.broken._servers import {self.made_of}; {self.made_of}().run()"]
        command = (sys.executable, *program, *_arguments(self.service, flags=self.flags))
        return replace(self, name=f"{self.made_of}-{self.service}", command=command)

    def results(self, names: Iterable[str], patience: float) -> Iterator[Result]:
        """What these cases say of it."""
        launch = Launch(self.command, flags=self.flags, environment=environment())
        with Target(launch, self.service, self.profile, patience=patience, restart=True) as target:
            yield from run(target, [CASES[name] for name in sorted(names)])


def _arguments(service: str, *, flags: bool) -> tuple[str, ...]:
    return ("--port", "0", "--service", service) if flags else ("{port}",)


def _read(path: Path) -> tuple[dict[str, Any], str]:
    """What the program says in capitals, and what it is made of."""
    said: dict[str, Any] = {}
    made_of = "models.epoll"
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=value) if name in SAID:
                said[name] = ast.literal_eval(value)
            case ast.ClassDef(name="Broken", bases=[ast.Name(base)]):
                made_of = base
    return said, made_of


SERVERS = [Server.from_file(path) for path in sorted(HERE.glob("[!_]*.py")) if not path.stem.startswith("test_")]


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_its_cases_catch_it(server: Server) -> None:
    # To prove that a case can fail, once is enough: a defect may need its moment on a machine that is busy, and gets three.
    missed = set(server.caught_by)
    for _ in range(TRIES):
        for result in server.results(set(missed), PATIENCE_TO_FAIL):
            if result.verdict is Verdict.NOT_APPLICABLE and result.case.id in NOT_EVERYWHERE:
                pytest.skip(result.detail)
            assert result.verdict in (Verdict.FAIL, Verdict.PASS), f"{result.case.id}: {result.text}"
            if result.verdict is Verdict.FAIL:
                assert result.detail
                missed.discard(result.case.id)
        if not missed:
            return
    assert not missed


@pytest.mark.long
@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_no_other_case_names_it(server: Server) -> None:
    # A defect may brush a case that is not about it once in a while; one that does so again is in its PERHAPS_BY.
    named = QUICK - {*server.caught_by, *server.perhaps_by}
    for _ in range(2):
        results = [result for result in server.results(named, PATIENCE_TO_PASS) if result.verdict not in FINE]
        named = {result.case.id for result in results}
    assert not named, "\n".join(f"{result.case.id}: {result.text}" for result in results)


SOUND = {server.sound.name: server.sound for server in SERVERS}


@pytest.mark.long
@pytest.mark.parametrize("name", SOUND)
def test_they_pass_without_the_defects(name: str) -> None:
    caught_by = {case for server in SERVERS if server.sound.name == name for case in server.caught_by}
    for result in SOUND[name].results(QUICK | caught_by, PATIENCE_TO_PASS):
        assert result.verdict in FINE, f"{result.case.id}: {result.text}"


def test_every_case_can_fail() -> None:
    proven = {case for server in SERVERS for case in server.caught_by}
    assert proven == set(CASES)
