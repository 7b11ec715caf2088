"""On a port that needs privileges a server without them says so in one line, with exit status 1."""

import dataclasses
import os
import shutil
from pathlib import Path

from iomodels.contract.case import NotApplicable
from iomodels.contract.trial import Trial

REFERENCE = "ip(7), ip_unprivileged_port_start; capabilities(7), CAP_NET_BIND_SERVICE"
NEEDS = {"process", "flags", "linux"}
START = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
WITHOUT = ["setpriv", "--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service", "--"]


def check(trial: Trial) -> None:
    start = int(START.read_text())
    if start < 2:
        raise NotApplicable(f"no port needs privileges here: {START.name} is {start}")
    port = str(start - 1)
    launch = trial.launch
    if os.geteuid() == 0:  # root may; it gives the one privilege up that matters
        if shutil.which(WITHOUT[0]) is None:
            raise NotApplicable("it is run as root, and there is no setpriv to give the privilege up with")
        launch = dataclasses.replace(launch, command=[*WITHOUT, *launch.command])
    launch.run_to_end("--port", port).expect_refusal(1, port, "privilege")
