"""Making experiments, one after the other, and keeping apart what was found, what cannot be found here, and what went wrong."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from iomodels import catalogue
from iomodels.bench.metadata import describe
from iomodels.contract.broken import Broken
from iomodels.contract.server import ServerError, Unavailable
from iomodels.experiments.caller import CallerError
from iomodels.experiments.document import dump
from iomodels.experiments.experiment import NEEDS, Experiment, NotHere, Record
from iomodels.experiments.lab import Lab
from iomodels.load.spec import LoadError

__all__ = ["Ran", "make", "run"]


@dataclass(frozen=True)
class Ran:
    """What became of one experiment: a record, or a line that says why there is none.

    missing: what it needs is not here, which is nobody's fault. failure: it went wrong.
    """

    experiment: Experiment
    record: Record | None = None
    missing: str = ""
    failure: str = ""


def run(experiments: Sequence[Experiment], lab: Lab) -> Iterator[Ran]:
    """Each as it is done. Whatever an experiment raises is its failure, and the next one is made."""
    for experiment in experiments:
        yield make(experiment, replace(lab, say=_named(lab.say, experiment.name)))


def make(experiment: Experiment, lab: Lab) -> Ran:
    """One of them."""
    began = time.monotonic()
    try:
        missing = _missing(experiment)
        if missing:
            return Ran(experiment, missing=missing)
        about = describe()
        answer = experiment.run(lab)
        record = Record(
            name=experiment.name,
            claim=experiment.claim,
            how=experiment.how,
            measured=experiment.measured,
            source=experiment.source,
            quick=lab.quick,
            seconds=round(time.monotonic() - began, 1),
            metadata=about,
            answer=answer,
        )
        dump(record)  # what cannot be kept is a failure now, and not when it is to be written
    except (NotHere, Unavailable) as error:
        return Ran(experiment, missing=_line(error))
    except (ServerError, Broken, LoadError, CallerError) as error:  # their texts are for the user
        return Ran(experiment, failure=_line(error))
    except Exception as error:
        return Ran(experiment, failure=f"{type(error).__name__}: {_line(error)}")
    return Ran(experiment, record)


def _missing(experiment: Experiment) -> str:
    """What it needs and this machine has not, in a sentence; "" when nothing is missing."""
    if "linux" in experiment.needs and sys.platform != "linux":
        return NEEDS["linux"]
    if "strace" in experiment.needs and shutil.which("strace") is None:
        return NEEDS["strace"]
    if "io_uring" in experiment.needs:
        return catalogue.find("sockets/io_uring").unavailable() or ""
    return ""


def _named(say: Callable[[str], None], name: str) -> Callable[[str], None]:
    return lambda what: say(f"{name}: {what}")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
