"""A client that closes with replies unread, which makes it RST, harms nobody.

Programs that end early do it: `curl | head`, a browser's stop button. The reset comes while the server writes the next
reply, or when it has written all and waits for a request.
"""

import select

from iomodels.contract.broken import Broken
from iomodels.contract.trial import MIB, Trial

REFERENCE = "RFC 1122, 4.2.2.13: closing with data unread is an abort"


def check(trial: Trial) -> None:
    with trial.witness():
        for size in (64, MIB):
            request, reply = trial.talk(size)
            with trial.connect() as client:
                client.send(request)
                if not client.ready(select.POLLIN, client.patience):
                    raise Broken(f"no reply came within {client.patience:g} s", sent=request, expected=reply, came=b"")
