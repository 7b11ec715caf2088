"""The server as this machine sees it, from no more than its address: which processes listen there, and what CPU they use."""

import socket
from contextlib import suppress
from pathlib import Path

import psutil

__all__ = ["Listener"]

LISTENS = "0A"  # the state of a socket in /proc/net/tcp, see proc_pid_net(5)


class Listener:
    """The processes that have a listening socket on a port of this machine, and their children.

    There are none where the server is on another machine, or in another network namespace, or is another user's.
    """

    def __init__(self, host: str, port: int) -> None:
        self.processes = [psutil.Process(pid) for pid in _holders(_inodes(port))] if _is_here(host) else []

    def cpu(self) -> float:
        """Seconds of CPU that they and their children, also those that ended, have used until now; to some 10 ms."""
        used = 0.0
        family = set(self.processes)
        for process in self.processes:
            with suppress(psutil.Error):
                family.update(process.children(recursive=True))
        for process in family:
            with suppress(psutil.Error):
                times = process.cpu_times()
                used += times.user + times.system + times.children_user + times.children_system
        return used


def _is_here(host: str) -> bool:
    """Whether the address is one of this machine."""
    try:
        address = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]
    except OSError:
        return False
    own = {each.address.partition("%")[0] for addresses in psutil.net_if_addrs().values() for each in addresses}
    return str(address).startswith("127.") or address in own


def _inodes(port: int) -> set[str]:
    """The sockets that listen on `port`."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(fields[9])
    return found


def _holders(inodes: set[str]) -> set[int]:
    """The processes that have one of these sockets open, as far as we may look."""
    names = {f"socket:[{inode}]" for inode in inodes}
    pids = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # another user's, or ended while we looked
            if any(str(link.readlink()) in names for link in (entry / "fd").iterdir()):
                pids.add(int(entry.name))
    return pids
