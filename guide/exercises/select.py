"""models/select.py with an operator's console: the keyboard is one descriptor more in the set, and nothing else is new.

`who` lists the clients, `close N` lets go of client N. The end of the console's input is not the server's end: descriptor 0
leaves the set, since a descriptor at its end is readable for ever, and the loop would turn without sleeping.
"""

import os
import select

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, POLLOUT, Peer
from models.ground.program import run

FD_SETSIZE = 1024  # select(2)
CONSOLE = 0


def serve(listener: Listener, service: Service) -> None:
    listener.setblocking(False)
    peers: dict[int, Peer] = {}
    console, typed = [CONSOLE], b""
    while listener.open or peers:
        readers = [descriptor for descriptor, peer in peers.items() if peer.interest & POLLIN]
        writers = [descriptor for descriptor, peer in peers.items() if peer.interest & POLLOUT]
        listening = [listener.fileno()] if listener.wanted else []
        readable, writable, _ = select.select(console + listening + readers, writers, [], listener.patience)
        if CONSOLE in readable:
            # Not input() nor readline: they read ahead, and what lies in their buffer select does not see.
            if data := os.read(CONSOLE, 4096):
                *lines, typed = (typed + data).split(b"\n")
                for line in lines:
                    print(obey(line.decode(errors="replace"), peers), flush=True)
            else:
                console = []
        for descriptor in peers.keys() & readable:
            peers[descriptor].receive()
        for descriptor in peers.keys() & {*readable, *writable}:
            peer = peers[descriptor]
            peer.interest = peer.reply()
            if not peer.interest:
                del peers[descriptor]
                peer.close()
        if listener.fileno() in readable:
            while newcomer := listener.accept(service):
                if newcomer.descriptor < FD_SETSIZE:
                    peers[newcomer.descriptor] = newcomer
                else:
                    newcomer.refuse(f"descriptor {newcomer.descriptor} is beyond FD_SETSIZE ({FD_SETSIZE})")


def obey(line: str, peers: dict[int, Peer]) -> str:
    """Do what the operator says; the answer."""
    match line.split():
        case ["who"]:
            return ", ".join(f"{number}: {peer.address}" for number, peer in sorted(peers.items())) or "nobody"
        case ["close", number] if number.isdecimal() and int(number) in peers:
            peers[int(number)].hang_up()  # it becomes readable, and what is read is the end of its input
            return f"{number} is let go"
    return "who, or close NUMBER"


if __name__ == "__main__":
    run(serve)
