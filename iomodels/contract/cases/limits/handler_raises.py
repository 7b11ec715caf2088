"""A service that raises costs its own client alone: that connection ends, the others are served, and the log tells.

An exception that leaves a callback ends the loop, one that leaves a handler cancels the listener (anyio) or all its siblings
(trio), and one in a thread leaves the connection open for as long as anything refers to it.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "trio.serve_tcp and anyio's listener.serve end with their handler's exception (measured)"
NEEDS = {"process", "flags"}
SERVICES = ("upper",)
SERVICE = "iomodels.contract.services.raising"


def check(trial: Trial) -> None:
    other = trial.another("--service", f"{SERVICE}:service")
    bystander = other.connect() if other.profile.holds(2) else None
    for where in (b"now", b"at the end", b"when sent"):
        if bystander is not None:
            bystander.exchange(*other.talk(64, tag=1))
        with other.connect() as client:
            client.send(b"raise: " + where)
            if where == b"at the end":
                client.expect(b"RAISE: AT THE END")
                client.half_close()
            client.read_to_end()
        if bystander is not None:
            bystander.exchange(*other.talk(64, tag=2))
            bystander.exchange(*other.talk(64, tag=3))
        else:
            other.is_well()
    if bystander is not None:
        bystander.close()
    other.is_well()
    complaints = other.server.log().count("raised this on purpose")
    if complaints < 3:
        raise Broken(f"a service raised three times, and standard error tells of {complaints}{other.server.last_words()}")
