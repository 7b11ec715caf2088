"""The load as a program, `python -m iomodels.load.program`, driven through its standard streams by who measures the server,
since the clock to read is there. A line of JSON each way:

    <- the Spec                   as an object
    -> {"ready": [...]}           connected and warm, nothing in flight; what there is to know of this load
    <- {"run": 1.5}               for how many seconds to go on
    -> {"second": 1234}           a second later: requests answered so far
    -> {"outcome": {...}}         what was counted, nothing in flight any more
    <- SIGINT                     meanwhile: the outcome comes at once, and is the last answer
    <- {"finish": true}           the connections are ended, and checked for bytes too many
    -> {"sound": true}

or, instead of any of these answers, `{"wrong": "...", "kind": "LoadError"}`, with exit status 1. The end of its input ends it.
"""

import gc
import json
import os
import signal
import sys

from iomodels.load.crowd import Crowd
from iomodels.load.spec import LoadError, Spec

__all__ = ["main"]


def say(answer: dict[str, object]) -> None:
    """Answer with a line; written at once, so that an interrupt leaves no half of it."""
    os.write(sys.stdout.fileno(), json.dumps(answer).encode() + b"\n")


def main() -> int:
    """Do what standard input says."""
    gc.disable()  # nothing here makes cycles, and a collection would be a pause in the load
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever a shell had us inherit
    try:
        with Crowd(Spec(**json.loads(sys.stdin.readline()))) as crowd:
            crowd.run(crowd.spec.warm_up)
            say({"ready": crowd.remarks})
            for line in sys.stdin:
                order = json.loads(line)
                if "run" in order:
                    outcome, interrupted = crowd.run(order["run"], lambda done: say({"second": done}))
                    say({"outcome": outcome.dump()})
                    if interrupted:
                        return 130
                else:
                    crowd.finish()
                    say({"sound": True})
    except LoadError as error:
        say({"wrong": str(error), "kind": type(error).__name__})
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who asked has gone
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
