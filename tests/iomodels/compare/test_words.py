"""What a comparison says in words."""

from dataclasses import replace

from iomodels.compare.charts import by_connections, latency, ranking
from iomodels.compare.findings import NO_TIME, Findings
from iomodels.compare.ranking import ONE_ROUND, rows
from iomodels.compare.words import caveats, quotable, verdict
from iomodels.contract.runner import Result, Verdict
from tests.iomodels.compare.samples import RIVAL, findings


def found_with(verdict: Verdict, count: int) -> Findings:
    """So many cells of a variant's have this verdict."""
    found = findings(rival=False)
    cases = [case for case in found.verdicts.cases if found.verdicts.at("sockets/epoll", case).verdict is Verdict.PASS]
    for case in cases[:count]:
        found.verdicts.add("sockets/epoll", Result(case, verdict, "why"))
    return found


def test_a_contract_that_is_kept_is_told_with_its_size() -> None:
    found = findings(rival=False)
    said = verdict(found)
    assert said.startswith(
        f"Every variant keeps the contract: {len(found.plan.checked)} variants x {len(found.plan.cases)} cases"
    )
    assert said.endswith("none failed.")


def test_who_breaks_it_is_named() -> None:
    assert "1 of 90 variants break the contract: sockets/epoll (" in verdict(found_with(Verdict.FAIL, 2))
    said = verdict(findings())
    assert said.startswith(f"{RIVAL} breaks the contract in 2 of 24 cases: reset/unread-replies, stop/in-mid-reply.")
    assert "Every variant keeps" in said


def test_what_was_not_reached_is_no_pass() -> None:
    assert verdict(found_with(Verdict.NOT_RUN, 3)).startswith("No variant broke the contract, but 3 cases were not reached")
    assert "1 case ended in a harness error" in verdict(found_with(Verdict.ERROR, 1))
    found = findings(failure=False)
    assert verdict(found).startswith(f"{RIVAL} keeps the contract in 24 cases.")
    found.verdicts.results.pop((RIVAL, "half-close/at-once"))
    assert verdict(found).startswith(f"{RIVAL} broke no case of the contract, but 1 case was not reached.")


def test_three_lines_can_be_quoted() -> None:
    contract, costs, claims = quotable(findings())
    assert contract == verdict(findings())
    assert costs.startswith("CPU per request at 100 connections, in us (x sockets/epoll): ")
    assert f"{RIVAL} 8.4 (0.70 x)" in costs
    assert "sockets/epoll 12.0, " in costs
    assert "2 cores" in costs
    assert (
        claims
        == "3 claims of textbooks tried: 1 holds, 1 does not hold here, 1 depends. Not here: Threads are slower than a loop."
    )


def test_nothing_found_is_nothing_said() -> None:
    found = replace(findings(), results=None, ran=[])
    assert quotable(found)[1:] == ["No cost was measured.", "No claim was tried."]


def test_caveats_name_the_load_the_limits_and_what_was_left_out() -> None:
    found = findings()
    assert found.results is not None
    cell = found.results.find("sockets/select", found.point)
    assert cell is not None
    cell.rounds[0] = replace(cell.rounds[0], taken=0.3, server_cpu=cell.rounds[0].server_cpu * 2)
    said = " ".join(caveats(found))
    for words in (
        "24 of 112 cases",
        "Load: upper, 100 connections, 64 bytes; closed loop",
        "each server in turn, 3 rounds of 0.4 s, the median of them; of 33 of 58 servers one round, so",
        "Who serves fewer than 100 connections at once was measured with as many as it serves",
        "At other numbers of connections than 100 one round",
        "The load generator was the limit, not the server, with C, epoll:",
        "In 1 of ",
        "The rounds of sockets/select lie more than 25% apart",
        "strace is not installed",
    ):
        assert words in said, words


def test_for_whom_there_was_no_time_is_counted() -> None:
    found = findings()
    assert found.results is not None
    assert "no time for the cost" not in " ".join(caveats(found))
    found.results.skipped |= dict.fromkeys(("trio/fork", "trio/prefork"), NO_TIME)
    assert "There was no time for the cost of 2 servers, named below the ranking." in " ".join(caveats(found))


def test_one_round_is_no_median_and_has_no_spread() -> None:
    found = findings()
    assert found.results is not None
    found.results.cells = [replace(cell, rounds=cell.rounds[:1]) for cell in found.results.at(found.point)]
    found.results.settings = replace(found.results.settings, rounds=1)
    found.swept = []
    said = " ".join(caveats(found))
    assert "one round of 0.4 s." in said
    assert "no time to measure at other numbers of connections than 100" in said
    assert not ranking(found).series[0].low
    assert rows(found, found.ranking)[0]["cells"][2] == (ONE_ROUND, "")


def test_charts_have_the_same_servers_in_the_same_colours() -> None:
    found = findings()
    lines = [[series.label for series in chart.series] for chart in (latency(found), *by_connections(found))]
    assert lines[0] == lines[1] == lines[2]
    assert lines[0][0] == RIVAL
    bars = ranking(found)
    assert len(bars.categories) == len(found.plan.again) + 2  # and the ceiling, and the user's own
    assert bars.categories[0] == "C, epoll"
    assert list(bars.series[0].points) == sorted(bars.series[0].points, key=lambda point: point[1])
    assert [mark.label for mark in bars.marks] == ["sockets/epoll"]


def test_a_percentile_is_drawn_as_far_as_there_are_requests_for_it() -> None:
    line = latency(findings()).series[0]
    assert [round(x, 1) for x, _ in line.points][-1] == 3.3  # of 20,000 requests ten are slower
    values = [y for _, y in line.points]
    assert values == sorted(values)
