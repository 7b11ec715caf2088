"""After all cases the server holds no more descriptors, threads and children than after its first client."""

from iomodels.contract.case import NotApplicable
from iomodels.contract.trial import Trial

REFERENCE = "cpython#81374: socketserver kept a thread object for each request"
NEEDS = {"process"}


def check(trial: Trial) -> None:
    before = trial.baseline
    if before is None:
        raise NotApplicable("its first client was not served")
    trial.is_well()
    trial.server.comes_back_to(before)
