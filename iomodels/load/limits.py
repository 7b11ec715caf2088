"""How many descriptors a process may have: raised as far as it goes."""

import resource
from contextlib import suppress

from iomodels.load.spec import LimitError

__all__ = ["allow"]

OTHERS = 32  # descriptors beside the connections: standard streams, epoll, what the interpreter opens


def allow(connections: int) -> None:
    """Raise RLIMIT_NOFILE so that so many connections can be made. Raises LimitError, with the command that would do it."""
    need = connections + OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= need:
        return
    with suppress(ValueError, OSError):  # only root may raise the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (need, hard if hard == resource.RLIM_INFINITY else max(need, hard)))
        return
    raise LimitError(
        f"{connections:,} connections need {need:,} descriptors, and this process may have {hard:,}: "
        f"`sudo prlimit --pid $$ --nofile={need}:{need}` allows its shell more"
    )
