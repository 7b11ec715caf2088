"""What a comparison says in words: its verdict, and three lines that a person can quote."""

from collections import Counter
from collections.abc import Iterator, Sequence

from iomodels.bench.metadata import machine
from iomodels.compare.findings import NO_TIME, Findings
from iomodels.contract.runner import Verdict
from iomodels.experiments.experiment import Verdict as Claim

__all__ = ["caveats", "quotable", "unquiet", "verdict"]

TOLD = ("sockets/epoll", "sockets/io_uring", "sockets/threads", "asyncio/threads", "trio/threads", "anyio/threads")
CLAIMS = {
    Claim.HOLDS: ("holds", "hold"),
    Claim.DOES_NOT_HOLD: ("does not hold here", "do not hold here"),
    Claim.DEPENDS: ("depends", "depend"),
}
FEW = 3  # names that a sentence has room for
MUCH = 0.05  # of a round's time, taken by other programs
APART = 0.25  # spread of a server's rounds, from which on its figure is said to be rough


def verdict(findings: Findings) -> str:
    """Whether the contract is kept: by the variants, and by each of the user's own servers."""
    variants = [column.name for column in findings.verdicts.columns if column.name not in findings.against]
    return " ".join([*(_own(findings, name) for name in findings.against), _variants(findings, variants)])


def _own(findings: Findings, name: str) -> str:
    totals = findings.verdicts.totals(name)
    broken = [case.id for case in findings.verdicts.cases if findings.verdicts.at(name, case).verdict is Verdict.FAIL]
    asked = len(findings.verdicts.cases) - totals[Verdict.NOT_APPLICABLE]
    if broken:
        return f"{name} breaks the contract in {len(broken)} of {asked} cases: {_some(broken)}."
    if _unsaid(totals):
        return f"{name} broke no case of the contract, but {_unsaid(totals)}."
    return f"{name} keeps the contract in {asked} cases."


def _variants(findings: Findings, names: Sequence[str]) -> str:
    totals = sum((findings.verdicts.totals(name) for name in names), Counter[Verdict]())
    broken = [name for name in names if findings.verdicts.totals(name)[Verdict.FAIL]]
    cells = f"{totals[Verdict.PASS]:,} passed, {totals[Verdict.NOT_APPLICABLE]:,} not applicable"
    asked = f"{len(names)} variant{'s' if len(names) != 1 else ''} x {len(findings.verdicts.cases)} cases"
    if broken:
        return f"{len(broken)} of {len(names)} variants break the contract: {_some(broken)} ({asked}: {cells})."
    if _unsaid(totals):
        return f"No variant broke the contract, but {_unsaid(totals)} ({asked}: {cells})."
    return f"Every variant keeps the contract: {asked}, {cells}, none failed."


def _unsaid(totals: Counter[Verdict]) -> str:
    """How many cases there is no verdict of."""
    words = {
        Verdict.NOT_RUN: "was not reached|were not reached",
        Verdict.ERROR: "ended in a harness error|ended in harness errors",
    }
    counts = [(totals[each], word.split("|")[totals[each] != 1]) for each, word in words.items() if totals[each]]
    return " and ".join(f"{count:,} case{'s' if count != 1 else ''} {word}" for count, word in counts)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return f"{', '.join(names[:FEW])}{more}"


def quotable(findings: Findings) -> list[str]:
    """One line on the contract, one on costs, one on claims."""
    return [verdict(findings), _costs(findings), _claims(findings)]


def _costs(findings: Findings) -> str:
    plan, ranking = findings.plan, findings.ranking
    if not ranking:
        return "No cost was measured."
    known = {cell.subject: cell for cell in ranking}
    named = [name for name in (*findings.against, *TOLD) if name in known] or [cell.subject for cell in ranking[:6]]
    told = []
    for name in sorted(named, key=lambda name: known[name].cost):
        times = findings.times(known[name])
        beside = f" ({times:.2f} x)" if times is not None and name != plan.reference else ""
        told.append(f"{findings.called(name)} {known[name].cost:.1f}{beside}")
    return (
        f"CPU per request at {plan.connections} connections, in us (x {plan.reference}): {', '.join(told)};"
        f" {machine(findings.metadata)}."
    )


def _claims(findings: Findings) -> str:
    records = [ran.record for ran in findings.ran if ran.record is not None]
    if not records:
        return "No claim was tried."
    counts = Counter(record.answer.verdict for record in records)
    said = [f"{counts[each]} {words[counts[each] != 1]}" for each, words in CLAIMS.items() if counts[each]]
    wrong = [record.claim.rstrip(".") for record in records if record.answer.verdict is Claim.DOES_NOT_HOLD]
    refuted = f" Not here: {'; '.join(wrong[:FEW])}." if wrong else ""
    return f"{len(records)} claims of textbooks tried: {', '.join(said)}.{refuted}"


def caveats(findings: Findings) -> Iterator[str]:
    """What one has to know before one quotes a figure."""
    yield from findings.plan.remarks
    results = findings.results
    if results is None:
        return
    settings, fewer = results.settings, findings.fewer
    yield (
        f"Load: {findings.point}; closed loop, a connection asks when it has been answered; every reply is checked. The server"
        f" on core {settings.cores[0]}, the load on core {settings.cores[1]}; {_rounds(findings)}."
    )
    late = sum(reason == NO_TIME for reason in results.skipped.values())
    if late:
        yield f"There was no time for the cost of {late} server{'s' if late > 1 else ''}, named below the ranking."
    if fewer:
        yield (
            f"Who serves fewer than {findings.plan.connections:,} connections at once was measured with as many as it serves,"
            " and the reference beside it. What a request costs depends on their number: these figures stand by themselves."
        )
    if findings.swept:
        yield f"At other numbers of connections than {findings.plan.connections:,} one round, of those that are drawn as lines."
    else:
        yield f"There was no time to measure at other numbers of connections than {findings.plan.connections:,}."
    if settings.cores[0] == settings.cores[1]:
        yield "Server and load shared one core: costs hold, throughput and latency are those of both together."
    bound = list(
        dict.fromkeys(
            findings.called(cell.subject) for cell in results.cells if any(each.generator_bound for each in cell.rounds)
        )
    )
    if bound:
        yield (
            f"The load generator was the limit, not the server, with {', '.join(bound)}: the throughput is the generator's, the"
            " cost holds."
        )
    if noise := unquiet(findings):
        yield noise
    unsteady = [cell.subject for cell in findings.ranking if cell.spread("cpu") > APART]
    if unsteady:
        yield f"The rounds of {', '.join(unsteady)} lie more than {APART:.0%} apart: their figures are rough."
    yield "Compare ratios, not microseconds: they were measured in turns, so a machine that slows down slows all of them."
    yield from results.remarks


def unquiet(findings: Findings) -> str:
    """That other programs were at work, if they were."""
    rounds = [each for cell in findings.results.cells for each in cell.rounds] if findings.results is not None else []
    taken = sum(each.taken > MUCH * each.seconds for each in rounds)
    if not taken:
        return ""
    much = f"more than {MUCH:.0%} of a core"
    return f"In {taken} of {len(rounds)} measurements other programs took {much}: the machine was not quiet."


def _rounds(findings: Findings) -> str:
    """How often each server was measured, and for how long."""
    assert findings.results is not None
    many = [len(cell.rounds) for cell in findings.ranking or findings.fewer]
    seconds = f"{findings.results.settings.seconds:g} s"
    if max(many, default=1) == 1:
        return f"one round of {seconds}"
    once = many.count(1)
    alone = f"; of {once} of {len(many)} servers one round, so that their spread is not known" if once else ""
    return f"each server in turn, {max(many)} rounds of {seconds}, the median of them{alone}"
