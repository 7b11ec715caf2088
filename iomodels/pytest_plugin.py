"""The contract in a suite of your own, as a pytest plugin.

With no test file at all, an item for each case and server:

    pytest --server 127.0.0.1:8080 --server-service http
    pytest --server-cmd 'python server.py {port}'

With a server that a fixture of yours starts, a few lines in a test file; the fixture returns or yields an address ("HOST:PORT"
or a pair), or an `iomodels.contract.server.Launch`, of which more can be seen (how it stops, what it holds):

    from iomodels.pytest_plugin import test_contract  # noqa: F401

    @pytest.fixture(scope="session")
    def iomodels_server(): ...

Two more fixtures can be overridden alike: `iomodels_service` (its name) and `iomodels_profile` (a `Profile`: where it may
differ). Cases that do not apply are skipped, with the reason. `-k` narrows. Nothing of the contract is imported, and no item
made, unless one of these is used.

And a fixture that compares an old server with a new one, as `iomodels differ` does:

    def test_the_new_one_is_the_old_one(differ):
        differ("python old.py {port}", "python new.py {port}", "talk.jsonl", service="lines")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from iomodels.contract.case import Case
    from iomodels.contract.profile import Profile
    from iomodels.contract.runner import Address, Target
    from iomodels.contract.server import Launch
    from iomodels.differ.report import Report

__all__ = ["test_contract"]

SERVERS = pytest.StashKey["Servers"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    add = parser.getgroup("iomodels", "the contract of iomodels on a server").addoption
    add("--server", action="append", default=[], metavar="HOST:PORT", help="check the server that listens there; repeatable")
    add(
        "--server-cmd",
        action="append",
        default=[],
        metavar="COMMAND",
        help="start this server and check it; {port} in it is a free port; repeatable",
    )
    add("--server-service", default="upper", metavar="NAME", help="what it speaks: upper, echo, lines, http, resp")
    add("--server-profile", metavar="FILE", help="where it may differ: a TOML or JSON file")
    add("--server-wait", type=float, default=10.0, metavar="SECONDS", help="for it to take connections in")
    add("--server-patience", type=float, default=10.0, metavar="SECONDS", help="of silence that fail a case")


class Servers:
    """The servers of this session that are being checked, each with its service; ended with the session."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._targets: dict[tuple[object, str], Target] = {}

    def target(self, where: Address | Launch, service: str, profile: Profile) -> Target:
        """The server there, started when it is first asked for."""
        from iomodels.contract.runner import Target

        key = (repr(where), service)
        if key not in self._targets:
            option = self._config.getoption
            self._targets[key] = Target(
                where, service, profile, wait=option("--server-wait"), patience=option("--server-patience")
            )
        return self._targets[key]

    def stop(self) -> None:
        for target in self._targets.values():
            target.stop()


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--server") or config.getoption("--server-cmd"):
        _given(config)
        _service(config)
        _profile(config)  # what is wrong with the options is said at once, in a line


def pytest_sessionfinish(session: pytest.Session) -> None:
    servers = session.config.stash.get(SERVERS, None)
    if servers is not None:
        servers.stop()


# Items without a file.


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if isinstance(collector, pytest.Session):
        given = _given(collector.config)
        for name, where in given.items():
            title = f"contract[{name}]" if len(given) > 1 else "contract"
            report.result.append(_Contract.from_parent(collector, name=title, nodeid=title, where=where))
    return report


class _Contract(pytest.Collector):
    """The contract on one server."""

    def __init__(self, *, where: Address | Launch, **rest: Any) -> None:
        super().__init__(**rest)
        self.where = where

    def collect(self) -> Iterator[pytest.Item]:
        for case in _cases():
            yield _Cell.from_parent(self, name=case.id, case=case, where=self.where)


class _Cell(pytest.Item):
    """One case on one server."""

    def __init__(self, *, case: Case, where: Address | Launch, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case
        self.where = where

    def runtest(self) -> None:
        target = _servers(self.config).target(self.where, _service(self.config), _profile(self.config))
        _judge(target, self.case)

    def reportinfo(self) -> tuple[str, int | None, str]:
        return self.parent.name if self.parent else "", None, self.name


# A test for suites with a fixture of their own.


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "iomodels_case" in metafunc.fixturenames:
        metafunc.parametrize("iomodels_case", _cases(), ids=lambda case: case.id)


@pytest.fixture(scope="session")
def iomodels_server(request: pytest.FixtureRequest) -> object:
    """The server to check: override it. Otherwise the one that the options give."""
    given = _given(request.config)
    if len(given) != 1:
        pytest.fail("define a fixture iomodels_server, or give one --server or --server-cmd", pytrace=False)
    return next(iter(given.values()))


@pytest.fixture(scope="session")
def iomodels_service(request: pytest.FixtureRequest) -> str:
    """What the server speaks."""
    return _service(request.config)


@pytest.fixture(scope="session")
def iomodels_profile(request: pytest.FixtureRequest) -> Profile:
    """Where the server may differ."""
    return _profile(request.config)


def test_contract(
    request: pytest.FixtureRequest, iomodels_server: Any, iomodels_service: str, iomodels_profile: Profile, iomodels_case: Case
) -> None:
    """Import it into a test file: a test for each case of the contract, on the server of the fixture `iomodels_server`."""
    from iomodels.contract.runner import address_of

    where = address_of(iomodels_server) if isinstance(iomodels_server, str) else iomodels_server
    _judge(_servers(request.config).target(where, iomodels_service, iomodels_profile), iomodels_case)


# An old server and a new one.


@pytest.fixture
def differ(tmp_path: Path) -> Callable[..., Report]:
    """Call it with the two commands, files of recordings, and what else a Plan has (iomodels.differ.asking), as keywords.

    The test fails, with the report, when the servers differ, or when one does not start. Returns the report. The recordings
    that reproduce differences go to the test's own folder, unless `save` names another.
    """
    from pathlib import Path

    from iomodels.contract.server import ServerError
    from iomodels.differ.asking import Plan, PlanError, ask
    from iomodels.differ.report import as_text

    def compare(old: str, new: str, *files: str | Path, **more: Any) -> Report:
        try:
            plan = Plan(old, new, [Path(file) for file in files], **{"save": tmp_path / "iomodels-differ", **more})
            conversations = plan.prepare()
            if not conversations:
                pytest.fail("nothing to ask: give recordings, or a service", pytrace=False)
            report = ask(plan, conversations)
        except (PlanError, ServerError) as error:
            pytest.fail(str(error), pytrace=False)
        if not report.alike:
            pytest.fail(as_text(report), pytrace=False)
        return report

    return compare


# What both share.


def _judge(target: Target, case: Case) -> None:
    from iomodels.contract.runner import Verdict

    result = target.run(case)
    if result.verdict is Verdict.NOT_APPLICABLE:
        pytest.skip(result.detail)
    if result.verdict is Verdict.NOT_RUN:
        pytest.skip(f"not run: {result.detail}")
    if result.verdict is not Verdict.PASS:
        pytest.fail(result.text, pytrace=False)


def _cases() -> list[Case]:
    from iomodels.contract.case import all_cases

    return all_cases()


def _servers(config: pytest.Config) -> Servers:
    if SERVERS not in config.stash:
        config.stash[SERVERS] = Servers(config)
    return config.stash[SERVERS]


def _given(config: pytest.Config) -> dict[str, Address | Launch]:
    """The servers that the options give, by the name that items have."""
    addresses, commands = config.getoption("--server"), config.getoption("--server-cmd")
    if not addresses and not commands:
        return {}
    from iomodels.contract.runner import address_of
    from iomodels.contract.server import Launch, ServerError

    try:
        given: dict[str, Address | Launch] = {text: address_of(text) for text in addresses}
        given.update((text, Launch.from_text(text)) for text in commands)
    except ServerError as error:
        raise pytest.UsageError(str(error)) from error
    return given


def _service(config: pytest.Config) -> str:
    from iomodels.choose import nearest
    from iomodels.contract.dialects import DIALECTS

    name: str = config.getoption("--server-service")
    if name not in DIALECTS:
        raise pytest.UsageError(f"no service is called {name!r}{nearest(name, DIALECTS)} (there are {', '.join(DIALECTS)})")
    return name


def _profile(config: pytest.Config) -> Profile:
    from pathlib import Path

    from iomodels.contract.profile import Profile, ProfileError

    path = config.getoption("--server-profile")
    try:
        return Profile.from_file(Path(path)) if path else Profile()
    except ProfileError as error:
        raise pytest.UsageError(str(error)) from error
