import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from iomodels.contract.broken import Broken
from iomodels.contract.case import Case, NotApplicable
from iomodels.contract.profile import Profile
from iomodels.contract.runner import AFTERMATH, Target, Verdict, address_of, run
from iomodels.contract.server import AT_ONCE, Launch, Server, ServerError, free_port
from iomodels.contract.trial import Trial
from tests.iomodels.running import command_of, says_so


def case(check: Callable[[Trial], object], *, needs: tuple[str, ...] = (), services: tuple[str, ...] = ("upper",)) -> Case:
    def run_check(trial: Trial) -> None:
        check(trial)

    return Case("group/name", "It holds.", "", "RFC 0", frozenset(needs), services, run_check)


def talks(trial: Trial) -> None:
    trial.is_well()


def breaks(_: Trial) -> None:
    raise Broken("it did not hold")


def stumbles(_: Trial) -> None:
    raise ZeroDivisionError


def declines(_: Trial) -> None:
    raise NotApplicable("because")


@contextmanager
def running(name: str) -> Iterator[Server]:
    server = says_so(name).start()
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("check", "verdict", "words"),
    [
        (talks, Verdict.PASS, ""),
        (breaks, Verdict.FAIL, "it did not hold"),
        (stumbles, Verdict.ERROR, "ZeroDivisionError"),
        (declines, Verdict.NOT_APPLICABLE, "because"),
    ],
)
def test_each_verdict(check: Callable[[Trial], None], verdict: Verdict, words: str) -> None:
    with Target(says_so("upper"), "upper") as target:
        result = target.run(case(check))
        assert result.verdict is verdict
        assert words in result.detail
        assert target.run(case(talks)).verdict is Verdict.PASS


def test_what_the_harness_cannot_do_here_is_not_applicable_with_the_reason() -> None:
    with running("upper") as server, Target((server.host, server.port), "upper") as target:
        assert "--cmd" in target.run(case(talks, needs=("process",))).detail
        assert "the server speaks upper" in target.run(case(talks, services=("lines",))).detail
    with Target(says_so("upper"), "upper") as target:
        assert target.run(case(talks, needs=("process",))).verdict is Verdict.PASS
        assert target.run(case(talks, needs=("flags",))).verdict is Verdict.NOT_APPLICABLE


def test_the_profile_excuses_a_case_before_any_server_is_started() -> None:
    with Target(Launch(["/nonexistent"]), "upper", Profile(not_applicable={"group/*": "so it is"})) as target:
        assert target.run(case(breaks)).detail == "so it is"


def test_after_a_failure_a_server_that_lives_is_started_anew() -> None:
    ports = []
    with Target(says_so("upper"), "upper") as target:
        for check in (lambda trial: ports.append(trial.address), breaks, lambda trial: ports.append(trial.address)):
            target.run(case(check))
    assert ports[0] != ports[1]


def test_a_server_that_has_ended_fails_the_case_with_its_last_words_and_the_rest_is_not_run() -> None:
    with Target(says_so("dies"), "upper") as target:
        first, second = run(target, [case(talks), case(talks)])
    assert first.verdict is Verdict.FAIL
    assert "exit status 1" in first.detail
    assert "RuntimeError: I have had enough" in first.detail
    assert (second.verdict, second.detail) == (Verdict.NOT_RUN, "the server had ended")


def test_a_case_answers_for_what_its_clients_do_by_leaving() -> None:
    with Target(says_so("dies"), "upper", restart=True) as target:
        result = target.run(case(lambda trial: trial.connect().close()))
    assert result.verdict is Verdict.FAIL
    assert result.detail.startswith(AFTERMATH)
    assert "the server ended: exit status 0" in result.detail


def test_a_server_that_has_ended_is_started_anew_when_that_is_wanted() -> None:
    with Target(says_so("dies"), "upper", restart=True) as target:
        assert ["exit status 1" in result.detail for result in run(target, [case(talks), case(talks)])] == [True, True]


def test_a_server_elsewhere_that_has_ended_fails_the_case_and_the_rest_is_not_run() -> None:
    with running("dies") as server, Target((server.host, server.port), "upper", wait=1) as target:
        first, second = run(target, [case(talks), case(talks)])
    assert first.verdict is Verdict.FAIL
    assert f"127.0.0.1:{server.port} takes no connections any more" in first.detail
    assert (second.verdict, second.detail) == (Verdict.NOT_RUN, "the server had ended")


def test_a_server_that_does_not_start_fails_once_and_says_why() -> None:
    with Target(Launch.from_text(command_of("no_such_file")), "upper") as target:
        first, second = run(target, [case(talks), case(talks)])
    assert first.verdict is Verdict.FAIL
    assert "No such file" in first.detail
    assert (second.verdict, second.detail) == (Verdict.NOT_RUN, "the server did not start")


def test_a_server_of_ours_that_cannot_run_here_makes_every_case_not_applicable() -> None:
    launch = Launch(["sh", "-c", "echo models.x: no kernel for it >&2; exit 3"], flags=True)
    with Target(launch, "upper") as target:
        results = list(run(target, [case(talks), case(talks)]))
    assert [(result.verdict, result.detail) for result in results] == [
        (Verdict.NOT_APPLICABLE, "cannot run here: no kernel for it")
    ] * 2


def test_nobody_listens() -> None:
    port = free_port()
    with (
        Target(("127.0.0.1", port), "upper", wait=0.1) as target,
        pytest.raises(ServerError, match=rf"^nothing listens on 127.0.0.1:{port} \(tried for 0.1 s\)$"),
    ):
        target.start()


@pytest.mark.parametrize(
    ("text", "address"), [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:8080", ("::1", 8080)), ("localhost:1", ("localhost", 1))]
)
def test_an_address(text: str, address: tuple[str, int]) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["", "8080", ":80", "host", "host:", "host:http", "host:0", "host:65536", "host:-1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ServerError, match="is not an address"):
        address_of(text)


def test_a_server_heeds_ctrl_c_although_the_harness_is_a_background_job() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with running("upper") as server:
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            server.signal(signal.SIGINT)
            assert server.wait(AT_ONCE) == -signal.SIGINT
    finally:
        signal.signal(signal.SIGINT, before)
