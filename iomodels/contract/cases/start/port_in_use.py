"""On a port that is taken a server says so in one line, with exit status 1, and whoever has it is not disturbed."""

from iomodels.contract.trial import Trial

REFERENCE = "bind(2), EADDRINUSE"
NEEDS = {"process", "flags"}


def check(trial: Trial) -> None:
    port = str(trial.address[1])
    trial.launch.run_to_end("--port", port).expect_refusal(1, port)
    trial.is_well()
