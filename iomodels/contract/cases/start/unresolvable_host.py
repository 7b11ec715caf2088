"""A host that is none, or not this machine's, is named in one line, with exit status 1.

Three ways to fail: the name cannot be one (Python raises UnicodeError, which is no OSError), nobody knows it, or its
address is somebody else's.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 6761, 6.4 (.invalid); RFC 5737 (192.0.2.0/24); RFC 1035, 2.3.4 (labels of 63 bytes); bind(2), EADDRNOTAVAIL"
NEEDS = {"process", "flags"}
HOSTS = ("192.0.2.1", "nobody.invalid", "a" * 64 + ".invalid")
PATIENCE = 60.0  # a resolver that cannot be reached takes its time


def check(trial: Trial) -> None:
    for host in HOSTS:
        trial.launch.run_to_end("--host", host, wait=PATIENCE).expect_refusal(1, host)
