"""After all cases the server holds no more descriptors, threads and children than after its first client.

Where processes serve beside the first, each may open one descriptor more at a first client of its own, as a uvloop does.
"""

from dataclasses import replace

from iomodels.contract.case import NotApplicable
from iomodels.contract.trial import Trial

REFERENCE = "cpython#81374: socketserver kept a thread object for each request"
NEEDS = {"process"}


def check(trial: Trial) -> None:
    before = trial.baseline
    if before is None:
        raise NotApplicable("its first client was not served")
    trial.is_well()
    trial.server.comes_back_to(replace(before, descriptors=before.descriptors + trial.profile.workers))
