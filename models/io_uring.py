"""Wait for completion: say what is to be done, and be told when it has been done; all the others wait until they may do it.

Good for: many busy clients. Accept and receive are asked for once and go on by themselves (multishot), input lands in
buffers that all share, and one system call hands over all the replies of a turn and fetches what has happened: per
message, half the calls of epoll.
Costs: Linux 6.1, the liburing wheel, and leave to use it: containers often forbid it.
Trap: a request outlives the call that made it. Its bytes and its descriptor must stay until it has completed
(models/ground/uring.py).

On asyncio: streams, whose reads complete with the data. On trio and anyio: a SocketStream.
"""

from models.ground.conversation import Service
from models.ground.listener import CLIENT_GONE, OUT_OF_RESOURCES, Listener
from models.ground.peer import POLLIN, Peer
from models.ground.program import run
from models.ground.uring import ACCEPTED, ENDED, FAILED, LEFT, SENT, STOPPED, Ring


def serve(listener: Listener, service: Service) -> None:
    peers: dict[int, Peer] = {}
    accepting = False
    with Ring() as ring:
        while listener.open or peers:
            # listen
            if not accepting and listener.wanted:
                ring.accept(listener.fileno(), once=listener.limit is not None)
                accepting = True
            heard: list[Peer] = []  # said something
            stirred: set[Peer] = set()  # need a closer look
            # wait
            received, others = ring.wait(listener.patience)
            # read
            for descriptor, data in received:
                peer = peers[descriptor]
                peer.take(data)
                heard.append(peer)
            for event, descriptor, result in others:
                if descriptor == listener.fileno():
                    # accept
                    accepting = accepting and event != STOPPED
                    if event == ACCEPTED:
                        peers[result] = listener.adopt(result, service)
                        stirred.add(peers[result])
                    elif event == FAILED and result.errno in OUT_OF_RESOURCES:
                        listener.pause(result)
                    elif event == FAILED and listener.open and result.errno not in CLIENT_GONE:
                        raise result
                else:
                    peer = peers[descriptor]
                    if event == ENDED:
                        peer.take(b"")
                    elif event == SENT:
                        peer.sent(result)
                    elif event == LEFT:
                        peer.conversation.unsend(result)
                    elif event == FAILED:
                        peer.lose(result)
                    stirred.add(peer)
            # reply
            for peer in heard:
                conversation = peer.conversation
                unsent = conversation.unsent
                if unsent and conversation.wants_input and ring.offer(peer.descriptor, unsent):
                    peer.sent(len(unsent))
                    conversation = peer.conversation
                if conversation.unsent or not conversation.wants_input:
                    stirred.add(peer)
            for peer in stirred:
                if peer.conversation.unsent:
                    ring.send(peer.descriptor, peer.conversation.unsent)
                wanted = peer.wanted()
                if wanted & POLLIN:
                    ring.receive(peer.descriptor)
                elif wanted:
                    ring.pause(peer.descriptor)
                elif not ring.cancel(peer.descriptor):
                    # close
                    del peers[peer.descriptor]
                    peer.close()


def check() -> None:
    Ring().close()


if __name__ == "__main__":
    run(serve, needs=check)
