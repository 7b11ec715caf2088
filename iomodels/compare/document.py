"""A comparison as JSON, with a `schema_version`: its parts as `matrix`, `bench` and `experiments` write them."""

import json

from iomodels.bench import document as benchmark
from iomodels.compare.findings import Findings
from iomodels.compare.words import caveats, quotable
from iomodels.experiments import document as experiments
from iomodels.report import json as contract

__all__ = ["SCHEMA_VERSION", "dump"]

SCHEMA_VERSION = 1  # goes up when a field changes its meaning or disappears


def dump(findings: Findings) -> str:
    """The document."""
    told = {
        "schema_version": SCHEMA_VERSION,
        "metadata": dict(findings.metadata),
        "depth": findings.plan.depth.value,
        "against": list(findings.against),
        "reference": findings.plan.reference,
        "lines": quotable(findings),
        "caveats": list(caveats(findings)),
        "seconds": {part: round(seconds, 1) for part, seconds in findings.seconds.items()},
        "interrupted": findings.interrupted,
        "contract": json.loads(contract.render(findings.verdicts)),
        "benchmark": json.loads(benchmark.dump(findings.results)) if findings.results is not None else None,
        "experiments": [experiments.fields_of(ran.record) for ran in findings.ran if ran.record is not None],
        "missing": {ran.experiment.name: ran.missing for ran in findings.ran if ran.missing},
        "failed": {ran.experiment.name: ran.failure for ran in findings.ran if ran.failure},
        "unmade": [experiment.name for experiment in findings.unmade],
    }
    return json.dumps(told, indent=1) + "\n"
